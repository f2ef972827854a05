"""Interrupts (Ctrl-C): one press stops a command, and what must end whole does."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

#: Seconds until an interrupt comes again that did not end the command.
_AGAIN = 0.5
_HAS_TIMER = hasattr(signal, "setitimer")  # not on Windows
_HAS_MASK = hasattr(signal, "pthread_sigmask")


@contextmanager
def insistent_interrupts() -> Iterator[None]:
    """Repeat an interrupt until it ends the block, a command; from its end on, interrupts are ignored.

    Python drops an exception that is raised while an object is being deleted or where compiled code calls
    back, as in numba all the time; an interrupt that falls there would be lost. While one is being obeyed,
    others wait, so that nothing is left half cleaned up. Where interrupts are ignored, as for a command in
    the background, they stay ignored.

    Raises:
        KeyboardInterrupt: the user wants to stop; also instead of an error that a dropped interrupt led to.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        yield
        return
    pressed = False

    def again(seconds: float) -> None:
        if _HAS_TIMER:
            signal.setitimer(signal.ITIMER_REAL, seconds)

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True
        again(_AGAIN)
        if not _obeying():
            raise KeyboardInterrupt

    # what drops an interrupt, Python or Cython, would print it
    unraisable, uncaught = sys.unraisablehook, sys.excepthook
    sys.unraisablehook = lambda what: None if what.exc_type is KeyboardInterrupt else unraisable(what)
    sys.excepthook = lambda kind, *more: None if kind is KeyboardInterrupt else uncaught(kind, *more)
    signal.signal(signal.SIGINT, interrupt)
    if _HAS_TIMER:
        signal.signal(signal.SIGALRM, interrupt)
    try:
        yield
    except Exception as error:
        if pressed:
            raise KeyboardInterrupt from error
        raise
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if _HAS_TIMER:
            signal.signal(signal.SIGALRM, signal.SIG_IGN)
        again(0.0)
        sys.unraisablehook, sys.excepthook = unraisable, uncaught


def _obeying() -> bool:
    """Return whether blocks are ending because of an interrupt."""
    error = sys.exc_info()[1]
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__context__
    return False


@contextmanager
def interrupts_after() -> Iterator[None]:
    """Let an interrupt wait for the end of the block; processes started in it never see one.

    So nothing is left half done, and who started a process ends it, without a word from it.
    """
    ours = threading.current_thread() is threading.main_thread()  # elsewhere Python never delivers one
    repeated = [signal.SIGINT, *([signal.SIGALRM] if _HAS_TIMER else [])]
    before = {number: signal.getsignal(number) for number in repeated}
    if not ours or None in before.values():
        yield
        return
    waiting: list[int] = []
    for number in repeated:
        signal.signal(number, lambda number, frame: waiting.append(number))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if _HAS_MASK else None
    try:
        yield
    finally:
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in before.items():
            signal.signal(number, handler)
        if waiting:
            signal.raise_signal(waiting[0])


def end_with_parent() -> None:
    """Let this process end when the one that started it was killed, which no pool of processes notices."""
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def _end_after(sentinel: int) -> None:
    from multiprocessing.connection import wait

    wait([sentinel])
    os._exit(1)  # nobody is left who could take a result
