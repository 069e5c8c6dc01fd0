"""Harvest of the yearly reports; the spiders arrive with the crawler issue."""
