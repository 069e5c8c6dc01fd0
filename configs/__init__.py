"""Settings, paths and the one exception type: what every other package may import."""
