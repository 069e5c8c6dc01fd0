"""Harvest of government work reports: fetch bytes, read them, publish a table."""
