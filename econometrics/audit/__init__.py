"""Check a published spatial Durbin table against itself."""
