"""Spatial generalised difference-in-differences: Post x Intensity in a spatial Durbin panel."""
