"""Spatial panel models: exact maximum likelihood and Lee-Yu side by side, impacts with errors."""
