"""A small part of LaTeX as MathML, which browsers draw themselves: no script, nothing from outside."""

from __future__ import annotations

import re
from html import escape

SYMBOLS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "varepsilon": "ε", "epsilon": "ε",
    "theta": "θ", "lambda": "λ", "mu": "μ", "nu": "ν", "eta": "η", "pi": "π", "rho": "ρ",
    "sigma": "σ", "tau": "τ", "phi": "φ", "psi": "ψ", "omega": "ω", "ell": "ℓ", "kappa": "κ",
    "Delta": "Δ", "Omega": "Ω", "Sigma": "Σ", "Phi": "Φ",
}  # fmt: skip
OPERATORS = {
    "sum": "∑", "prod": "∏", "int": "∫", "cdot": "·", "times": "×", "le": "≤", "leq": "≤",
    "ge": "≥", "geq": "≥", "ne": "≠", "neq": "≠", "approx": "≈", "sim": "∼", "propto": "∝", "in": "∈",
    "subseteq": "⊆", "cup": "∪", "setminus": "∖", "infty": "∞", "to": "→", "pm": "±", "mid": "∣",
    "dots": "…", "ldots": "…", "cdots": "⋯", "partial": "∂", "prime": "′", "odot": "⊙",
    "backslash": "∖", "otimes": "⊗", "{": "{", "}": "}", "|": "‖",
}  # fmt: skip
NAMES = frozenset({"ln", "log", "exp", "max", "min", "tr", "Pr", "det"})
ACCENTS = {"hat": "^", "bar": "¯", "tilde": "~"}
SPACES = {",": "0.17em", ";": "0.28em", " ": "0.25em", "quad": "1em", "qquad": "2em", "!": "0"}
TOKEN = re.compile(r"\\(?:[A-Za-z]+|.)|[0-9]+(?:\.[0-9]+)?|\s+|.", re.DOTALL)
#: Operators whose limits stand below and above in a displayed formula.
LIMITS = ("∑", "∏")


def mathml(latex: str, *, display: bool = False) -> str:
    r"""Turn a formula into a ``math`` element.

    Raises
    ------
    ValueError
        A command that is not known here: better no page than a wrong formula.

    Examples
    --------
    >>> mathml(r"\\rho^2")
    '<math><msup><mi>ρ</mi><mn>2</mn></msup></math>'
    """
    tokens = [t for t in TOKEN.findall(latex) if t.strip() or t == "\\ "]
    rows, _ = _row(tokens, stop=None, display=display)
    return f'<math display="block">{rows}</math>' if display else f"<math>{rows}</math>"


def _row(tokens: list[str], *, stop: str | None, display: bool) -> tuple[str, list[str]]:
    parts: list[str] = []
    while tokens and tokens[0] != stop:
        part, tokens = _scripted(tokens, display=display)
        parts.append(part)
    return "".join(parts), tokens


def _scripted(tokens: list[str], *, display: bool) -> tuple[str, list[str]]:
    base, tokens = _atom(tokens, display=display)
    scripts: dict[str, str] = {}
    while tokens and tokens[0] in ("_", "^", "'"):
        mark, tokens = tokens[0], tokens[1:]
        if mark == "'":
            scripts["^"] = scripts.get("^", "") + "<mo>′</mo>"
            continue
        script, tokens = _atom(tokens, display=display)
        scripts[mark] = scripts.get(mark, "") + script
    kind = "under" if display and base[4:5] in LIMITS else "sub"
    over = "over" if kind == "under" else "sup"
    low, high = _grouped(scripts.get("_", "")), _grouped(scripts.get("^", ""))
    if low and high:
        return f"<m{kind}{over}>{base}{low}{high}</m{kind}{over}>", tokens
    if low:
        return f"<m{kind}>{base}{low}</m{kind}>", tokens
    if high:
        return f"<m{over}>{base}{high}</m{over}>", tokens
    return base, tokens


def _grouped(inner: str) -> str:
    return f"<mrow>{inner}</mrow>" if inner.count("</") > 1 else inner


def _atom(tokens: list[str], *, display: bool) -> tuple[str, list[str]]:
    if not tokens:
        raise ValueError("a formula ends where something has to follow")
    token, rest = tokens[0], tokens[1:]
    if token == "{":
        inner, rest = _row(rest, stop="}", display=display)
        if not rest:
            raise ValueError("a bracket of a formula is not closed")
        return f"<mrow>{inner}</mrow>", rest[1:]
    if token == "}":
        raise ValueError("the formula closes a bracket that it did not open")
    if token.startswith("\\"):
        return _command(token[1:], rest, display=display)
    if token[0].isdigit():
        return f"<mn>{token}</mn>", rest
    if token.isalpha():
        return f"<mi>{token}</mi>", rest
    if token in "()[]|":
        return f'<mo stretchy="false">{token}</mo>', rest
    return f"<mo>{escape('−' if token == '-' else token)}</mo>", rest


def _command(name: str, rest: list[str], *, display: bool) -> tuple[str, list[str]]:
    if name in SYMBOLS:
        return f"<mi>{SYMBOLS[name]}</mi>", rest
    if name in OPERATORS:
        return f"<mo>{OPERATORS[name]}</mo>", rest
    if name in NAMES:
        return f'<mrow><mi>{name}</mi><mspace width="0.17em"></mspace></mrow>', rest
    if name in SPACES:
        return f'<mspace width="{SPACES[name]}"></mspace>', rest
    if name in ("left", "right"):
        return f"<mo>{escape(rest[0])}</mo>", rest[1:]
    if name == "frac":
        above, rest = _atom(rest, display=display)
        below, rest = _atom(rest, display=display)
        return f"<mfrac>{above}{below}</mfrac>", rest
    if name == "sqrt":
        inner, rest = _atom(rest, display=display)
        return f"<msqrt>{inner}</msqrt>", rest
    if name in ACCENTS:
        inner, rest = _atom(rest, display=display)
        return f'<mover accent="true">{inner}<mo>{ACCENTS[name]}</mo></mover>', rest
    if name in ("mathrm", "text", "operatorname"):
        end = rest.index("}")
        return f"<mtext>{escape(''.join(rest[1:end]))}</mtext>", rest[end + 1 :]
    raise ValueError(f"the formula has \\{name}, which tools/mathml.py does not know")
