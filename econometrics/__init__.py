"""From statistics to panel, and from panel to spatial estimates.

``from econometrics import SpatialPanel, read_weights``
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from econometrics.spatial.model import SpatialPanel
    from econometrics.spatial.weights import Weights, make_weights, read_weights

__all__ = ["SpatialPanel", "Weights", "make_weights", "read_weights"]


def __getattr__(name: str) -> Any:
    """Import the estimators when they are asked for: the command line starts without them."""
    if name == "SpatialPanel":
        from econometrics.spatial.model import SpatialPanel

        return SpatialPanel
    if name in ("Weights", "make_weights", "read_weights"):
        from econometrics.spatial import weights

        return getattr(weights, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
