"""Boosting with SHAP, Gaussian processes of places with GeoShapley, and their honest validation."""
