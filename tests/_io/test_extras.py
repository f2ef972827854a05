"""The main job runs lean: it imports nothing of the extras, and what needs one says how to install it."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from optimiser._io.errors import InputError
from optimiser._io.extras import EXTRAS
from optimiser.report.stream import streamed_table
from tests.command import assert_one_clear_block, optimiser
from tests.paths import ROOT

PACKAGES = sorted({package for packages in EXTRAS.values() for package in packages})
CONFIG = """\
problem: nmc811
search: {population: 20, generations: 4, seeds: [1], per_acid: 0}
report: {formats: [html, xlsx, csv]}
"""
SCENARIO = """\
acid,temperature,acid_concentration,h2o2,solid_liquid_ratio,time
sulfuric,60,1,1,50,60
"""
#: The commands of the main job, one after the other, as if the packages of the extras were not installed.
LEAN = f"""\
import sys

sys.modules.update(dict.fromkeys({PACKAGES!r}))  # importing None raises ModuleNotFoundError
from optimiser.cli.main import main

for line in [
    "check config.yaml",
    "list models",
    "run config.yaml --out out",
    "predict table.csv --feed NMC811 --report predicted",
    "nearest nmc811 --front out/front.csv",
]:
    sys.argv = ["optimiser", *line.split()]
    try:
        main()
    except SystemExit as done:
        assert done.code == 0, line
"""


def test_the_main_job_runs_without_any_extra(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "table.csv").write_text(SCENARIO)
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-c", LEAN],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": path},
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("extra", "command"),
    [
        ("explain", ("explain",)),
        ("train", ("train", "--out", "model")),
        ("train", ("evaluate",)),
        ("train", ("data", "install")),
    ],
)
def test_what_needs_an_extra_says_how_to_install_it(
    extra: str, command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "table.csv").write_text(SCENARIO)
    for module in [name for name in sys.modules if name.startswith("optimiser.training")]:
        monkeypatch.delitem(sys.modules, module)  # as in a process that has imported none of it
    for package in EXTRAS[extra]:
        monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))  # where no training table is installed
    done = optimiser(*command, cwd=tmp_path)
    assert_one_clear_block(done)
    assert f'pip install "leaching-optimiser[{extra}]"' in done.stderr


def test_parquet_needs_its_extra_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError) as refused, streamed_table(tmp_path / "out.parquet"):
        pass
    assert 'pip install "leaching-optimiser[parquet]"' in refused.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_every_extra_is_declared() -> None:
    """`needs` knows the packages that `pip install` of the extra brings."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for extra, packages in EXTRAS.items():
        lines = project["optional-dependencies"][extra]
        own = [line for line in lines if not line.startswith("leaching-optimiser[")]  # others it takes along
        brought = {line.split(">")[0].replace("-", "_") for line in own}
        called = {"sklearn": "scikit_learn", "markdown_it": "markdown_it_py"}
        assert {called.get(package, package) for package in packages} == brought
