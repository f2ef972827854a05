"""The main job runs lean: it imports nothing of the extras, and what needs one says how to install it."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from optimiser._io.extras import EXTRAS
from tests.command import assert_one_clear_block
from tests.paths import ROOT

Lean = Callable[..., subprocess.CompletedProcess[str]]

#: Makes the packages of the extras as good as not installed, in a process and in those that it starts.
WITHOUT = f"""\
import sys
sys.modules.update(dict.fromkeys({sorted({p for packages in EXTRAS.values() for p in packages})!r}))
"""
CONFIG = """\
problem: nmc811
search: {population: 20, generations: 4, seeds: [1], per_acid: 0}
"""
SCENARIO = """\
acid,temperature,acid_concentration,h2o2,solid_liquid_ratio,time
sulfuric,60,1,1,50,60
"""


@pytest.fixture
def lean(tmp_path: Path) -> Lean:
    """The command as a process without the extras, in a folder with a config and a table."""
    (tmp_path / "lean").mkdir()
    (tmp_path / "lean" / "sitecustomize.py").write_text(WITHOUT)
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "table.csv").write_text(SCENARIO)
    path = os.pathsep.join([str(tmp_path / "lean"), *filter(None, sys.path)])

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "optimiser", *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": path},
            check=False,
            timeout=300,
        )

    return run


def test_the_main_job_runs_without_any_extra(lean: Lean) -> None:
    for command in (
        ("check", "config.yaml"),
        ("list", "models"),
        ("run", "config.yaml", "--out", "out"),
        ("predict", "table.csv", "--feed", "NMC811", "--report", "predicted"),
        ("nearest", "nmc811", "--front", "out/front.csv"),
    ):
        done = lean(*command)
        assert done.returncode == 0, (command, done.stderr)


@pytest.mark.parametrize(
    ("extra", "command"),
    [
        ("explain", ("explain",)),
        ("train", ("train", "--out", "model")),
        ("train", ("evaluate",)),
        ("train", ("data", "install")),
        ("parquet", ("predict", "table.csv", "--feed", "NMC811", "--out", "out.parquet")),
    ],
)
def test_what_needs_an_extra_says_how_to_install_it(lean: Lean, extra: str, command: tuple[str, ...]) -> None:
    done = lean(*command)
    assert_one_clear_block(done)
    assert f'pip install "leaching-optimiser[{extra}]"' in done.stderr


def test_every_extra_is_declared() -> None:
    """`needs` knows packages that `pip install` of the extra brings."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for extra, packages in EXTRAS.items():
        brought = {line.split(">")[0].replace("-", "_") for line in project["optional-dependencies"][extra]}
        assert {package.replace("sklearn", "scikit_learn") for package in packages} == brought
