"""The application: routes, security headers, and one line for every mistake."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.trustedhost import TrustedHostMiddleware
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from annotation_ui.explorer import api, page, pages
from annotation_ui.explorer.places import NotFoundError
from annotation_ui.explorer.store import open_explored
from annotation_ui.web import HEADERS, HOSTS
from configs.errors import UserError, shown
from corpus.maps import map_parts
from corpus.rubric import load_rubric

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

HERE = Path(__file__).parent
DESCRIPTION = """Read-only: policy intensity, sentences and reports of one project.

Each answer has a CSV twin. A mistake is `{"error": "one line"}` with status 404 or 422. Examples:

    curl 'http://127.0.0.1:8765/api/intensity?region=440000&years=2025-2026&dimension=S'
    curl -G http://127.0.0.1:8765/api/query -d limit=5 --data-urlencode 'expr=氢能 NOT 会议'
    curl -G http://127.0.0.1:8765/api/counts.csv -d by=year --data-urlencode 'expr=新质生产力'
    curl 'http://127.0.0.1:8765/api/cell?region=440000&year=2026&dimension=G'
    curl http://127.0.0.1:8765/api/report/440000-2026
    curl 'http://127.0.0.1:8765/api/compare.csv?a=440000&b=330000'
"""


def explorer_app(project: Path | None) -> FastAPI:
    """Make the application for a project; it answers to 127.0.0.1 and localhost only.

    Raises
    ------
    UserError
        When there is no project or index, the index is outdated, or nothing was scored.
    """
    # The pages that FastAPI offers for /openapi.json load scripts from elsewhere: not here.
    app = FastAPI(
        title="zhengce explorer", version="1", description=DESCRIPTION, docs_url=None,
        redoc_url=None,
    )  # fmt: skip
    app.state.explored = open_explored(project)
    _warm()
    app.include_router(api.files)
    app.include_router(api.router)
    app.include_router(pages.router)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    app.add_exception_handler(UserError, _mistake)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _refused)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(HOSTS))
    app.middleware("http")(_guarded)
    return app


def _warm() -> None:
    """Read what every page needs now, so that the first one does not wait for it."""
    map_parts()
    load_rubric()
    for path in page.TEMPLATES.iterdir():
        page.template(path.name)


async def _guarded(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
    if request.method != "GET":
        response: Response = JSONResponse({"error": "only GET is allowed"}, 405, {"Allow": "GET"})
    else:
        response = await go_on(request)
    response.headers.update(HEADERS)
    return response


def _mistake(request: Request, error: Any) -> Response:
    return _problem(request, 404 if isinstance(error, NotFoundError) else 422, error.line())


def _malformed(request: Request, error: Any) -> Response:
    first = error.errors()[0]
    name = str(first["loc"][-1])
    line = (
        first["msg"]
        if first["type"] == "missing"
        else f"{first['msg']}, not {shown(first['input'])}"
    )
    return _problem(request, 422, f"{name}: {line}")


def _refused(request: Request, error: Any) -> Response:
    line = f"no such page: {shown(request.url.path)}" if error.status_code == 404 else error.detail
    return _problem(request, error.status_code, line)


def _problem(request: Request, status: int, line: str) -> Response:
    """Tell it as a page to people and as JSON to programs."""
    path = request.url.path
    if path.startswith(("/api/", "/health", "/openapi.json")) or path.endswith(".txt"):
        return JSONResponse({"error": line}, status)
    return pages.problem_page(request, status, line)
