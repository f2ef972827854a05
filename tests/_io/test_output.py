"""What is put into place is whole, whatever falls in between."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from optimiser._io import output as placing
from optimiser._io.errors import InputError
from optimiser._io.output import PLACED, check_apart, check_file_target, check_folder, placed


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


def test_force_replaces_what_this_program_wrote_and_nothing_else(tmp_path: Path) -> None:
    for text, ours in (
        ('{"product": "leaching-optimiser"}', True),
        ('{"product": "something else"}', False),
        ('["leaching-optimiser"]', False),
        ("{" * 100_000, False),
        ("[" * 100_000, False),
        ("no JSON", False),
    ):
        folder = tmp_path / "folder"
        folder.mkdir(exist_ok=True)
        (folder / "manifest.json").write_text(text)
        # who is told to add --force is not refused then
        with pytest.raises(InputError, match="exists already" if ours else "something else"):
            check_folder(folder)
        if ours:
            check_folder(folder, force=True)
        else:
            with pytest.raises(InputError, match="something else"):
                check_folder(folder, force=True)


def test_a_device_a_mounted_folder_and_the_working_folder_are_never_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = tmp_path / "device"
    device.write_text("")
    look = Path.stat

    def as_a_device(self: Path, **how: bool) -> os.stat_result:
        found = look(self, **how)
        return os.stat_result((stat.S_IFCHR | 0o666, *found[1:])) if self.name == "device" else found

    with monkeypatch.context() as patch:
        patch.setattr(Path, "stat", as_a_device)
        for check in (check_file_target, check_folder):
            with pytest.raises(InputError, match="is a device, and is not replaced"):
                check(device, force=True)
        with pytest.raises(InputError, match="is a device"), placed(device) as temporary:
            temporary.write_text("new")
    assert names(tmp_path) == ["device"] and device.read_text() == ""
    put(tmp_path / "mounted", "old")
    with monkeypatch.context() as patch:
        patch.setattr(os.path, "ismount", lambda path: Path(path).name == "mounted")
        with pytest.raises(InputError, match="root of a file system"):
            check_folder(tmp_path / "mounted", force=True)
    (tmp_path / "here" / "below").mkdir(parents=True)
    for inside in ("here", "here/below"):
        monkeypatch.chdir(tmp_path / inside)
        with pytest.raises(InputError, match="working folder"):
            check_folder(tmp_path / "here", force=True)


@pytest.mark.skipif(os.name != "posix", reason="makes a pipe")
def test_what_comes_to_be_there_meanwhile_stays(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(InputError, match="is a pipe"), placed(out) as temporary:
        temporary.write_text("new")
        os.mkfifo(out)
    assert names(tmp_path) == ["out"] and out.is_fifo()


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="drops the administrator's rights"
)
def test_without_permission_one_is_told(tmp_path: Path) -> None:
    for path in (tmp_path, *tmp_path.parents):  # pytest's folders are for their owner alone
        if path.is_relative_to("/tmp") and path != Path("/tmp"):
            path.chmod(0o755)
    put(tmp_path / "closed", "old")
    (tmp_path / "closed" / "manifest.json").write_text('{"product": "leaching-optimiser"}')
    (tmp_path / "closed").chmod(0)
    (tmp_path / "file").write_text("secret: 1")
    (tmp_path / "file").chmod(0)
    code = f"""
import os, pathlib
from optimiser._io.errors import InputError
from optimiser._io.output import check_file_target, check_folder
from optimiser._io.yamlfile import read_yaml
os.setuid(65534)
here = pathlib.Path({str(tmp_path)!r})
for what, path, *more in (
    (read_yaml, "file"), (read_yaml, "closed/file"), (check_folder, "closed", True),
    (check_file_target, "file", True), (check_folder, "closed/out"), (check_file_target, "new"),
):
    try:
        what(here / path, *more)
    except InputError as error:
        print(error.what.replace(str(here), ""))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "/file cannot be read: Permission denied.",
        "/closed/file cannot be read: Permission denied.",
        "/closed cannot be read: Permission denied.",
        " is not writable.",
        "/closed/out cannot be written: Permission denied.",
        " is not writable.",
    ]


def test_outputs_apart(tmp_path: Path) -> None:
    check_apart(tmp_path / "a.csv", tmp_path / "a", "--out and --report")
    for other in ("a", "a/b", ".", "b/../a"):
        with pytest.raises(InputError, match="each other's way"):
            check_apart(tmp_path / "a", tmp_path / other, "--out and --report")
