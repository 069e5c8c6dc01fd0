"""Data and models that no number should come out of: each a named exception with its remedy."""

from __future__ import annotations

from configs.errors import UserError


class DataError(UserError):
    """Data that a model cannot be fitted to."""


class TooFewRowsError(DataError):
    """Fewer rows than features, or than a method needs."""


class ConstantColumnError(DataError):
    """A column that does not vary."""


class DuplicateColumnError(DataError):
    """Two columns that say the same."""


class MissingValuesError(DataError):
    """An empty or infinite cell."""


class NotNumericError(DataError):
    """A category where a number is needed."""


class CoordinatesError(DataError):
    """Longitude and latitude swapped, degrees given as metres, or places out of range."""


class RepeatedPlacesError(DataError):
    """Coordinates that occur more than once in a model without a unit effect."""


class FoldError(DataError):
    """A fold without data."""


class UnsupportedModelError(DataError):
    """A model that an exact engine does not know."""


class AttributionError(DataError):
    """Attributions that do not add up; they are never passed on."""
