"""The command line: composes the packages, and is imported by none of them."""

from __future__ import annotations

import os
import sys
from typing import Any

import typer

import annotation_ui.explorer.cli
import annotation_ui.labelling.cli
import corpus.cli
import corpus.commitments.cli
import corpus.index_cli
import crawler.cli
import econometrics.audit.cli
import econometrics.cli
import econometrics.spatial.cli
import econometrics.spatial.export_cli
import econometrics.spatial.weights_cli
import ml.cli
import ml.figures_cli
import nlp_scoring.cli
import nlp_scoring.design.cli
import nlp_scoring.evaluate_cli
import nlp_scoring.intensity.cli
import nlp_scoring.intensity.compare_cli
import nlp_scoring.model_cli
import nlp_scoring.score_cli
import study.cli
import study.new_cli
from configs.errors import UserError
from configs.interrupt import hear_interrupts

# typer carries its own copy of click; its usage error is the parent of its bad parameter.
UsageError: Any = typer.BadParameter.__mro__[1]

#: Exit code after Ctrl-C, as shells have it.
INTERRUPTED = 130

app = typer.Typer(
    name="zhengce",
    help="zhengce 政策: government work reports to policy intensity, panel and models.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="First run: zhengce run configs/first.toml. Trouble: zhengce doctor.",
)
app.command()(study.cli.run)
app.command()(study.new_cli.new)
app.command()(study.cli.compare)
app.command()(study.cli.doctor)
app.command()(corpus.cli.parse)
app.command()(corpus.cli.split)
app.command()(nlp_scoring.cli.train)
app.command()(nlp_scoring.evaluate_cli.evaluate)
app.command()(nlp_scoring.score_cli.score)
app.command()(nlp_scoring.model_cli.calibrate)
app.command()(nlp_scoring.model_cli.pretrain)
app.command()(nlp_scoring.design.cli.correct)
app.command()(nlp_scoring.cli.aggregate)
app.command()(nlp_scoring.intensity.cli.intensity)
app.command("compare-scores")(nlp_scoring.intensity.compare_cli.compare_scores)
app.command()(econometrics.audit.cli.audit)
app.command()(corpus.index_cli.query)
app.command()(annotation_ui.explorer.cli.explore)
app.add_typer(annotation_ui.labelling.cli.annotate_app, name="annotate")
app.add_typer(corpus.index_cli.index_app, name="index")
app.add_typer(corpus.cli.corpus_app, name="corpus")
app.add_typer(corpus.commitments.cli.commitments_app, name="commitments")
app.add_typer(crawler.cli.crawl_app, name="crawl")
app.add_typer(econometrics.cli.panel_app, name="panel")
econometrics.spatial.cli.fit_app.command("xgb-shap")(ml.cli.xgb_shap)
econometrics.spatial.cli.fit_app.command("ggpr")(ml.cli.ggpr)
econometrics.spatial.cli.fit_app.command("figures")(ml.figures_cli.article_figures)
app.add_typer(econometrics.spatial.cli.fit_app, name="fit")
app.command()(econometrics.spatial.export_cli.export)
app.add_typer(econometrics.spatial.weights_cli.weights_app, name="weights")


def main() -> None:
    """Run a command; a user's mistake is one line on standard error and exit code 2."""
    stopped = hear_interrupts()
    try:
        code = app(arguments(sys.argv[1:]), standalone_mode=False)
    except UserError as error:
        code = _complain(error.line())
    except UsageError as error:
        context = error.ctx
        hint = f" (see `{context.command_path} --help`)" if context else ""
        code = _complain(" ".join(error.format_message().split()) + hint)
    except (typer.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe has gone (`| head`): quiet, as other tools are.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception:
        if not stopped:  # libraries in C turn Ctrl-C into errors of their own
            raise
        code = INTERRUPTED
    if code == INTERRUPTED:  # typer itself turns Ctrl-C into this code, without a word
        _complain("stopped; what is finished is kept, run the same command to go on")
    sys.exit(code if isinstance(code, int) else 0)


def arguments(typed: list[str]) -> list[str]:
    """Complete what was typed: no word means help, bare ``commitments`` lists them."""
    if not typed:
        return ["--help"]
    if typed[0] == "commitments" and typed[1:2] not in (
        ["follow"],
        ["table"],
        ["list"],
        ["--help"],
    ):
        return ["commitments", "list", *typed[1:]]
    return typed


def _complain(line: str, code: int = 2) -> int:
    typer.echo(f"zhengce: {line}", err=True)
    return code


if __name__ == "__main__":
    main()
