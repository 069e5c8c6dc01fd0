"""The explorer: pages and a read-only HTTP interface over the tables and the index of a project."""
