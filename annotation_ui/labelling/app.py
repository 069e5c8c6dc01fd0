"""The application of the labelling page: routes, headers, limits, one line for every mistake."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.trustedhost import TrustedHostMiddleware
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException

from annotation_ui.labelling import admin_api, api, pages
from annotation_ui.labelling.access import Desk
from annotation_ui.labelling.codebook import load_codebook
from annotation_ui.labelling.nearest import Nearest
from annotation_ui.labelling.problems import status_of
from annotation_ui.labelling.queueing import Queue
from annotation_ui.web import HEADERS, HOSTS
from configs.errors import UserError, shown

if TYPE_CHECKING:
    from annotation_ui.labelling.store import Store

HERE = Path(__file__).parent
MAX_BODY = 2**20
DESCRIPTION = """Sentences out, labels in. Every label is an event with an id made by the client: sending it again
changes nothing. A mistake is `{"error": "one line"}` with status 401, 403, 404, 409, 413, 422 or 429.

    curl 'http://127.0.0.1:8766/api/next?count=1'
    curl -H 'Content-Type: application/json' http://127.0.0.1:8766/api/labels \\
      -d '{"id": "6f1c2d3e-0000-4000-8000-000000000001", "sentence": 1, "levels": [0, 2, 0]}'
    curl 'http://127.0.0.1:8766/api/export?format=csv'

In team mode log in first (`POST /login`) and send the token `csrf` of `/api/me` as `X-CSRF-Token`.
"""


class Guard:
    """Bounds what is read and sets the headers of what is sent; plain ASGI, so it costs no time."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = (
            admin_api.MAX_UPLOAD + MAX_BODY
            if scope["path"] in ("/api/import", "/admin/import")
            else MAX_BODY
        )

        async def sent(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        said = dict(scope["headers"]).get(b"content-length", b"0")
        if not said.isdigit() or int(said) > limit:
            line = f"the request has more than {limit // 2**20} MiB; larger files: `zhengce annotate import FILE`"
            await JSONResponse({"error": line}, 413, {"Connection": "close"})(scope, receive, sent)
            return
        taken = 0

        async def received() -> Any:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:  # a body without a stated length
                raise HTTPException(413, f"the request has more than {limit // 2**20} MiB")
            return message

        await self.app(scope, received, sent)


def labelling_app(store: Store, *, public_host: str = "") -> FastAPI:
    """Make the application over a store.

    Parameters
    ----------
    public_host : str
        Name under which a proxy with TLS on this machine serves the page to a team.
    """
    # The pages that FastAPI offers for /openapi.json load scripts from elsewhere: not here.
    app = FastAPI(
        title="zhengce annotate",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
    )
    app.state.desk = Desk(
        store,
        load_codebook(),
        Queue(store),
        Nearest(store),
        secrets.token_urlsafe(32),
        bool(public_host),
    )
    for router in (
        api.router,
        api.changing,
        admin_api.router,
        admin_api.changing,
        pages.router,
        pages.changing,
        pages.session,
    ):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    app.add_exception_handler(UserError, _mistake)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _refused)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*HOSTS, *filter(None, [public_host])])
    app.add_middleware(Guard)
    for path in pages.TEMPLATES.iterdir():
        pages.template(path.name)
    return app


def _mistake(request: Request, error: Any) -> Response:
    return _problem(request, status_of(error), error.line())


def _malformed(request: Request, error: Any) -> Response:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path"))
    told = (
        "" if first["type"] in ("missing", "json_invalid") else f", not {shown(first.get('input'))}"
    )
    return _problem(request, 422, f"{name or 'body'}: {first['msg']}{told}")


def _refused(request: Request, error: Any) -> Response:
    line = (
        f"no such page: {shown(request.url.path)}"
        if error.status_code == 404
        else str(error.detail)
    )
    return _problem(request, error.status_code, line)


def _problem(request: Request, status: int, line: str) -> Response:
    """Tell it as a page to people and as JSON to programs."""
    wants_page = "text/html" in request.headers.get("accept", "")
    if request.url.path.startswith(("/api/", "/health", "/openapi.json")) or not wants_page:
        headers = {"Retry-After": "900"} if status == 429 else None
        return JSONResponse({"error": line}, status, headers)
    return pages.problem_page(request, status, line)
