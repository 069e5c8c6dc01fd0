"""Mistakes of a request, each with its status; the line says what, where and what to do."""

from __future__ import annotations

from configs.errors import UserError


class NotFoundError(UserError):
    """There is no such thing (404)."""


class ConflictError(UserError):
    """It contradicts what is there: stale form, other content, another person's lease (409)."""


class ForbiddenError(UserError):
    """Not for this role (403)."""


class UnknownPersonError(UserError):
    """Nobody is logged in (401)."""


class TooLargeError(UserError):
    """More than is taken in one request (413)."""


class TooOftenError(UserError):
    """Too many failed attempts (429)."""


STATUS: dict[type[UserError], int] = {
    NotFoundError: 404,
    ConflictError: 409,
    ForbiddenError: 403,
    UnknownPersonError: 401,
    TooLargeError: 413,
    TooOftenError: 429,
}


def status_of(error: UserError) -> int:
    """Status of a mistake; 422 where it is the content that is wrong."""
    return STATUS.get(type(error), 422)
