"""Who asks, and what they may: one place for sessions, roles and forged requests."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from annotation_ui.labelling.accounts import Person, person_of
from annotation_ui.labelling.problems import ForbiddenError, UnknownPersonError

if TYPE_CHECKING:
    from collections.abc import Callable

    from annotation_ui.labelling.codebook import Codebook
    from annotation_ui.labelling.nearest import Nearest
    from annotation_ui.labelling.queueing import Queue
    from annotation_ui.labelling.store import Store

COOKIE = "zhengce_session"
CSRF_HEADER = "X-CSRF-Token"


@dataclass(frozen=True, slots=True)
class Desk:
    """What the application works with.

    Attributes
    ----------
    local_csrf : str
        Token of this process for the one local person.
    secure : bool
        Whether people come through a proxy with TLS, so that the cookie may demand it.
    """

    store: Store
    codebook: Codebook
    queue: Queue
    nearest: Nearest
    local_csrf: str
    secure: bool


def desk_of(request: Request) -> Desk:
    """Give the application's desk."""
    desk: Desk = request.app.state.desk
    return desk


def somebody(request: Request) -> Person | None:
    """Tell who asks, or None."""
    desk = desk_of(request)
    with desk.store.reading() as db:
        return person_of(db, request.cookies.get(COOKIE, ""), desk.local_csrf)


async def check_forgery(request: Request) -> None:
    """Refuse a changing request that another site could have made.

    Browsers say where a request comes from; in team mode the session's token must come along, as a
    header or as a form field. Without accounts JSON needs none: no foreign page can send it here
    without asking first, and it is not answered.
    """
    # Under our referrer policy browsers name no origin in form posts; then their own word counts.
    site, origin = request.headers.get("sec-fetch-site", ""), request.headers.get("origin", "")
    foreign = origin.split("://", 1)[-1] not in ("", request.headers.get("host", ""))
    if site not in ("same-origin", "none") if site else foreign:
        raise ForbiddenError("the request comes from another site", fix="use the page itself")
    person = somebody(request)
    if person is None:
        return  # whoever is not logged in is told so by the next check
    sent = request.headers.get(CSRF_HEADER, "")
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if not sent and kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        form = await request.form()
        sent = str(form.get("csrf", ""))
    elif not person.team and kind == "application/json":
        return  # nor may a label be lost because the server was started again, with another token
    if not hmac.compare_digest(sent.encode(), person.csrf.encode()):
        raise ForbiddenError(
            f"the token against forged requests ({CSRF_HEADER}) is missing or wrong",
            fix="load the page again",
        )


def at_least(role: str) -> Callable[[Request], Person]:
    """Require a role."""

    def required(request: Request) -> Person:
        person = somebody(request)
        if person is None:
            raise UnknownPersonError("nobody is logged in", fix="log in at /login")
        if not person.may(role):
            raise ForbiddenError(f"this is for the role {role}, you are {person.role}")
        return person

    return required


TheDesk = Annotated[Desk, Depends(desk_of)]
Annotator = Annotated[Person, Depends(at_least("annotator"))]
Adjudicator = Annotated[Person, Depends(at_least("adjudicator"))]
Admin = Annotated[Person, Depends(at_least("admin"))]
