"""The one exception inside the readers: a status and a reason code."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from corpus.readers.result import Status


class ReadError(Exception):
    """A document that cannot be read, for a known reason.

    Parameters
    ----------
    reason : str
        The code that goes into ``documents.csv``.
    status : Status
        ``error`` unless the document is in order but not for us.
    """

    def __init__(self, reason: str, *, status: Status = "error") -> None:
        self.reason = reason
        self.status: Status = status
        super().__init__(reason)
