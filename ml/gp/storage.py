"""A fitted GeoGP as plain arrays with versions; nothing that executes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from configs.errors import UserError
from corpus.files import write_atomically
from ml.gp.fit import Fit
from ml.gp.kernels import Layout, Points
from ml.gp.model import GeoGP, State
from ml.output import versions

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FORMAT = 1


def save_gp(model: GeoGP, path: Path) -> None:
    """Write a model as ``.npz``."""
    head = {
        "format": FORMAT, "versions": versions(), "x": model.x, "kernel": model.layout.kernel,
        "has_unit": model.layout.has_unit, "nu": str(model.nu), "scale": model.scale,
        "y_mean": model.y_mean, "y_sd": model.y_sd, "units": model.units, "n_obs": model.n_obs,
        "seed": model.seed, "notes": model.notes, "starts": model.fit.starts,
        "objective": model.fit.objective,
    }  # fmt: skip
    thetas = np.array([_theta(model.layout, s) for s in model.states])
    arrays: dict[str, Any] = {
        "centre": model.centre, "spread": model.spread, "origin": model.origin,
        "X": model.points.X, "C": model.points.C, "unit": model.points.unit, "thetas": thetas,
        "alpha": np.array([s.alpha for s in model.states]),
        "root": np.array([s.root for s in model.states]), "cov": model.fit.cov,
    }  # fmt: skip

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:
            np.savez_compressed(file, head=np.array(json.dumps(head, ensure_ascii=False)), **arrays)

    write_atomically(path, write)


def _theta(layout: Layout, state: State) -> NDArray[np.float64]:
    parts = []
    for name, size, _, _ in layout.blocks():
        value = np.atleast_1d(getattr(state.hyper, name))
        parts.append(np.log(value[:size]))
    return np.concatenate(parts)


def load_gp(path: Path) -> GeoGP:
    """Read a model back.

    Raises
    ------
    UserError
        No such file, or one of another format.
    """
    try:
        with np.load(path, allow_pickle=False) as a:
            head = json.loads(str(a["head"]))
            if head["format"] != FORMAT:
                raise UserError(
                    f"is of format {head['format']}, this version reads {FORMAT}",
                    where=str(path), fix="fit the model again",
                )  # fmt: skip
            layout = Layout(head["kernel"], len(head["x"]), head["has_unit"])
            states = tuple(
                State(layout.unpack(t), al, r)
                for t, al, r in zip(a["thetas"], a["alpha"], a["root"], strict=True)
            )
            fit = Fit(a["thetas"][0], a["cov"], head["objective"], tuple(head["starts"]))
            return GeoGP(
                tuple(head["x"]), layout, float(head["nu"]), a["centre"], a["spread"], a["origin"],
                head["scale"], head["y_mean"], head["y_sd"], Points(a["X"], a["C"], a["unit"]),
                states, fit, tuple(head["units"]), head["n_obs"], head["seed"],
                tuple(head["notes"]),
            )  # fmt: skip
    except (OSError, ValueError, KeyError) as error:
        raise UserError("is no saved GGPR", where=str(path), fix="save it with save_gp") from error
