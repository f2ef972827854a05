"""Fixtures: the training table, or a reason for skipping."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

# a slow machine is not a wrong result
settings.register_profile("no_deadline", deadline=None)
settings.load_profile("no_deadline")

if TYPE_CHECKING:
    from tests.systems.synthetic import Synthetic

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of the Toolkit's workbooks; tests that need it are skipped where it is missing."""
    if not SHARED_DATA.is_dir():
        pytest.skip("needs ../shared/data, the Toolkit's workbooks")
    return SHARED_DATA


@pytest.fixture(scope="session")
def training_table(shared_data: Path) -> Path:
    """The training table of the LIB Leaching Toolkit."""
    return shared_data / "input_913pts_250407.xlsx"


@pytest.fixture(scope="session")
def my_plant(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with models/my-plant, a site model of nine results; copy it to change it."""
    from optimiser.learning.store import create
    from optimiser.surrogate.artefact import load_surrogate
    from optimiser.tables.own_results import read_results
    from tests.plants import less_manganese

    folder = tmp_path_factory.mktemp("plant")
    create(read_results(less_manganese()), load_surrogate("pd-gbr"), str(folder / "models" / "my-plant"))
    return folder


@pytest.fixture(scope="session")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Synthetic:
    """A synthetic system with a small model in its folder `synthetic`; copy the folder to change it."""
    from tests.systems.synthetic import train_quickly

    return train_quickly(tmp_path_factory.mktemp("synthetic"))
