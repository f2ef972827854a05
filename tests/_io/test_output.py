"""What is put into place is whole, whatever falls in between."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from optimiser._io import output as placing
from optimiser._io.errors import InputError
from optimiser._io.output import PLACED, placed


@pytest.fixture(autouse=True)
def heard() -> Iterator[None]:
    """A parent in the background, as in CI, may have left interrupts ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    PLACED.clear()
    yield
    PLACED.clear()
    signal.signal(signal.SIGINT, before)


def put(out: Path, text: str) -> None:
    with placed(out) as folder:
        folder.mkdir()
        (folder / "file").write_text(text)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("after", ["replace", "_remove"])
@pytest.mark.parametrize("replaces", [False, True])
def test_an_interrupt_never_falls_between_the_old_and_the_new(
    after: str, replaces: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    if replaces:
        put(out, "old")
        PLACED.clear()
    of: object = Path if after == "replace" else placing
    does = getattr(of, after)

    def interrupted(*arguments: Path) -> object:
        signal.raise_signal(signal.SIGINT)
        done = does(*arguments)
        signal.raise_signal(signal.SIGINT)
        return done

    monkeypatch.setattr(of, after, interrupted)
    with pytest.raises(KeyboardInterrupt):
        put(out, "new")
    assert names(tmp_path) == ["out"] and (out / "file").read_text() == "new"
    assert [out] == PLACED


def test_an_interrupt_before_leaves_the_old_whatever_comes_while_it_is_obeyed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "new" / "out"
    remove = placing._remove

    def interrupted(path: Path) -> None:
        signal.raise_signal(signal.SIGINT)
        remove(path)

    monkeypatch.setattr(placing, "_remove", interrupted)
    with pytest.raises(KeyboardInterrupt), placed(out) as folder:
        folder.mkdir()
        raise KeyboardInterrupt
    assert names(tmp_path) == [] and PLACED == []


def test_what_the_system_refuses_puts_the_old_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    put(out, "old")
    replace = Path.replace

    def fails(self: Path, target: Path) -> Path:
        if ".partial" in self.name:
            raise OSError("disk full")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(InputError, match="disk full"):
        put(out, "new")
    assert names(tmp_path) == ["out"] and (out / "file").read_text() == "old"
