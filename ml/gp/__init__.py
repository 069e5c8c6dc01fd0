"""Geographical Gaussian process regression: kernels, fit, posterior, attributions."""
