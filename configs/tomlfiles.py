"""Read TOML into typed settings; the first problem becomes one line that names file and key."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from configs.errors import UserError, shown
from configs.paths import resolve

if TYPE_CHECKING:
    from pathlib import Path

Model = TypeVar("Model", bound=BaseModel)


def read_toml(path: Path, *, fix: str = "") -> dict[str, Any]:
    """Read a TOML file, the user's or a shipped one, or say in one line why not."""
    try:
        return tomllib.loads(resolve(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"cannot be read ({error.strerror})", where=str(path), fix=fix) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"is not TOML ({error})", where=str(path)) from error


def validated(model: type[Model], raw: dict[str, Any], where: str) -> Model:
    """Validate plain values against a settings model.

    Raises
    ------
    UserError
        Unknown key (with the known ones), missing key, or a value that is not allowed.
    """
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise _first_problem(model, error, where) from error


def _first_problem(model: type[BaseModel], error: ValidationError, where: str) -> UserError:
    # A misspelt key is also a missing one: the misspelling is what helps.
    problem = min(error.errors(include_url=False), key=lambda p: p["type"] != "extra_forbidden")
    keys = [str(part) for part in problem["loc"]]
    place = f"{where} key {'.'.join(keys)}" if keys else where
    if problem["type"] == "extra_forbidden":
        known = _known_keys(model, keys[:-1])
        fix = f"known here: {', '.join(known)}" if known else ""
        return UserError(f"unknown key {keys[-1]!r}", where=place, fix=fix)
    if problem["type"] == "missing":
        return UserError("is needed", where=place)
    message = problem["msg"].removeprefix("Value error, ")
    value = f"{shown(problem['input'])} is not allowed: " if keys else ""
    return UserError(f"{value}{message}", where=place)


def _known_keys(model: type[BaseModel], parents: list[str]) -> list[str]:
    for name in parents:
        if name.isdigit():  # a place in an array of tables
            continue
        field = model.model_fields.get(name)
        kinds = [field.annotation, *get_args(field.annotation)] if field else []
        inner = next((k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)), None)
        if inner is None:
            return []
        model = inner
    return sorted(model.model_fields)
