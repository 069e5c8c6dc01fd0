"""Links of a page, wherever they stand, and what they promise."""
