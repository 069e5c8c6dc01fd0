"""The labelling page: sentences in, labels by people out, every step an event that is never changed."""
