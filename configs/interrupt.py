"""Ctrl-C that is not lost, wherever it finds the program."""

from __future__ import annotations

import _thread
import signal
import sys
import time

#: Seconds until a lost Ctrl-C is raised again: by then whatever swallowed it has returned.
AGAIN_AFTER = 0.05


def hear_interrupts() -> list[int]:
    """Raise ``KeyboardInterrupt`` on Ctrl-C, and again where Python would drop it.

    Python prints and ignores an exception in a weak reference's callback (its own import
    system has one), a finalizer or a callback from C; a Ctrl-C that falls there would leave
    the program running. A run in the background of a script has the signal ignored, which
    stays so.

    Returns
    -------
    list of int
        The signals heard so far; it grows as they come.
    """
    heard = list[int]()
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return heard

    def stop(number: int, frame: object) -> None:
        heard.append(number)
        raise KeyboardInterrupt

    before = sys.unraisablehook

    def ignored(lost: sys.UnraisableHookArgs) -> None:
        if not issubclass(lost.exc_type, KeyboardInterrupt):
            before(lost)
            return
        # Raised from here it would be ignored as well. A bare thread: the locks of
        # `threading` may be held by what was stopped.
        _thread.start_new_thread(_raise_again, ())

    signal.signal(signal.SIGINT, stop)
    sys.unraisablehook = ignored
    return heard


def _raise_again() -> None:
    time.sleep(AGAIN_AFTER)
    _thread.interrupt_main()
