"""Readers of the tables that statistics offices and data vendors export."""
