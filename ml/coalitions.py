"""GeoShapley as a linear map of coalition values, without the rounding of very large weights."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class GeoTerms:
    """Attributions of rows.

    Attributes
    ----------
    base : float
        Mean prediction over the background (or by the covers of a tree).
    primary : (n, k) array
    geo : (n,) array
    interaction : (n, k) array
        Feature x GEO.
    """

    base: float
    primary: NDArray[np.float64]
    geo: NDArray[np.float64]
    interaction: NDArray[np.float64]

    @property
    def total(self) -> NDArray[np.float64]:
        """The predictions that the terms add up to."""
        return self.base + self.primary.sum(axis=1) + self.geo + self.interaction.sum(axis=1)


@cache
def projector(k: int, *, has_geo: bool = True) -> NDArray[np.float64]:
    """Matrix from the ``2**m`` coalition values to the GeoShapley terms.

    Bit j of a coalition's number is feature j, the highest bit is GEO. The weighted least squares
    of Li (2024, eq. 8) with infinite weight on the empty and the full coalition is linear in the
    game, so it is given by its values on unanimity games; coalition values become these by the
    Möbius transform.

    Parameters
    ----------
    k : int
        Features.
    has_geo : bool
        Whether GEO is a player; without it the terms are the plain Shapley values.

    Returns
    -------
    (2k + 1, 2**m) array
        Rows: k primary, GEO, k interactions.
    """
    m = k + has_geo
    terms = np.zeros((2 * k + 1, 2**m))
    for T in range(1, 2**m):
        inside = [j for j in range(k) if T >> j & 1]
        q = len(inside)
        if not has_geo:
            terms[inside, T] = 1 / q
        elif T >> k & 1:
            terms[k, T] = (1 - q) / (q + 1)
            terms[[k + 1 + j for j in inside], T] = 2 / (q + 1)
        else:
            terms[inside, T] = 2 / (q * (q + 1))
            terms[[k + 1 + j for j in inside], T] = 2 * (q - 1) / (q * (q + 1))
            terms[k, T] = -(q - 1) / (q + 1)
    # Möbius: the coefficient of T is the signed sum of v over subsets of T.
    for j in range(m):
        cube = terms.reshape(2 * k + 1, 2 ** (m - 1 - j), 2, 2**j)
        cube[:, :, 0, :] -= cube[:, :, 1, :]
    return terms


@cache
def pair_projector(m: int) -> NDArray[np.float64]:
    """Matrix from coalition values to Shapley interaction indices, halved as shap prints them.

    Returns
    -------
    (m (m - 1) / 2, 2**m) array
        Pairs in the order of ``np.triu_indices(m, 1)``; a pair's whole interaction is twice it.

    References
    ----------
    Lundberg, S. M. et al. (2020). From local explanations to global understanding with
    explainable AI for trees. Nature Machine Intelligence 2, 56-67, eq. 5.
    """
    first, second = np.triu_indices(m, 1)
    terms = np.zeros((len(first), 2**m))
    for T in range(1, 2**m):
        both = (T >> first & 1) & (T >> second & 1)
        terms[both == 1, T] = 0.5 / max(int(T).bit_count() - 1, 1)
    for j in range(m):
        cube = terms.reshape(len(first), 2 ** (m - 1 - j), 2, 2**j)
        cube[:, :, 0, :] -= cube[:, :, 1, :]
    return terms


def terms_of(values: NDArray[np.float64], k: int, *, has_geo: bool = True) -> GeoTerms:
    """Turn coalition values of rows into attributions.

    Parameters
    ----------
    values : (n, 2**m) array
        ``v(S)`` by the coalition's number; column 0 is the base.
    """
    phi = (values - values[:, :1]) @ projector(k, has_geo=has_geo).T
    return GeoTerms(float(values[0, 0]), phi[:, :k], phi[:, k], phi[:, k + 1 :])
