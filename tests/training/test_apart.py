"""Predicting and searching never import what fits and compares models."""

from __future__ import annotations

import subprocess
import sys

MAIN_JOB = (
    "optimiser.surrogate.artefact",
    "optimiser.problem.binding",
    "optimiser.search.run",
    "optimiser.tables.predict",
    "optimiser.report.write",
    "optimiser.report.page",
    "optimiser.explain.explanation",
    "optimiser.kinetics.study",
    "optimiser.nearest.samples",
    "optimiser.cli.main",
)


def test_the_main_job_runs_without_training() -> None:
    code = f"""
import importlib, sys
for name in {MAIN_JOB!r}:
    importlib.import_module(name)
from optimiser.surrogate.artefact import load_surrogate
load_surrogate("pd-gbr")
print([name for name in sys.modules if name.startswith("optimiser.training") or name == "sklearn"])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
