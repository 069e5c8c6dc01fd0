"""Corrected means, how their errors hang together, and panels drawn from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from configs.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class CorrectedMeans:
    r"""Corrected means of R reports in one dimension, and how their errors hang together.

    The error of report r is ``own_sd[r] * z_r + loading[r] @ s``: z standard normal, independent
    between reports; s one draw of ``N(0, shared_vcov)`` for all of them.

    Attributes
    ----------
    mean, own_sd : (R,) array
        NaN for a report without labels by method `own`.
    loading : (R, 2) array
        Derivatives of the means by the common correction and by lambda.
    shared_vcov : (2, 2) array
    n_labelled : (R,) array
    weight : (R,) array
        :math:`B_r`, the weight of the report's own labels.
    lam, correction : float
        Lambda and the common correction.
    between_sd : float
        :math:`\tau`: how the scorer's error differs between reports; 0 for `own`, unused there.
    """

    mean: NDArray[np.float64]
    own_sd: NDArray[np.float64]
    loading: NDArray[np.float64]
    shared_vcov: NDArray[np.float64]
    n_labelled: NDArray[np.int64]
    weight: NDArray[np.float64]
    lam: float
    correction: float
    between_sd: float

    @property
    def std_error(self) -> NDArray[np.float64]:
        """Standard errors, (R,)."""
        shared = np.einsum("ri,ij,rj->r", self.loading, self.shared_vcov, self.loading)
        return np.asarray(np.sqrt(self.own_sd**2 + shared))


def intensity_draws(
    means: Sequence[CorrectedMeans], *, draws: int, seed: int
) -> NDArray[np.float64]:
    """Draw panels of intensities from the joint distribution of their errors.

    Reports of a draw share the error of the common correction, so a draw is a whole panel;
    dimensions are independent (on the shipped labels their residuals correlate by -.04 to .00). A draw
    may fall below 0 where the mean is near it: cutting it there would bias the panel.

    Parameters
    ----------
    means : sequence of D results for the same R reports
    draws : int
    seed : int

    Returns
    -------
    (draws, R, D) array
        NaN where the mean is.
    """
    if draws < 1:
        raise UserError(f"{draws} draws", fix="use 1 or more")
    rng = np.random.default_rng(seed)
    panels = []
    for m in means:
        shared = rng.multivariate_normal(np.zeros(2), m.shared_vcov, size=draws, method="eigh")
        own = rng.standard_normal((draws, len(m.mean))) * m.own_sd
        panels.append(m.mean + own + shared @ m.loading.T)
    return np.stack(panels, axis=2)
