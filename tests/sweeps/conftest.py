"""One small sweep that several tests look at; copy its folder to change it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sweeps.asked import swept, write

#: Two feeds and two targets; nothing reaches the second one.
VARIED = {"feed": ["NMC111", "NMC622"], "constraints.yield.Li": [0.5, 1.0]}


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with small.yaml and its store, made by two processes."""
    folder = tmp_path_factory.mktemp("small")
    write(folder / "small.yaml", grid=VARIED)
    swept("small.yaml", "--out", "store", "--workers", 2, cwd=folder)
    return folder
