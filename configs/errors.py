"""The user's mistakes, told in one line."""

from __future__ import annotations


class UserError(Exception):
    """Something that the user can mend; printed as one line, exit code 2.

    Parameters
    ----------
    what : str
        What is wrong, with the bad value in it.
    where : str, optional
        File, row or key.
    fix : str, optional
        What is allowed, or what to do.
    """

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        self.what = what
        self.where = where
        self.fix = fix
        super().__init__(self.line())

    def line(self) -> str:
        """Return the message as one line: ``where: what; fix``."""
        text = f"{self.where}: {self.what}" if self.where else self.what
        if self.fix:
            text = f"{text}; {self.fix}"
        return " ".join(text.split())


def shown(value: object, limit: int = 60) -> str:
    """Quote a bad value for a message, bounded, with control characters escaped."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
