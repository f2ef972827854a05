"""What a report warns of, and that none of its parts is missing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from test_report_data import impossible, single, three_objectives, trade_off

from optimiser.report.manifest import manifest
from optimiser.report.page import page
from optimiser.run import RunResult


@pytest.mark.parametrize("result", [trade_off, three_objectives, single, impossible])
def test_no_part_of_the_page_is_missing(result: Callable[[], RunResult]) -> None:
    assert "could not be made" not in page(result(), manifest(result()))
