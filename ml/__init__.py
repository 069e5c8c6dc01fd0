"""Boosting, SHAP and Gaussian processes; arrives with its own issue."""
