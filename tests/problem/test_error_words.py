"""What a problem's slips are told: the value, what is accepted, and what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimiser._io.errors import InputError
from optimiser.chemistry.feeds import Feed
from optimiser.problem.binding import bind
from optimiser.problem.bounds import Bound
from optimiser.problem.feed_words import reading_lines
from optimiser.problem.load import load_problem
from optimiser.problem.schema import Problem

TEXT = """feed: {feed}
variables:
  acid: {acid}
objectives:
  - minimise: cost
{rest}
"""
THROUGHPUT = "write a number of t of feed per day above 0, without quotes"
PLAIN = "a plain number in wt% with a decimal point, e.g. 4.1"


def refused(folder: Path, feed: str = "NMC111", acid: str = "sulfuric", rest: str = "") -> InputError:
    path = folder / "slip.yaml"
    path.write_text(TEXT.format(feed=feed, acid=acid, rest=rest))
    with pytest.raises(InputError) as caught:
        bind(load_problem(path))
    return caught.value


@pytest.mark.parametrize(
    "written, what",
    [
        ("", "A content is missing."),
        ('"4,1"', "'4,1' is not a content."),
        ("4.1 %", "'4.1 %' is not a content."),
        ("true", "True is not a content."),
    ],
)
def test_a_content_is_a_plain_number(written: str, what: str, tmp_path: Path) -> None:
    error = refused(tmp_path, feed=f"{{assay: {{Li: {written}, Co: 42}}}}")
    assert (error.what, error.allowed) == (what, PLAIN)
    assert error.where.endswith("line 1, key feed.assay.Li")


@pytest.mark.parametrize("written", ["ten", "0", "-3", '"10"', ""])
def test_a_throughput_is_a_number_of_tonnes_a_day(written: str, tmp_path: Path) -> None:
    error = refused(tmp_path, rest=f"process: {{scope: plant, throughput: {written}}}")
    assert error.remedy == THROUGHPUT and "process.throughput" in error.where


def test_a_number_in_quotes_is_no_wrong_unit(tmp_path: Path) -> None:
    error = refused(tmp_path, rest='process: {heat_loss: "x"}')
    assert error.remedy.endswith("without quotes")
    error = refused(tmp_path, rest="process: {scope: plant, throughput: 1000000}")
    assert error.remedy == "check the unit: throughput is in t/d"


@pytest.mark.parametrize(
    "slip, what, allowed, remedy",
    [
        ({"rest": "process: {scope: }"}, "The scope is empty.", "reagents, plant", "scope: plant"),
        (
            {"feed": "{blend: []}"},
            "The blend is empty.",
            "feeds, each with its",
            "{feed: NMC111, share: 0.6}",
        ),
        ({"feed": "{name: x, blend: }"}, "The blend is empty.", "feeds, each with its", "write e.g."),
        ({"feed": "{assay: }"}, "The assay is empty.", "wt% of what is charged", "write e.g."),
        ({"acid": "[{mix: {}}]"}, "A mixture of no acid is not", "2 to 4 acids", "0.7 sulfuric"),
        ({"acid": "[{mix: }]"}, "A mixture of no acid is not", "2 to 4 acids", "0.7 sulfuric"),
        ({"rest": "impacts:"}, "The table of impacts has no name.", "name or path", "leave the key out"),
        ({"rest": 'impacts: ""'}, "The table of impacts has no name.", "name or path", "leave the key out"),
        ({"rest": "credit: {}"}, "The credit names no metal.", "source", "leave the key out"),
        ({"rest": "credit:"}, "The credit names no metal.", "source", "leave the key out"),
        ({"rest": "process: {impurity_removal: sulfide}"}, "'sulfide'", "none, hydroxide", "`hydroxide`"),
        (
            {"rest": "constraints: [{acidifcation: {max: 5}}]"},
            "Unknown key 'acidifcation'.",
            "yield",
            "did you mean 'acidification'?",
        ),
        ({"rest": "constraints: [{yeld_Li: {min: 1}}]"}, "'yeld_Li'", "yield", "did you mean 'yield_Li'?"),
    ],
)
def test_slips_are_told_in_plain_words(
    slip: dict[str, str], what: str, allowed: str, remedy: str, tmp_path: Path
) -> None:
    error = refused(tmp_path, **slip)
    assert what in error.what and allowed in error.allowed and remedy in error.remedy
    assert "slip.yaml, line " in error.where


def test_a_misspelt_metric_of_a_bound_is_told_too() -> None:
    with pytest.raises(InputError) as caught:
        Bound("acidifcation", max=5)
    assert caught.value.remedy == "did you mean 'acidification'?"


def test_nothing_is_not_written_down(tmp_path: Path) -> None:
    asked = Problem(
        feed="NMC111", variables={"acid": "sulfuric"}, objectives=[{"minimise": "cost"}], impacts=None
    )
    path = tmp_path / "again.yaml"
    path.write_text(asked.to_yaml())
    assert load_problem(path).impacts is None


@pytest.mark.parametrize(
    "name, number, table",
    [
        ("labour_rate", "{value: 9, unit: GBP/h, period: 2023}", "models/exchange_rates.yaml"),
        ("labour_rate", "{value: 9, unit: GBP/h}", "models/exchange_rates.yaml"),
        ("labour_rate", "{value: 9, unit: USD/h, period: 1890}", "models/exchange_rates.yaml"),
        ("tank_cost", "{value: 9000, unit: USD, period: 1890}", "models/plant.yaml"),
    ],
)
def test_money_without_a_rate_is_told_where_it_stands(
    name: str, number: str, table: str, tmp_path: Path
) -> None:
    error = refused(tmp_path, rest=f"process:\n  scope: plant\n  throughput: 10\n  {name}: {number}")
    assert error.where.endswith(f"slip.yaml, line 9, key process.{name}")
    assert table in error.what


def test_an_acids_price_without_a_rate_is_told_where_it_stands(tmp_path: Path) -> None:
    price = "{value: 1, currency: GBP, per: kg stock, period: 1890}"
    error = refused(tmp_path, acid="citric", rest=f"acids: {{citric: {{price: {price}}}}}")
    assert "models/exchange_rates.yaml" in error.what
    assert error.where.endswith("line 6, key acids.citric.price")


@pytest.mark.parametrize(
    "feed, name, said",
    [
        ({"assay": {"Li": 5, "Co": 42.45, "graphite": 25}}, "feed by assay", "Feed by assay: the cathode is"),
        (
            {"blend": [{"feed": "NMC111", "share": 0.6}, {"feed": "NMC811", "share": 0.4}]},
            "blend",
            "The blend is 60 % NMC111 and 40 % NMC811: the cathode is",
        ),
    ],
)
def test_a_feed_without_a_name_is_called_by_what_it_is(
    feed: dict[str, object], name: str, said: str, tmp_path: Path
) -> None:
    asked = Problem(name="mine", feed=feed, variables={"acid": "sulfuric"}, objectives=[{"minimise": "cost"}])
    assert asked.feed.name == name and reading_lines(asked.feed)[0].startswith(said)
    text = asked.to_yaml()
    path = tmp_path / "again.yaml"
    path.write_text(text)
    again = load_problem(path)
    assert f"name: {name}" not in text and again.to_yaml() == text
    assert again.feed == asked.feed
    copied = Feed.model_validate(asked.feed.model_dump(by_alias=True))
    assert (copied.name, reading_lines(copied)) == (name, reading_lines(asked.feed))
