"""TLS, a certificate that is not trusted, and API keys, through a door in front of a real node."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from configs.errors import UserError
from corpus.index import Filters, build_index, open_index, parse_query
from tests.elasticsearch.es_node import EsNode
from tests.elasticsearch.tls_proxy import make_certificate, tls_door
from tests.unit.corpus.index.golden import shipped, write_store

pytestmark = pytest.mark.elastic


def test_tls_and_keys(node: EsNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = write_store(tmp_path / "store", shipped().iloc[:200], None)
    right, wrong = (make_certificate(tmp_path, name) for name in ("right", "wrong"))
    monkeypatch.setenv("ZHENGCE_ES_ALIAS", "zhengce-tls")
    with tls_door(node.http_port, right, "ApiKey good") as url:
        monkeypatch.setenv("ZHENGCE_ES_URL", url)
        monkeypatch.setenv("ZHENGCE_ES_API_KEY", "good")
        for authority in ("", str(wrong[0])):
            monkeypatch.setenv("ZHENGCE_ES_CA", authority)
            with pytest.raises(UserError, match="certificate is not trusted"):
                build_index(store, engine="elasticsearch")
        monkeypatch.setenv("ZHENGCE_ES_CA", str(right[0]))
        build_index(store, engine="elasticsearch")
        index = open_index(store, engine="elasticsearch")
        truth = shipped().iloc[:200]["text"].str.contains("人民").sum()
        assert index.search(parse_query("人民"), Filters()).total == truth
        index.close()
        monkeypatch.setenv("ZHENGCE_ES_API_KEY", "bad")
        with pytest.raises(UserError, match="key or password is refused"):
            open_index(store, engine="elasticsearch")
        monkeypatch.setenv("ZHENGCE_ES_CA", str(tmp_path / "none.pem"))
        with pytest.raises(UserError, match="no such file"):
            open_index(store, engine="elasticsearch")


def test_user_and_password(node: EsNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = make_certificate(tmp_path, "right")
    monkeypatch.setenv("ZHENGCE_ES_CA", str(pair[0]))
    monkeypatch.setenv("ZHENGCE_ES_USER", "elastic")
    monkeypatch.setenv("ZHENGCE_ES_PASSWORD", "secret")
    monkeypatch.setenv("ZHENGCE_ES_ALIAS", "zhengce-none")
    told = base64.b64encode(b"elastic:secret").decode()
    with tls_door(node.http_port, pair, f"Basic {told}") as url:
        with pytest.raises(UserError, match="no index here"):
            open_index(tmp_path, engine="elasticsearch", url=url)
        monkeypatch.setenv("ZHENGCE_ES_PASSWORD", "other")
        with pytest.raises(UserError, match="is refused"):
            open_index(tmp_path, engine="elasticsearch", url=url)
