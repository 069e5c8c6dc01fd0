"""The verb of the explorer: a free port, an index made or renewed, one line for a mistake."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest

from annotation_ui.explorer.cli import _refresh_index, explore
from annotation_ui.web import listen
from configs.errors import UserError
from corpus.index import open_index
from corpus.schemas import SentenceTable
from corpus.store import read_table, write_table
from tests.conftest import TinyStudy


@pytest.fixture
def project(finished: TinyStudy, tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    shutil.copytree(finished.out, folder)
    shutil.rmtree(folder / "store" / "index", ignore_errors=True)
    return folder


def test_port_zero_takes_a_free_port_of_this_machine() -> None:
    with listen(0) as listener:
        host, port = listener.getsockname()
        assert host == "127.0.0.1"
        assert port > 0


def test_a_port_in_use_is_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"port {port} cannot be used .*try --port 0"):
            explore(project=None, port=port, no_browser=True)


def test_no_project_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no tables"):
        explore(project=tmp_path, port=0, no_browser=True)


def test_the_index_is_built_and_renewed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _refresh_index(project)
    assert "no index yet" in capsys.readouterr().err
    _refresh_index(project)
    assert capsys.readouterr().err == ""
    path = project / "store" / "sentence.parquet"
    sentences = read_table(SentenceTable, path)
    write_table(SentenceTable, sentences.iloc[:-1], path)
    _refresh_index(project)
    assert "older than its tables" in capsys.readouterr().err
    index = open_index(project / "store")
    assert index.status().n_sentences == len(sentences) - 1
    index.close()
