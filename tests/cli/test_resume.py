"""``optimiser run --resume``: whatever stops a run, it goes on, and its report is the same."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from optimiser.search.journal import steps
from tests.command import assert_one_clear_block, optimiser

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stops processes by signals")
resource = pytest.importorskip("resource")

CONFIG = """\
problem: nmc111
search: {population: 16, generations: 24, seeds: [1, 2], per_acid: 3, stagnation: 0}
report: {formats: [csv]}
"""
#: So many predictions that two processes search, where there are two cores.
LONG = CONFIG.replace("population: 16, generations: 24", "population: 250, generations: 20")
UNFINISHED = "out.unfinished"


@contextmanager
def started(*arguments: str, cwd: Path) -> Iterator[subprocess.Popen[str]]:
    """Start the command with processes of its own, and kill all of them at the end."""
    command = [sys.executable, "-m", "optimiser", *arguments]
    with subprocess.Popen(
        command,
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.journal"))


def wait_until(process: subprocess.Popen[str], holds: Callable[[], bool]) -> None:
    while not holds():
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        time.sleep(0.005)


def kill_at(grown: int, *arguments: str, cwd: Path, alone: bool = False) -> int:
    """Run the command, and kill all its processes when its journals have grown by some bytes."""
    before = size(cwd / UNFINISHED)
    with started(*arguments, cwd=cwd) as process:
        wait_until(process, lambda: size(cwd / UNFINISHED) >= before + grown)
        if alone:  # the processes that it started notice it
            children = psutil.Process(process.pid).children()
            process.kill()
            assert not psutil.wait_procs(children, timeout=60)[1]
    return size(cwd / UNFINISHED)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "config.yaml").write_text(CONFIG)
    assert optimiser("run", "config.yaml", "--out", "out", cwd=folder).returncode == 0
    return folder / "out"


@pytest.fixture(scope="module")
def stopped_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stopped")
    (folder / "config.yaml").write_text(CONFIG)
    kill_at(50_000, "run", "config.yaml", "--out", "out", cwd=folder)
    return folder


@pytest.fixture
def stopped(stopped_once: Path, tmp_path: Path) -> Path:
    """A working folder with ``config.yaml`` and a run to ``out`` that was killed."""
    shutil.copytree(stopped_once, tmp_path, dirs_exist_ok=True)
    assert not (tmp_path / "out").exists()
    return tmp_path


def assert_same_report(one: Path, other: Path) -> None:
    for file in ("front.csv", "designs.npz"):
        assert (one / file).read_bytes() == (other / file).read_bytes()
    first, second = (json.loads((folder / "manifest.json").read_text()) for folder in (one, other))
    for key in ("seeds", "evaluations", "front", "answer", "acids"):
        assert first[key] == second[key]


def test_a_run_killed_again_and_again_ends_as_if_it_never_was(tmp_path: Path) -> None:
    (tmp_path / "long.yaml").write_text(LONG)
    run = ("run", "long.yaml", "--out", "out")
    kept = kill_at(1, *run, cwd=tmp_path, alone=True)
    now = kill_at(1_000_000, *run, "--resume", cwd=tmp_path)
    assert now >= kept + 1_000_000  # so it did not begin again
    assert sorted(path.name for path in tmp_path.iterdir()) == ["long.yaml", "out.unfinished"]
    with started(*run, "--resume", cwd=tmp_path) as process:
        _, stderr = process.communicate(timeout=200)
    assert process.returncode == 0, stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["long.yaml", "out"]
    done = optimiser("run", "long.yaml", "--out", "undisturbed", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert_same_report(tmp_path / "out", tmp_path / "undisturbed")


def test_a_run_without_out_goes_on_where_its_report_would_have_come(undisturbed: Path, stopped: Path) -> None:
    reports = stopped / "reports" / "config"
    reports.mkdir(parents=True)
    (stopped / "out.unfinished").replace(reports / "2025-01-02_03-04-05.unfinished")
    older = shutil.copytree(reports / "2025-01-02_03-04-05.unfinished", reports / "2025-01-01.unfinished")
    os.utime(older / "asked.json", (1.0, 1.0))
    done = optimiser("run", "config.yaml", "--resume", cwd=stopped)
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in reports.iterdir()) == ["2025-01-01.unfinished", "2025-01-02_03-04-05"]
    assert_same_report(reports / "2025-01-02_03-04-05", undisturbed)


def test_a_run_that_was_killed_is_not_begun_anew_by_accident(undisturbed: Path, stopped: Path) -> None:
    before = size(stopped / "out.unfinished")
    refused = optimiser("run", "config.yaml", "--out", "out", cwd=stopped)
    assert_one_clear_block(refused)
    assert "--resume" in refused.stderr and "--force" in refused.stderr
    assert size(stopped / "out.unfinished") == before
    # another question may begin anew, too
    (stopped / "config.yaml").write_text(CONFIG.replace("generations: 24", "generations: 4"))
    done = optimiser("run", "config.yaml", "--out", "out", "--force", cwd=stopped)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in stopped.iterdir()) == ["config.yaml", "out"]


def test_an_existing_report_is_replaced_with_force_once_the_run_is_complete(
    undisturbed: Path, stopped: Path
) -> None:
    shutil.copytree(undisturbed, stopped / "out")
    (stopped / "out" / "front.csv").write_text("older")
    refused = optimiser("run", "config.yaml", "--out", "out", "--resume", cwd=stopped)
    assert_one_clear_block(refused)
    done = optimiser("run", "config.yaml", "--out", "out", "--resume", "--force", cwd=stopped)
    assert done.returncode == 0, done.stderr
    assert_same_report(stopped / "out", undisturbed)


def test_nothing_to_resume(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG)
    for out, looked in (((), "reports/config/*.unfinished"), (("--out", "out"), "out.unfinished")):
        refused = optimiser("run", "config.yaml", *out, "--resume", cwd=tmp_path)
        assert_one_clear_block(refused)
        assert "no unfinished run" in refused.stderr and f"looked for {looked}" in refused.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        ("population: 16", "population: 18", "population of the search differs"),
        ("problem: nmc111", "problem: nmc811", "name of the question"),
        ("problem: nmc111\n", "problem: nmc111\nconstraints: [yield: {Li: 0.7}]\n", "constraints of the que"),
    ],
)
def test_another_question_is_told(stopped: Path, was: str, now: str, told: str) -> None:
    (stopped / "config.yaml").write_text(CONFIG.replace(was, now))
    before = size(stopped / "out.unfinished")
    refused = optimiser("run", "config.yaml", "--out", "out", "--resume", cwd=stopped)
    assert_one_clear_block(refused)
    assert "out.unfinished is of another run" in refused.stderr and told in refused.stderr
    assert size(stopped / "out.unfinished") == before


def test_what_else_the_front_depends_on_is_told(stopped: Path) -> None:
    (stopped / "prices.csv").write_text("name,price,currency\nsulfuric,0.5,EUR\n")
    pinned = stopped / "out.unfinished" / "asked.json"
    then = json.loads(pinned.read_text())
    with_prices = optimiser(
        "run", "config.yaml", "--out", "out", "--resume", "--prices", "prices.csv", cwd=stopped
    )
    assert_one_clear_block(with_prices)
    assert "your table of prices differs" in with_prices.stderr, with_prices.stderr
    for change, told in (
        ({"version": "0.0.1"}, "the version differs"),
        ({"model": "0"}, "the yield model differs"),
        ({"tables": {**then["tables"], "acids.yaml": "0"}}, "the table acids.yaml differs"),
        ({"packages": {**then["packages"], "numpy": "1.0"}}, "the version of numpy differs"),
        ({"product": "another"}, "was not written by this program"),
    ):
        pinned.write_text(json.dumps({**then, **change}))
        refused = optimiser("run", "config.yaml", "--out", "out", "--resume", cwd=stopped)
        assert_one_clear_block(refused)
        assert told in refused.stderr


def test_a_folder_of_somebody_else_is_left_alone(stopped: Path) -> None:
    (stopped / "out.unfinished" / "mine.txt").write_text("keep me")
    for option in ("--resume", "--force"):
        refused = optimiser("run", "config.yaml", "--out", "out", option, cwd=stopped)
        assert_one_clear_block(refused)
        assert "holds something else" in refused.stderr
    assert (stopped / "out.unfinished" / "mine.txt").read_text() == "keep me"
    (stopped / "file.unfinished").write_text("keep me")
    refused = optimiser("run", "config.yaml", "--out", "file", cwd=stopped)
    assert_one_clear_block(refused)
    assert "is a file, not a folder" in refused.stderr


def test_a_damaged_journal_is_refused_and_without_it_the_run_goes_on(
    undisturbed: Path, stopped: Path
) -> None:
    path = stopped / "out.unfinished" / "000.journal"
    content = path.read_bytes()
    path.write_bytes(content[:1000] + bytes([content[1000] ^ 1]) + content[1001:])
    refused = optimiser("run", "config.yaml", "--out", "out", "--resume", cwd=stopped)
    assert_one_clear_block(refused)
    assert "000.journal is damaged" in refused.stderr and "remove this file" in refused.stderr
    path.unlink()
    done = optimiser("run", "config.yaml", "--out", "out", "--resume", cwd=stopped)
    assert done.returncode == 0, done.stderr
    assert_same_report(stopped / "out", undisturbed)


def test_two_processes_do_not_go_on_with_one_run(stopped: Path) -> None:
    (stopped / "config.yaml").write_text(CONFIG.replace("24", "10000"))
    run = ("run", "config.yaml", "--out", "out", "--force")
    with started(*run, cwd=stopped) as process:
        folder = stopped / "out.unfinished"
        wait_until(process, lambda: "10000" in (folder / "asked.json").read_text() and size(folder) > 0)
        for option in ("--resume", "--force"):
            refused = optimiser("run", "config.yaml", "--out", "out", option, cwd=stopped)
            assert_one_clear_block(refused)
            assert "Another process" in refused.stderr
        assert process.poll() is None


def test_an_interrupt_tells_how_to_go_on(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG.replace("24", "10000"))
    with started("run", "config.yaml", cwd=tmp_path) as process:
        wait_until(process, lambda: any(size(p) > 50_000 for p in tmp_path.glob("reports/config/*")))
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    (folder,) = (tmp_path / "reports" / "config").iterdir()
    assert process.returncode == 130
    assert stderr.strip() == (
        f"Stopped; go on with the same command and --resume ({folder.relative_to(tmp_path)})."
    )
    assert folder.name.endswith(".unfinished") and any(steps(p) for p in folder.glob("*.journal"))


def test_a_full_disk_ends_with_one_message_and_the_run_goes_on_when_there_is_room(
    undisturbed: Path, tmp_path: Path
) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG)
    run = [sys.executable, "-m", "optimiser", "run", "config.yaml", "--out", "out"]
    full = subprocess.run(
        run,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        # no file may grow beyond it, as on a disk that is full
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000)),
    )
    assert_one_clear_block(full)
    assert "000.journal cannot be written" in full.stderr and "--resume" in full.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.yaml", "out.unfinished"]
    done = optimiser("run", "config.yaml", "--out", "out", "--resume", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert_same_report(tmp_path / "out", undisturbed)
