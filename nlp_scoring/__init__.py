"""Scorers of sentences, their evaluation, and the intensity of reports."""
