"""Search in sentences: normalisation, query syntax, rows, the two engines.

What others import is in ``corpus.index``.
"""
