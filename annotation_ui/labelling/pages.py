"""The pages for people: drawn here, forms post to themselves, lists refresh through htmx."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from annotation_ui.labelling import (
    accounts,
    adjudicating,
    admin_api,
    progress,
    quality,
    quizzing,
    relabelling,
    retraining,
)
from annotation_ui.labelling.access import (
    COOKIE,
    Adjudicator,
    Admin,
    Annotator,
    TheDesk,
    check_forgery,
    somebody,
)
from annotation_ui.labelling.models import DrawForm, Training
from annotation_ui.labelling.page import TEMPLATES, Page, page_of, template
from configs.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TEMPLATES", "changing", "problem_page", "router", "session", "template"]
router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
changing = APIRouter(
    include_in_schema=False,
    default_response_class=HTMLResponse,
    dependencies=[Depends(check_forgery)],
)
#: Programs log in too: these are described in /openapi.json.
session = APIRouter(tags=["session"])
N_PARTED = 20


def problem_page(request: Request, status: int, line: str) -> Response:
    """Tell a mistake on a page; whoever is not logged in is led to the log-in."""
    if status == 401 and request.method == "GET" and request.url.path != "/login":
        return RedirectResponse("/login", 303)
    return page_of(request).render("problem.html", status, line=line)


@router.get("/")
def annotate(request: Request, person: Annotator) -> HTMLResponse:
    """Show the annotation screen; the rest is annotate.js."""
    return page_of(request).render("annotate.html", wide=True)


@router.get("/codebook")
def codebook(request: Request, person: Annotator, q: str = "") -> HTMLResponse:
    """Show the codebook with a search."""
    page = page_of(request)
    return page.render("codebook.html", q=q, found=_search(page, q))


@router.get("/codebook/list")
def codebook_list(request: Request, person: Annotator, q: str = "") -> HTMLResponse:
    """Give the list of the codebook only."""
    page = page_of(request)
    return page.render("codebook_list.html", found=_search(page, q))


def _search(page: Page, q: str) -> dict[str, list[dict[str, Any]]]:
    book, word = page.desk.codebook.as_dict(), q.strip().lower()
    names = ("rules", "attribution", "examples")
    return {
        n: [r for r in book[n] if not word or word in " ".join(map(str, r.values())).lower()]
        for n in names
    }


@router.get("/progress")
def how_far(request: Request, desk: TheDesk, person: Annotator) -> HTMLResponse:
    """Show progress."""
    only = None if person.may("adjudicator") else person.name
    with desk.store.reading() as db:
        found = progress.progress(db, desk.codebook.rubric, only=only)
    return page_of(request).render("progress.html", found=found)


@router.get("/quality")
def quality_page(request: Request, desk: TheDesk, person: Adjudicator) -> HTMLResponse:
    """Show agreement, leanings and top disagreements; refreshed while the page is open."""
    return page_of(request).render("quality.html", **_quality(desk))


@router.get("/quality/table")
def quality_table(request: Request, desk: TheDesk, person: Adjudicator) -> HTMLResponse:
    """Give the tables of the quality page only."""
    return page_of(request).render("quality_table.html", **_quality(desk))


def _quality(desk: TheDesk) -> dict[str, Any]:
    rubric = desk.codebook.rubric
    with desk.store.reading() as db:
        ratings = quality.read_ratings(db, len(rubric.dimensions))
        found = quality.agreement(ratings, rubric)
        parted = [adjudicating.case(db, n) for n, _ in quality.disagreements(ratings, N_PARTED)]
    return {"found": found, "parted": parted}


@router.get("/adjudicate")
def adjudicate(request: Request, desk: TheDesk, person: Adjudicator) -> HTMLResponse:
    """Show the next case."""
    return _case(page_of(request))


def _case(page: Page, said: str = "", status: int = 200) -> HTMLResponse:
    with page.desk.store.reading() as db:
        numbers = adjudicating.waiting(db)
        found = adjudicating.case(db, numbers[0]) if numbers else None
    book = page.desk.codebook.as_dict()
    return page.render(
        "adjudicate.html", status, waiting=len(numbers), case=found, rules=book["rules"], said=said
    )


@changing.post("/adjudicate")
async def decide(request: Request, desk: TheDesk, person: Adjudicator) -> HTMLResponse:
    """Take a decision and show the next case."""
    sent = await request.form()
    levels = {d: sent.get(f"level_{d}") for d in desk.codebook.rubric.dimension_ids}
    names = ("id", "hash", "rule", "note", "temporality", "unit_type")
    form = {n: str(sent.get(n, "")) for n in names} | {
        "levels": levels,
        "sentence": _number(sent.get("sentence")),
    }
    try:
        adjudicating.decide_case(desk.store, desk.codebook, person.name, form)
    except UserError as error:
        return _case(page_of(request), error.line(), 422)
    return _case(page_of(request))


def _number(value: Any) -> int:
    return int(value) if str(value).isdecimal() and len(str(value)) < 12 else -1


@router.get("/quiz")
def quiz(request: Request, desk: TheDesk, person: Annotator, seed: int = 0) -> HTMLResponse:
    """Show the qualification quiz."""
    seed = seed if 0 <= seed <= 2**31 else 0
    with desk.store.reading() as db:
        passed = quizzing.has_passed(db, person.name, desk.codebook.rubric.version)
    items = quizzing.questions(desk.codebook, seed)
    return page_of(request).render(
        "quiz.html", seed=seed, items=items, passed=passed, result=None, said=""
    )


@changing.post("/quiz")
async def mark(request: Request, desk: TheDesk, person: Annotator) -> HTMLResponse:
    """Judge the quiz."""
    sent, names = await request.form(), desk.codebook.rubric.dimension_ids
    seed = _number(sent.get("seed"))
    items = quizzing.questions(desk.codebook, max(seed, 0))
    answers = {
        i["id"]: [sent.get(f"{i['id']}:{d}") for d in names]
        for i in items
        if f"{i['id']}:{names[0]}" in sent
    }
    try:
        result = quizzing.mark(
            desk.store,
            desk.codebook,
            person.name,
            {"id": str(sent.get("id", "")), "seed": max(seed, 0), "answers": answers},
        )
    except UserError as error:
        return page_of(request).render(
            "quiz.html", 422, seed=seed, items=items, passed=False, result=None, said=error.line()
        )
    return page_of(request).render(
        "quiz.html", seed=seed + 1, items=[], passed=result["passed"], result=result, said=""
    )


@router.get("/admin")
def admin(request: Request, person: Admin) -> HTMLResponse:
    """Show pools, files, models, accounts, settings, audit log."""
    return _admin(page_of(request))


def _admin(page: Page, said: str = "", status: int = 200) -> HTMLResponse:
    desk = page.desk
    retraining.settle(desk.store)
    with desk.store.reading() as db:
        found = progress.progress(db, desk.codebook.rubric)
        values = {
            "versions": relabelling.versions(db),
            "accounts": accounts.accounts(db),
            "audit": [dict(r) for r in db.execute("SELECT at, who, action, detail FROM audit ORDER BY seq DESC LIMIT 15")],
            "settings": {"suggest": "on", "quiz_required": "off"} | dict(db.execute("SELECT key, value FROM meta").fetchall()),
            "n_suggestions": db.execute("SELECT count(*) FROM suggestion").fetchone()[0],
        }  # fmt: skip
    return page.render(
        "admin.html", status, found=found, jobs=retraining.jobs(desk.store), said=said, **values
    )


@router.get("/admin/models")
def models(request: Request, desk: TheDesk, person: Admin) -> HTMLResponse:
    """Give the list of trainings only, with their progress."""
    retraining.settle(desk.store)
    return page_of(request).render("models.html", jobs=retraining.jobs(desk.store))


def _done(request: Request, action: Callable[[], str]) -> HTMLResponse:
    """Do something and say on the page what came of it."""
    from annotation_ui.labelling.problems import status_of

    try:
        said, status = action(), 200
    except UserError as error:
        said, status = error.line(), status_of(error)
    return _admin(page_of(request), said, status)


@changing.post("/admin/import")
def take_file(request: Request, desk: TheDesk, person: Admin, file: UploadFile) -> HTMLResponse:
    """Import an uploaded file."""
    return _done(request, lambda: str(admin_api.take_file(desk, person, file)))


@changing.post("/admin/shipped")
def take_shipped(request: Request, desk: TheDesk, person: Admin) -> HTMLResponse:
    """Import the labels that are shipped."""
    from annotation_ui.labelling.importing import import_file
    from configs.paths import LABELS

    return _done(
        request,
        lambda: import_file(desk.store, desk.codebook.rubric, LABELS, who=person.name).line(),
    )


@changing.post("/admin/draw")
def draw(
    request: Request, desk: TheDesk, person: Admin, evaluation: Annotated[int, Form(ge=0)] = 0,
    overlap: Annotated[int, Form(ge=0)] = 0, training: Annotated[int, Form(ge=0)] = 0, seed: Annotated[int, Form(ge=0)] = 0,
) -> HTMLResponse:  # fmt: skip
    """Draw sentences of the corpus into the pools."""
    form = DrawForm(evaluation=evaluation, overlap=overlap, training=training, seed=seed)
    return _done(request, lambda: str(admin_api.draw(desk, person, form)))


@changing.post("/admin/suggest")
def suggest(request: Request, desk: TheDesk, person: Admin) -> HTMLResponse:
    """Let the accepted model suggest."""
    return _done(request, lambda: str(admin_api.suggest(desk, person)))


@changing.post("/admin/train")
def train(
    request: Request, desk: TheDesk, person: Admin, scorer: Annotated[str, Form()] = "bert",
    epochs: Annotated[int, Form(ge=1, le=100)] = 8,
) -> HTMLResponse:  # fmt: skip
    """Start a training."""
    return _done(
        request,
        lambda: admin_api.train(
            desk, person, Training(scorer="ngram" if scorer == "ngram" else "bert", epochs=epochs)
        )["id"],
    )


@changing.post("/admin/models/{model}/{decision}")
def judge(
    request: Request, desk: TheDesk, person: Admin, model: str, decision: str
) -> HTMLResponse:
    """Accept or refuse a model."""
    return _done(request, lambda: str(admin_api.judge(desk, person, model, decision)))


@changing.post("/admin/relabel")
def relabel(
    request: Request, desk: TheDesk, person: Admin, version: Annotated[str, Form()] = "",
    contains: Annotated[str, Form()] = "",
) -> HTMLResponse:  # fmt: skip
    """Put labels of an older codebook up for labelling again."""
    return _done(
        request,
        lambda: str(
            relabelling.put_up(
                desk.store, desk.codebook.rubric, person.name, version=version, contains=contains
            )
        ),
    )


@changing.post("/admin/users")
def add_user(
    request: Request, desk: TheDesk, person: Admin, name: Annotated[str, Form()],
    role: Annotated[str, Form()], password: Annotated[str, Form()],
) -> Response:  # fmt: skip
    """Add an account."""
    found = _done(request, lambda: _add(desk, person, name, role, password))
    with desk.store.reading() as db:
        first = not person.team and accounts.is_team(db)
    return RedirectResponse("/login", 303) if first else found  # team mode begins: log in


def _add(desk: TheDesk, person: Admin, name: str, role: str, password: str) -> str:
    with desk.store.reading() as db:
        if not accounts.is_team(db) and role != "admin":
            raise UserError("the first account must be an administrator's", fix="choose that role")
    accounts.add_account(desk.store, name, role, password, by=person.name)
    return f"{name}: {role}"


@changing.post("/admin/settings")
def settings(
    request: Request, desk: TheDesk, person: Admin, suggest: Annotated[str, Form()] = "off",
    quiz_required: Annotated[str, Form()] = "off",
) -> HTMLResponse:  # fmt: skip
    """Keep the settings."""

    def keep() -> str:
        for key, value in (("suggest", suggest), ("quiz_required", quiz_required)):
            desk.store.put(key, "on" if value == "on" else "off")
        return "✓"

    return _done(request, keep)


@router.get("/login")
def login_page(request: Request) -> HTMLResponse:
    """Show the log-in."""
    return page_of(request).render("login.html", said="")


@session.get("/api/me")
def me(request: Request, person: Annotator) -> Response:
    """Tell who is logged in, with the token for changing requests."""
    from fastapi.responses import JSONResponse

    return JSONResponse(
        {"name": person.name, "role": person.role, "csrf": person.csrf, "team": person.team}
    )


@session.post("/login")
def log_in(
    request: Request,
    desk: TheDesk,
    name: Annotated[str, Form(max_length=64)],
    password: Annotated[str, Form(max_length=256)],
) -> Response:
    """Log in; a form of another site is refused by the browser's own word."""
    from annotation_ui.labelling.problems import ForbiddenError, status_of

    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise ForbiddenError("the request comes from another site", fix="use the page itself")
    try:
        token, _ = accounts.log_in(
            desk.store, name, password, request.client.host if request.client else ""
        )
    except UserError as error:
        status = status_of(error)
        found = page_of(request).render("login.html", status, said=error.line())
        if status == 429:
            found.headers["Retry-After"] = str(int(accounts.WINDOW_SECONDS))
        return found
    done = RedirectResponse("/", 303)
    done.set_cookie(
        COOKIE, token, max_age=int(accounts.SESSION_SECONDS), httponly=True, samesite="strict",
        secure=desk.secure, path="/",
    )  # fmt: skip
    return done


@session.post("/logout", dependencies=[Depends(check_forgery)])
def log_out(request: Request, desk: TheDesk) -> Response:
    """Log out."""
    if somebody(request):
        accounts.log_out(desk.store, request.cookies.get(COOKIE, ""))
    done = RedirectResponse("/login", 303)
    done.delete_cookie(COOKIE, path="/")
    return done
