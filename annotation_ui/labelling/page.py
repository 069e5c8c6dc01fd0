"""What every page has: its language, who looks at it, the token of its forms."""

from __future__ import annotations

import uuid
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from fastapi.responses import HTMLResponse

from annotation_ui.labelling.access import desk_of, somebody
from annotation_ui.web import template_environment

if TYPE_CHECKING:
    from fastapi import Request

    from annotation_ui.labelling.accounts import Person

TEMPLATES = Path(__file__).parent / "templates"
LANGUAGE = "zhengce_language"
#: Path, names, role that may see it.
VIEWS = (
    ("/", "Label", "标注", "annotator"),
    ("/adjudicate", "Adjudicate", "裁定", "adjudicator"),
    ("/quality", "Quality", "质量", "adjudicator"),
    ("/progress", "Progress", "进度", "annotator"),
    ("/quiz", "Quiz", "测验", "annotator"),
    ("/codebook", "Codebook", "手册", "annotator"),
    ("/admin", "Project", "项目", "admin"),
)
_TERMS = {
    "evaluation": ("evaluation", "评估池"), "overlap": ("overlap", "重叠池"),
    "training": ("training", "训练池"), "candidate": ("not drawn", "未抽取"),
    "future": ("future", "未来"), "past": ("past", "过去"), "mixed": ("mixed", "混合"),
    "diagnosis": ("diagnosis", "问题"), "timeless": ("timeless", "无时态"),
    "body": ("body", "正文"), "heading": ("heading", "标题"), "ritual": ("ritual", "程序用语"),
    "glossary": ("glossary", "名词解释"), "furniture": ("furniture", "页眉页脚"),
    "low": ("unsure", "不确定"), "bad_split": ("bad split", "切分错误"),
    "discuss": ("discuss", "需讨论"), "duplicate": ("duplicate", "重复"),
    "review": ("review", "回顾"), "plan": ("plan", "部署"), "governance": ("governance", "自身建设"),
    "annotator": ("annotator", "标注员"), "adjudicator": ("adjudicator", "裁定员"),
    "admin": ("administrator", "管理员"), "running": ("running", "进行中"), "done": ("finished", "已完成"),
    "failed": ("failed", "失败"), "accepted": ("in use", "使用中"), "refused": ("refused", "已拒绝"),
    "people": ("people", "人工"), "machine passes": ("machine passes", "机器两遍"),
}  # fmt: skip


class Page:
    """What every template may use."""

    def __init__(self, request: Request, person: Person | None) -> None:
        self.desk, self.person, self._request = desk_of(request), person, request
        self.path = request.url.path
        asked = request.query_params.get("lang") or request.cookies.get(LANGUAGE) or "en"
        self.lang = "zh" if asked == "zh" else "en"
        self.csrf = person.csrf if person else ""

    def t(self, en: str, zh: str) -> str:
        """Pick the language."""
        return zh if self.lang == "zh" else en

    def term(self, name: str) -> str:
        """Name a value of the data in the page's language."""
        return self.t(*_TERMS.get(name, (name, name)))

    def pick(self, row: Any, name: str = "") -> str:
        """Take the text of a row of the codebook in the page's language."""
        other = row.get(f"{name}_{self.lang}" if name else self.lang, "")
        return str(other or row.get(f"{name}_zh" if name else "zh", ""))

    @property
    def views(self) -> list[tuple[str, str]]:
        """Pages that this person may see."""
        if self.person is None:
            return []
        return [(path, self.t(en, zh)) for path, en, zh, role in VIEWS if self.person.may(role)]

    @property
    def switched(self) -> str:
        """Address of the page in the other language."""
        kept = [(k, v) for k, v in self._request.query_params.multi_items() if k != "lang"]
        return f"?{urlencode([*kept, ('lang', 'en' if self.lang == 'zh' else 'zh')])}"

    @property
    def dimensions(self) -> list[Any]:
        """Dimensions of the rubric in its order."""
        rubric, raw = self.desk.codebook.rubric, self.desk.codebook.raw
        by_id = {d["id"]: d for d in raw["dimensions"]}
        return [by_id[name] for name in rubric.dimension_ids]

    def new_id(self) -> str:
        """Id for the event that a form will be: sent twice it is one event."""
        return str(uuid.uuid4())

    def render(self, name: str, status: int = 200, **values: Any) -> HTMLResponse:
        """Fill a template; the language is remembered."""
        found = HTMLResponse(template(name).render(page=self, t=self.t, **values), status)
        if self._request.query_params.get("lang"):
            found.set_cookie(
                LANGUAGE, self.lang, max_age=31_536_000, samesite="strict", httponly=True
            )
        return found


def page_of(request: Request) -> Page:
    """Make the page for a request."""
    return Page(request, somebody(request))


@cache
def _environment() -> Any:
    return template_environment(TEMPLATES)


def template(name: str) -> Any:
    """Compile a template, once."""
    return _environment().get_template(name)
