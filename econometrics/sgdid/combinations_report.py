"""The combined specification curve as a table and as a figure with its choices below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from econometrics.spatial.results import Z95

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from econometrics.sgdid.combinations import Combination, Curve

CHOICES = ("weights", "intensity", "controls", "likelihood")
_OWN, _OTHER, _GREY = "#9c2b33", "#0b4f8a", "#9aa5ae"


def combinations_frame(curve: Curve) -> pd.DataFrame:
    """One row a combination: its choices, then each quantity with its error."""
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for c in curve.rows:
        row: dict[str, Any] = {name: getattr(c, name) for name in CHOICES}
        for name in ("rho", "beta", "theta", "direct", "indirect", "total"):
            row[name], row[f"{name}_error"] = getattr(c.effect, name)
        rows.append(row)
    return pd.DataFrame(rows)


def combinations_figure(curve: Curve) -> Figure:
    """Direct impacts of all combinations in order of size; the dots below say which choices."""
    from matplotlib.figure import Figure

    rows = sorted(curve.rows, key=lambda c: c.effect.direct[0])
    lines = [(kind, label) for kind in CHOICES for label in _labels(curve, kind)]
    figure = Figure(figsize=(10.0, 3.4 + 0.2 * len(lines)), layout="constrained")
    top, below = figure.subplots(2, 1, sharex=True, height_ratios=[3.0, 0.26 * len(lines)])
    for i, c in enumerate(rows):
        value, error = c.effect.direct
        sure = abs(value) > Z95 * error
        colour = _OWN if _is_own(c) else _OTHER if sure else _GREY
        top.errorbar(i, value, yerr=Z95 * error, fmt="o", ms=3, lw=0.9, color=colour)
        for j, (kind, label) in enumerate(lines):
            chosen = getattr(c, kind) == label
            below.plot(i, j, "o", ms=3.2 if chosen else 1.2, color=colour if chosen else "#dfe3e6")
    top.axhline(0, lw=0.6, color="#555555")
    top.set_ylabel("direct impact, 95 % interval")
    top.set_title(_title(curve), fontsize=9)
    below.set_yticks(range(len(lines)), [f"{kind}: {label}" for kind, label in lines], fontsize=7)
    below.invert_yaxis()
    below.set_xticks([])
    below.set_xlabel(f"{len(rows)} specifications, by size")
    return figure


def _labels(curve: Curve, kind: str) -> list[str]:
    return list(dict.fromkeys(getattr(c, kind) for c in curve.rows))


def _is_own(c: Combination) -> bool:
    return (c.weights, c.intensity, c.controls) == ("main", "main", "all")


def _title(curve: Curve) -> str:
    text = "red: the study's own; blue: interval without 0; grey: interval with 0"
    j = curve.joint
    if j is None:
        return text
    return (
        f"{text}\nmedian of the {j.n_specifications} Lee-Yu specifications {j.median:.3f}, "
        f"{j.n_significant} differ from 0 at 5 %; joint p = {j.p_median:.3f} "
        f"({j.permutations} permutations of intensity, seed {j.seed})"
    )
