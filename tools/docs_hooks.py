"""Hooks of the documentation site: formulas become MathML, Chinese lines are joined without a space."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from tools.mathml import mathml

FENCED = re.compile(r"(^```.*?^```[^\n]*$|`[^`\n]+`)", re.DOTALL | re.MULTILINE)
BLOCK = re.compile(r"^\$\$(.+?)\$\$$", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"(?<![\\$\w])\$([^$\n]+?)\$(?![\w$])")
ROLE = re.compile(r":math:<code>(.*?)</code>", re.DOTALL)
DIRECTIVE = re.compile(r"<p>\.\. math::\s*(.*?)</p>", re.DOTALL)
DIRECTIVE_CODE = re.compile(
    r"<p>\.\. math::</p>\s*<(?:div|pre)[^>]*>.*?<code>(.*?)</code>.*?</pre>(?:</div>)?", re.DOTALL
)
HAN = "\u3000-\u303f\uff00-\uffef\u4e00-\u9fff“”"
BROKEN_LINE = re.compile(f"(?<=[{HAN}])\n(?=[{HAN}])")
MARK = re.compile(r"FORMULA(\d+)END")

#: Formulas of the page at work; Markdown would take a line that begins with one for a block.
_formulas: list[str] = []


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put marks in the place of ``$...$`` and ``$$...$$`` outside of code."""
    _formulas.clear()
    parts = FENCED.split(markdown)
    return "".join(part if i % 2 else _marked(part) for i, part in enumerate(parts))


def on_page_content(html: str, **_: Any) -> str:
    """Turn marks, and the formulas of docstrings, into MathML."""
    text = re.sub(r"<p>(FORMULA\d+END)</p>", r"\1", html)
    text = MARK.sub(lambda m: _formulas[int(m[1])], text)
    text = ROLE.sub(lambda m: mathml(_plain(m[1])), text)
    text = DIRECTIVE_CODE.sub(lambda m: _block(_plain(m[1])), text)
    return DIRECTIVE.sub(lambda m: _block(_plain(m[1])), text)


def on_post_page(output: str, **_: Any) -> str:
    """Name the theme's search dialogue for screen readers."""
    return output.replace('role="dialog"', 'role="dialog" aria-label="Search 搜索"', 1)


def _marked(text: str) -> str:
    text = BROKEN_LINE.sub("", text)
    text = BLOCK.sub(lambda m: f"\n{_kept(_block(m[1]))}\n", text)
    return INLINE.sub(lambda m: _kept(mathml(m[1])), text)


def _kept(formula: str) -> str:
    _formulas.append(formula)
    return f"FORMULA{len(_formulas) - 1}END"


def _block(latex: str) -> str:
    return f'<div class="formula" tabindex="0">{mathml(latex.strip(), display=True)}</div>'


def _plain(code: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", code))
