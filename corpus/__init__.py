"""Reports, sentences, and the tables in which all packages meet."""
