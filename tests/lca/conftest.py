"""The small Brightway project, built once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lca.brightway_project import build


@pytest.fixture(scope="session")
def brightway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of Brightway with the project; tests only read it."""
    folder = tmp_path_factory.mktemp("brightway")
    before = os.environ.get("BRIGHTWAY2_DIR")
    build(folder)
    yield folder
    os.environ.pop("BRIGHTWAY2_DIR")
    if before is not None:
        os.environ["BRIGHTWAY2_DIR"] = before
