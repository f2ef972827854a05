"""A further setpoint is a row of the system's file, and of the features of a surrogate that knows it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.paths import ROOT

_ASK = """
import numpy as np
import optimiser as opt
from optimiser.report.columns import column
from optimiser.tables.scenarios import COLUMNS
from optimiser.variables import Designs
problem = opt.Problem(
    feed="NMC111",
    variables={"acid": "sulfuric", "stirring": (100, 500)},
    objectives=opt.minimise("cost"),
    tolerances={"stirring": "5 %"},
)
assert problem.variables.stirring == (100.0, 500.0) and "stirring: 5 %" in problem.to_yaml()
assert Designs(np.array([0]), np.arange(6.0)[None]).stirring.tolist() == [5.0]
assert "stirring [rpm]" in [c.title for c in COLUMNS] and column("stirring").heading == "stirring speed [rpm]"
try:
    opt.run(problem)
except opt.InputError as error:
    assert "features" in str(error)  # the shipped surrogate does not know it
else:
    raise AssertionError("the shipped surrogate cannot know it")
"""


def test_a_setpoint_is_added_in_one_row(tmp_path: Path) -> None:
    for folder in ("optimiser", "models", "problems", "configs"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file, old, new in (
        (
            "models/cathode.system.yaml",
            "log: true}\n",
            "log: true}\n  stirring: {column: rpm, unit: rpm, low: 0, high: 2000, step: 10, "
            "label: stirring speed}\n",
        ),
        (
            "optimiser/surrogate/features.py",
            '_UNITS["time"]),\n',
            '_UNITS["time"]),\n    Feature("stirring", "rpm"),\n',
        ),
    ):
        path = tmp_path / file
        text = path.read_text()
        assert text.count(old) == 1
        path.write_text(text.replace(old, new))
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    subprocess.run([sys.executable, "-c", _ASK], check=True, cwd=tmp_path, env=environment)
