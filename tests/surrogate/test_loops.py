"""Compiled loops are never stale, and need no folder that can be written."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from optimiser._io.environment import check_environment
from optimiser._io.errors import InputError
from optimiser.surrogate import loops, trees

FOLDER = Path(loops.__file__).parent
SIZED_BY_ANOTHER_FILE = """
from optimiser.surrogate.loops.walk import _aligned
print(_aligned(3).shape, _aligned.stats.cache_path or "nowhere", sum(_aligned.stats.cache_hits.values()))
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The folder of loops in a package of its own."""
    here = tmp_path / "optimiser" / "surrogate" / "loops"
    shutil.copytree(FOLDER, here, ignore=shutil.ignore_patterns("__pycache__"))
    for package in (here.parent, here.parent.parent):
        (package / "__init__.py").touch()
    return here


def run(copy: Path, cache: Path) -> str:
    """What a process says that calls a loop of the copy, the user's cache being elsewhere."""
    own = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"), str(cache))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA")} | own
    done = subprocess.run(
        [sys.executable, "-c", SIZED_BY_ANOTHER_FILE],
        env={**environment, "PYTHONPATH": str(copy.parents[2])},
        cwd=copy.parents[2],
        check=True,
        capture_output=True,
        text=True,
    )
    assert not done.stderr
    return done.stdout.strip()


def test_a_loop_is_compiled_anew_when_any_file_of_the_folder_changes(copy: Path, tmp_path: Path) -> None:
    beside = str(copy / "__pycache__")
    assert run(copy, tmp_path) == f"(3, 4) {beside} 0"
    assert run(copy, tmp_path) == f"(3, 4) {beside} 1"
    sizes = copy / "__init__.py"
    sizes.write_text(sizes.read_text().replace("LANES = 256", "LANES = 512"))
    assert run(copy, tmp_path) == f"(3, 8) {beside} 0"


def test_loops_are_compiled_from_nothing_outside_of_the_folder() -> None:
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0
                imported = [str(node.module)]
            else:
                imported = [name.name for name in node.names] if isinstance(node, ast.Import) else []
            ours = [name for name in imported if name.split(".")[0] == "optimiser"]
            assert all(f"{name}.".startswith(f"{loops.__name__}.") for name in ours), path


def test_beside_code_that_cannot_be_written_the_users_cache_is_used(copy: Path, tmp_path: Path) -> None:
    (copy / "__pycache__").touch()  # not even root can write into it
    cache = tmp_path / "cache"
    first, second = run(copy, cache), run(copy, cache)
    assert first.startswith(f"(3, 4) {cache}") and first.endswith(" 0")
    assert second == f"{first[:-1]}1"


def test_where_no_folder_can_be_written_each_process_compiles(copy: Path, tmp_path: Path) -> None:
    (copy / "__pycache__").touch()
    (tmp_path / "home").touch()
    assert run(copy, tmp_path / "home") == "(3, 4) nowhere 0"


BAD = [
    *(("NUMBA_NUM_THREADS", value) for value in ("0", "-2", "two", "", "100000", "9" * 5000)),
    *(("NUMBA_THREADING_LAYER", value) for value in ("fibres", "")),
    ("NUMBA_THREADING_LAYER_PRIORITY", "tbb tbb omp"),
    *(("LOKY_MAX_CPU_COUNT", value) for value in ("two", "")),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_what_numba_cannot_read_is_refused(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=name) as caught:
        check_environment()
    assert caught.value.allowed and f"unset {name}" in caught.value.remedy and len(str(caught.value)) < 400
    with pytest.raises(InputError, match=name), trees.compiled_loops():
        pass


GOOD = {
    "NUMBA_NUM_THREADS": "2",
    "NUMBA_THREADING_LAYER": "OMP",
    "NUMBA_THREADING_LAYER_PRIORITY": "omp workqueue tbb",
    "LOKY_MAX_CPU_COUNT": "-1",
}


def test_what_numba_can_read_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    check_environment()


@pytest.mark.parametrize(
    "variable", ["NUMBA_NUM_THREADS=0", "NUMBA_THREADING_LAYER=x", "LOKY_MAX_CPU_COUNT=x"]
)
def test_a_command_answers_a_bad_environment_with_one_block(variable: str) -> None:
    name, value = variable.split("=")
    done = subprocess.run(
        [sys.executable, "-m", "optimiser", "run", "nmc111_cost_vs_recovery"],
        env={**os.environ, name: value},
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"Error: The environment variable {name} is '{value}'.\n  where:")
    assert "Traceback" not in done.stderr and len(done.stderr.splitlines()) == 4


@pytest.mark.skipif(find_spec("tbb") is not None, reason="TBB is installed")
def test_a_threading_layer_that_is_not_installed_is_refused() -> None:
    code = "from optimiser.search.side_by_side import _threads\nwith _threads(1): pass"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "NUMBA_THREADING_LAYER": "tbb"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert "InputError" in done.stderr and "unset NUMBA_THREADING_LAYER" in done.stderr
