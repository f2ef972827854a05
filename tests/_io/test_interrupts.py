"""One press of Ctrl-C stops the command wherever it falls, and is told to nobody else."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from optimiser._io import interrupts
from optimiser._io.interrupts import insistent_interrupts, interrupts_after


@pytest.fixture(autouse=True)
def heard() -> Iterator[None]:
    """A parent in the background, as in CI, may have left interrupts ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    alarm = signal.getsignal(signal.SIGALRM)
    yield
    signal.signal(signal.SIGINT, before)
    signal.signal(signal.SIGALRM, alarm)


class Swallowing:
    """Interrupted while it is deleted, where Python drops exceptions."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


def swallow() -> None:
    """Interrupted where somebody catches everything."""
    with contextlib.suppress(BaseException):
        signal.raise_signal(signal.SIGINT)


def wait(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.01)


@pytest.mark.parametrize("swallow", [Swallowing, swallow])
def test_an_interrupt_that_is_swallowed_comes_again(
    swallow: Callable[[], object], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(interrupts, "_AGAIN", 0.05)
    with pytest.raises(KeyboardInterrupt), insistent_interrupts():
        swallow()
        wait(60)
    assert capfd.readouterr() == ("", "")


def test_interrupts_wait_while_one_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interrupts, "_AGAIN", 0.05)
    cleaned = []
    with pytest.raises(KeyboardInterrupt), insistent_interrupts():
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            with contextlib.suppress(OSError):
                raise OSError("while cleaning up")
            signal.raise_signal(signal.SIGINT)
            wait(0.2)
            cleaned.append(True)
    assert cleaned


def test_a_command_that_is_ending_is_not_interrupted() -> None:
    with pytest.raises(SystemExit), insistent_interrupts():
        sys.exit(0)
    signal.raise_signal(signal.SIGINT)


def test_the_command_insists() -> None:
    code = (
        "import contextlib, signal, time\n"
        "import optimiser.cli.main as c\n"
        "def swallows(**_):\n"
        "    with contextlib.suppress(BaseException):\n"
        "        signal.raise_signal(signal.SIGINT)\n"
        "    time.sleep(60)\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "c.cli = swallows\n"
        "c.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "Stopped; nothing was written.\n")


def test_an_error_that_a_dropped_interrupt_led_to_is_not_told() -> None:
    with pytest.raises(KeyboardInterrupt) as stopped, insistent_interrupts():
        swallow()
        raise RuntimeError("no compiled object yet")
    assert isinstance(stopped.value.__cause__, RuntimeError)
    with pytest.raises(RuntimeError, match="the user did not stop"), insistent_interrupts():
        raise RuntimeError("the user did not stop")


def test_interrupts_that_are_ignored_stay_so() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with insistent_interrupts():
        signal.raise_signal(signal.SIGINT)
    with interrupts_after():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_an_interrupt_waits_for_the_end_of_the_block() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt):
        with interrupts_after():
            signal.raise_signal(signal.SIGINT)
            wait(0.1)
            done.append("the block")
        done.append("what follows it")
    assert done == ["the block"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_a_process_started_in_the_block_sees_no_interrupt() -> None:
    say = "import time; print('ready', flush=True); time.sleep(0.5); print('done')"
    with interrupts_after():
        started = subprocess.Popen([sys.executable, "-c", say], stdout=subprocess.PIPE, text=True)
    started.send_signal(signal.SIGINT)
    assert started.stdout is not None and started.stdout.readline() == "ready\n"
    started.send_signal(signal.SIGINT)
    assert started.communicate(timeout=60)[0] == "done\n" and started.returncode == 0


def test_elsewhere_than_in_the_main_thread_nothing_changes() -> None:
    told = []

    def work() -> None:
        with interrupts_after():
            told.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert told == [signal.default_int_handler]
