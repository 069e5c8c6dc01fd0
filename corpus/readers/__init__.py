"""Readers: bytes of an official document in, text with a reason code out."""
