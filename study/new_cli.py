"""The verb that starts a study of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer


def new(
    name: Annotated[str, typer.Argument(help="Name of the study and of its new folder.")],
    region_level: Annotated[
        Literal["province", "city"] | None,
        typer.Option(
            help="Scale of the models; intensity is always measured in provincial reports."
        ),
    ] = None,
    years: Annotated[
        str | None, typer.Option(help="Years of the reports: 2025 or 2025-2026.")
    ] = None,
    rubric: Annotated[
        str | None, typer.Option(help="'shipped', or a rubric file, which is copied.")
    ] = None,
    outcome: Annotated[
        str | None, typer.Option(help="ser, or another column of the panel.")
    ] = None,
    language: Annotated[
        Literal["en", "zh", "both"] | None, typer.Option(help="Language of the folder's README.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask nothing; what is not given takes its default.")
    ] = False,
) -> None:
    """Start a study: asks five questions and writes a folder with a commented settings file.

    Example: zhengce new my-study --years 2025-2026 --yes
    """
    import sys

    from configs.errors import UserError
    from study import new_study as work

    work.checked_name(name)
    asks = not yes and None in (region_level, years, rubric, outcome, language)
    if asks and not sys.stdin.isatty():
        raise UserError(
            "there is no terminal to ask on", fix="add --yes, or give every answer as an option"
        )

    def answer(
        given: str | None, question: str, default: str, allowed: tuple[str, ...] = ()
    ) -> str:
        if given is not None or yes:
            return given if given is not None else default
        while True:
            said = str(typer.prompt(question, default=default, err=True)).strip()
            if not allowed or said in allowed:
                return said
            typer.echo(f"  {said!r}: {' / '.join(allowed)}", err=True)

    level: Literal["province", "city"] = (
        "city"
        if answer(region_level, "Region level of the models 模型的区域层级 (province, city)",
                  "province", ("province", "city")) == "city"
        else "province"
    )  # fmt: skip
    span = work.parsed_years(answer(years, "Years of the reports 报告年份", "2025-2026"))
    there = work.provinces_by_year(span)
    for line in work.missing_texts(there):
        typer.echo(line, err=True)
    chosen = work.checked_rubric(
        answer(rubric, "Rubric 量表 ('shipped', or a path 或文件路径)", "shipped")
    )
    column = work.checked_outcome(
        answer(outcome, "Outcome 被解释变量 (ser, or a column of the panel 或面板中的一列)", "ser"),
        level,
    )
    spoken = answer(language, "Language 语言 (en, zh, both)", "both", ("en", "zh", "both"))
    file = work.write_study(
        work.Answers(
            name, level, span, chosen, column,
            "en" if spoken == "en" else "zh" if spoken == "zh" else "both",
        ),
        there,
    )  # fmt: skip
    if chosen is not None:
        copied = Path(name) / "rubric.yaml"
        typer.echo(
            f"{copied} is a copy of {chosen}; sentences are scored by its cue words", err=True
        )
    typer.echo(f"{file}")
    typer.echo(f"next: zhengce run {file}", err=True)
