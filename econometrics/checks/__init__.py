"""Checks of statistics: the faults that tables of China's regions really have."""
