"""Reaching Elasticsearch: address and keys from the environment, its refusals as one line.

``ZHENGCE_ES_URL``, ``ZHENGCE_ES_API_KEY`` or ``ZHENGCE_ES_USER`` and ``ZHENGCE_ES_PASSWORD``,
``ZHENGCE_ES_CA`` (certificate authority, PEM), ``ZHENGCE_ES_ALIAS`` (name of the index).
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from configs.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from elasticsearch import Elasticsearch

NEEDED_MAJOR = 8
_BUILD = "run `zhengce index build --engine elasticsearch --url URL`"


def alias() -> str:
    """Name under which the index is found."""
    return os.environ.get("ZHENGCE_ES_ALIAS") or "zhengce-sentences"


def connect(url: str) -> Elasticsearch:
    """Open a client and check that an Elasticsearch of the needed version answers.

    Raises
    ------
    UserError
        One line: no address, not reachable, certificate or key refused, wrong version.
    """
    try:
        from elasticsearch import Elasticsearch
    except ImportError as error:
        fix = "install the extra: pip install 'zhengce[es]'"
        raise UserError("the Elasticsearch client is not installed", fix=fix) from error
    address = url or os.environ.get("ZHENGCE_ES_URL", "")
    if not address:
        raise UserError("no address", where="--url", fix="give --url or set ZHENGCE_ES_URL")
    if "@" in address:
        fix = "set ZHENGCE_ES_USER and ZHENGCE_ES_PASSWORD, or ZHENGCE_ES_API_KEY"
        raise UserError("keys do not belong in the address", where="--url", fix=fix)
    try:
        client = Elasticsearch(
            address, request_timeout=30, retry_on_timeout=True, max_retries=3, **_keys()
        )
    except (ValueError, TypeError, OSError) as error:
        raise UserError(f"cannot be used ({error})", where=f"--url {address}") from error
    try:
        _check_version(client, address)
    except BaseException:
        client.close()
        raise
    return client


def _check_version(client: Elasticsearch, address: str) -> None:
    with elastic_errors():
        version = str(client.info()["version"]["number"])
    if version.split(".", maxsplit=1)[0] != str(NEEDED_MAJOR):
        fix = f"version {NEEDED_MAJOR} is needed"
        raise UserError(f"is Elasticsearch {version}", where=address, fix=fix)


def _keys() -> dict[str, Any]:
    get = os.environ.get
    keys: dict[str, Any] = {}
    if get("ZHENGCE_ES_API_KEY"):
        keys["api_key"] = get("ZHENGCE_ES_API_KEY")
    elif get("ZHENGCE_ES_USER"):
        keys["basic_auth"] = (get("ZHENGCE_ES_USER"), get("ZHENGCE_ES_PASSWORD", ""))
    authority = get("ZHENGCE_ES_CA")
    if authority:
        if not os.path.isfile(authority):  # noqa: PTH113 - the client takes a string
            raise UserError("no such file", where=f"ZHENGCE_ES_CA={authority}")
        keys["ca_certs"] = authority
    return keys


@contextmanager
def elastic_errors() -> Iterator[None]:
    """Turn what the client raises into one line for the user."""
    import elasticsearch as es
    from elasticsearch.helpers import BulkIndexError

    where = "Elasticsearch"
    try:
        yield
    except es.UnsupportedProductError as error:
        raise UserError("what answers there is no Elasticsearch 8", where=where) from error
    except es.SSLError as error:
        fix = "set ZHENGCE_ES_CA to the PEM file of the authority"
        raise UserError("its certificate is not trusted", where=where, fix=fix) from error
    except es.ConnectionTimeout as error:
        raise UserError("does not answer in time", where=where, fix="try again") from error
    except es.TransportError as error:
        raise UserError(f"cannot be reached ({_short(error)})", where=where, fix="is it running?") from error  # fmt: skip
    except es.AuthenticationException as error:
        fix = "set ZHENGCE_ES_API_KEY, or ZHENGCE_ES_USER and ZHENGCE_ES_PASSWORD"
        raise UserError("the key or password is refused", where=where, fix=fix) from error
    except es.NotFoundError as error:
        raise UserError("no index here", where=where, fix=_BUILD) from error
    except es.ApiError as error:
        raise _refused(str(error)) from error
    except BulkIndexError as error:
        raise _refused(str(error.errors[:1])) from error


def _refused(text: str) -> UserError:
    if "cluster_block" in text or "read-only" in text or "flood-stage" in text:
        fix = "free disk space on the nodes, or lift the block"
        return UserError(
            "refuses writes: index or disk is read-only", where="Elasticsearch", fix=fix
        )
    return UserError(f"refused ({text[:200]})", where="Elasticsearch")


def _short(error: Exception) -> str:
    return str(error).split("(", 1)[0][:100]
