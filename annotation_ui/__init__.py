"""The labelling page; arrives with its own issue."""
