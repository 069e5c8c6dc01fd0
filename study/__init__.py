"""One study from records to report: the steps, their memory, figures and the page."""
