"""Tables of spatial models in the layout that readers of xsmle know."""
