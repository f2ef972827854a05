"""A golden front, pinned to its seed: what the same question answered when this file was last renewed.

It changes when the artefact, a table, the process model or the search changes: look at the difference, and
if it is meant, renew it with ``python tests/search/test_golden.py``.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd

from optimiser.problem.binding import bind
from optimiser.problem.load import load_config
from optimiser.search.front import front_of
from optimiser.search.search import SearchSettings, search
from optimiser.tables.front_csv import design_table
from optimiser.variables import CONTINUOUS

GOLDEN = Path(__file__).parent / "golden" / "nmc111_cost_vs_recovery.csv"


def small_front() -> pd.DataFrame:
    problem = bind(load_config("nmc111_cost_vs_recovery").problem)
    problem = problem.with_acids(problem.supported_acids)
    result = search(problem, SearchSettings(24, 12, 0), np.random.default_rng(1))
    front = front_of(problem, result.final, 12)
    assert front is not None
    return design_table(problem, front.evaluation, front.knee)


def test_front_is_the_golden_one() -> None:
    golden = pd.read_csv(GOLDEN)
    found = pd.read_csv(io.StringIO(small_front().to_csv(index=False)))
    assert found.columns.tolist() == golden.columns.tolist()
    # setpoints lie on a grid, so they agree exactly; the rest to what another processor may round differently
    pd.testing.assert_frame_equal(
        found[["acid", *CONTINUOUS]], golden[["acid", *CONTINUOUS]], check_dtype=False
    )
    pd.testing.assert_frame_equal(found, golden, check_dtype=False, rtol=1e-6)


if __name__ == "__main__":
    small_front().to_csv(GOLDEN, index=False)
