"""The numbers of the plant as they are listed and documented."""

from __future__ import annotations

from optimiser.report.listing import listing
from optimiser.report.plant_numbers import markdown_table
from tests.paths import ROOT


def test_the_table_in_the_docs_is_the_one_in_the_file() -> None:
    page = (ROOT / "docs" / "plant-cost.md").read_text(encoding="utf-8")
    assert markdown_table() in page, "run: python -m optimiser.report.plant_numbers docs/plant-cost.md"


def test_parameters_are_listed_in_the_unit_in_which_a_problem_sets_them() -> None:
    found = {record["name"]: record for record in listing("parameters")}
    # 38.12 USD/h of 2023 at 1.0813 USD per EUR
    assert found["labour_rate"]["default"] == 35.254 and found["labour_rate"]["unit"] == "EUR/h"
    assert "38.12 USD/h of 2023" in found["labour_rate"]["source"]
    assert "816" not in found["labour_rate"]["source"]
    assert "x index of 2022 / 2016" in found["tank_cost"]["source"]
    assert found["cod_price"]["confidence"] == "C"
    assert found["scope"]["unit"] == "one of reagents, plant" and found["throughput"]["unit"] == "t/d"
