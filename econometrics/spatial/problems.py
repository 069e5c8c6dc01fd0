"""What a spatial panel cannot be: each case a named exception that says what to do."""

from __future__ import annotations

from configs.errors import UserError


class SpecificationError(UserError):
    """A specification or data set that no number should come out of."""


class WeightsError(SpecificationError):
    """Weights that do not go with the panel, or cannot be what they claim."""


class UnbalancedPanelError(SpecificationError):
    """Some unit lacks some period."""


class MissingValuesError(SpecificationError):
    """An empty or infinite cell among the variables."""


class AbsorbedRegressorError(SpecificationError):
    """A regressor that the fixed effects or other regressors explain wholly."""


class BoundaryError(SpecificationError):
    """The likelihood rises up to the edge of the parameter space."""
