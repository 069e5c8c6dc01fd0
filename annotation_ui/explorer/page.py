"""What every page has: its language, its addresses, the names it shows."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from fastapi.responses import HTMLResponse

from annotation_ui.explorer.places import dimension_names, name_of
from annotation_ui.web import template_environment

if TYPE_CHECKING:
    from fastapi import Request

    from annotation_ui.explorer.store import Explored

TEMPLATES = Path(__file__).parent / "templates"
SECTIONS = {
    "review": ("review", "回顾"),
    "plan": ("plan", "部署"),
    "governance": ("governance", "自身建设"),
    "other": ("other", "其他"),
}
_REPOSITORY, _COMMIT = re.compile(r"[\w.-]+/[\w.-]+"), re.compile(r"[0-9a-f]{40}")


class Page:
    """What every template may use: language, addresses, names.

    Parameters
    ----------
    dimension : str
        Carried from page to page.
    """

    def __init__(self, request: Request, explored: Explored, lang: str, dimension: str) -> None:
        self.explored, self.lang, self.dimension = explored, lang, dimension
        self._request = request
        self.path = request.url.path
        self.stale = explored.index.status().stale

    def t(self, en: str, zh: str) -> str:
        """Pick the language."""
        return zh if self.lang == "zh" else en

    def url(self, path: str, **state: Any) -> str:
        """Write an address that holds the state; the language goes with it."""
        kept = [
            (k, v)
            for k, values in {**state, "lang": "zh" if self.lang == "zh" else ""}.items()
            for v in (values if isinstance(values, list) else [values])
            if v not in (None, "")
        ]
        return f"{path}?{urlencode(kept)}" if kept else path

    def csv(self, path: str, **state: Any) -> str:
        """Address of a CSV twin, which has no language."""
        kept = [(k, v) for k, v in state.items() if v not in (None, "")]
        return f"{path}?{urlencode(kept, doseq=True)}" if kept else path

    @property
    def switched(self) -> str:
        """Address of the page in the other language."""
        kept = [(k, v) for k, v in self._request.query_params.multi_items() if k != "lang"]
        kept += [("lang", "zh")] if self.lang == "en" else []
        return f"{self.path}?{urlencode(kept)}" if kept else self.path

    def name(self, code: str) -> str:
        """Name a region."""
        return name_of(self.explored, code, self.lang)

    def dimension_name(self, dimension: str) -> str:
        """Name a dimension."""
        return dimension_names(dimension)[2 if self.lang == "zh" else 1]

    def short(self, dimension: str) -> str:
        """Give the rubric's letter of a dimension."""
        return dimension_names(dimension)[0]

    def shade(self, dimension: str) -> str:
        """Class that sets a dimension's colour."""
        return f"dim{self.explored.dimensions.index(dimension) % 5}"

    def section(self, name: str) -> str:
        """Name a section."""
        return self.t(*SECTIONS.get(name, (name, name)))

    def source(
        self, url: str | None, repo: str | None, commit: str | None, path: str | None
    ) -> str:
        """Address of a report's source, only if it is a web page: others could be scripts."""
        if url and url.startswith(("https://", "http://")):
            return url
        if repo and commit and path and _REPOSITORY.fullmatch(repo) and _COMMIT.fullmatch(commit):
            return f"https://github.com/{repo}/blob/{commit}/{quote(path)}"
        return ""

    def render(self, name: str, status: int = 200, **values: Any) -> HTMLResponse:
        """Fill a template."""
        return HTMLResponse(template(name).render(page=self, t=self.t, **values), status)


@cache
def _environment() -> Any:
    return template_environment(TEMPLATES)


def template(name: str) -> Any:
    """Compile a template, once."""
    return _environment().get_template(name)
