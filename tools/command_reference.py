"""Write docs/commands.md, every verb of the command line with its help: `python -m tools.command_reference`."""

from __future__ import annotations

from contextlib import redirect_stdout
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

import typer

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "commands.md"
WIDTH = 96
HEAD = """# Command reference 命令一览

Every verb with the text of its `--help`. This page is written by `python -m tools.command_reference`, and a
test compares it with the program.

以下是各命令的 `--help` 原文。本页由 `python -m tools.command_reference` 生成，测试会核对其与程序是否一致。

"""


def command_reference(app: typer.Typer) -> str:
    """Give the page: a section a verb, a part a verb below it."""
    root: Any = typer.main.get_command(app)
    parts = [_section(root, ())]
    for verb, command in root.commands.items():
        inner = getattr(command, "commands", {})
        for each in (command, *inner.values()):
            _relative_defaults(each)
        parts.append(_section(root, (verb,)))
        parts += [_section(root, (verb, name)) for name in inner]
    return HEAD + "\n".join(parts)


def _relative_defaults(command: Any) -> None:
    """Show defaults below the checkout as they are typed there, wherever it lies."""
    for option in command.params:
        if isinstance(option.default, Path) and option.default.is_relative_to(ROOT):
            option.default = option.default.relative_to(ROOT)


def _section(root: Any, path: tuple[str, ...]) -> str:
    with redirect_stdout(StringIO()) as told:
        root.main(
            [*path, "--help"], prog_name="zhengce", standalone_mode=False, terminal_width=WIDTH
        )
    mark = "##" if len(path) < 2 else "###"
    return f"{mark} {' '.join(('zhengce', *path))}\n\n```text\n{told.getvalue().rstrip()}\n```\n"


if __name__ == "__main__":
    # By name: nothing may import the command line but to show it.
    whole = import_module("zhengce").app
    PAGE.write_text(command_reference(whole), "utf-8")
