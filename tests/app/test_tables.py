"""The screen of tables: numbers with their sources, cells checked as the importers do, own tables kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from optimiser.chemistry.acids import load_acids
from optimiser.tables.own import read_own_tables
from tests.app.axe import assert_accessible
from tests.app.client import client_in
from tests.app.conftest import Served


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with client_in(tmp_path / "work") as found:
        yield found


def _cell(found: dict[str, Any], name: str, title: str) -> tuple[int, int]:
    """Return row and column of a cell by its first cell and its title."""
    row = next(number for number, cells in found["rows"] if cells[0] == name)
    return row, next(j for j, known in enumerate(found["header"]) if known.startswith(title))


@pytest.mark.parametrize("kind", ["acids", "prices", "impacts"])
def test_what_ships_is_read_as_the_importers_read_it_and_every_number_has_a_source(
    client: TestClient, kind: str
) -> None:
    found = client.post("/tables/look", json={"kind": kind}).json()
    assert (found["problem"], found["problems"]) == (None, [])
    told = client.get(f"/tables/sources/{kind}").json()
    places = {"source", "confidence"} <= set(told["header"])
    assert places and len(told["rows"]) >= len(found["rows"])
    assert client.get(f"/tables/shipped/{kind}").text.splitlines()[0].split(",")[0] == found["header"][0]


def test_a_price_is_changed_kept_and_given_to_commands(client: TestClient, tmp_path: Path) -> None:
    found = client.post("/tables/look", json={"kind": "prices"}).json()
    row, column = _cell(found, "sulfuric", "price")
    for text, wrong in (("-1", True), ("9.5", True), ("0.2", False), ("=1+1", True), ("<b>", True)):
        looked = client.post("/tables/look", json={"kind": "prices", "edits": [[row, column, text]]}).json()
        assert [one["row"] for one in looked["problems"]] == ([row] if wrong else [])
    told = {"kind": "prices", "edits": [[row, column, "0.2"]], "name": "ours"}
    kept = client.post("/tables/keep", json=told).json()
    assert kept["option"] == "--prices=tables/ours.prices.csv"
    read = read_own_tables(prices=tmp_path / "work" / kept["path"])
    assert read.acids["sulfuric"].price_eur("kg stock") == pytest.approx(0.2)
    assert read.acids["citric"].price == load_acids()["citric"].price  # an untouched one keeps its source
    again = client.post("/tables/keep", json=told)
    assert (again.status_code, again.json()["error"]["key"]) == (422, ["replace"])
    assert client.post("/tables/keep", json={**told, "replace": True}).status_code == 201
    assert client.delete("/tables/own/prices/ours").status_code == 200
    assert client.get("/tables/own").json() == {"acids": [], "prices": [], "impacts": []}


def test_what_is_wrong_is_never_kept(client: TestClient) -> None:
    found = client.post("/tables/look", json={"kind": "acids"}).json()
    row, column = _cell(found, "citric", "pKa1")
    told = {"kind": "acids", "edits": [[row, column, "-99"]], "name": "ours"}
    assert client.post("/tables/keep", json=told).status_code == 422
    for name in ("../up", "a/b", "<img src=x onerror=alert(1)>", "-x", ""):
        assert client.post("/tables/keep", json={"kind": "acids", "name": name}).status_code == 422
    assert client.get("/tables/own").json()["acids"] == []
    assert client.get("/tables/own/acids/..%2f..%2fapp").status_code in (404, 422)


def test_a_new_acid_gets_a_row_and_may_then_be_priced(client: TestClient, tmp_path: Path) -> None:
    found = client.post("/tables/look", json={"kind": "acids", "new": 1}).json()
    assert found["problems"], "a row without numbers is no acid"
    row, _ = _cell(found, "new 1", "acid")
    given = {"acid": "ours", "smiles": "OC(=O)C(Cl)Cl", "pKa1": "1.35", "purity": "0.99", "density": "1.56"}
    titles = [title.split(" [")[0] for title in found["header"]]
    edits = [[row, titles.index(title), text] for title, text in given.items()]
    looked = client.post("/tables/look", json={"kind": "acids", "new": 1, "edits": edits}).json()
    assert looked["problems"] == []
    kept = client.post("/tables/keep", json={"kind": "acids", "new": 1, "edits": edits, "name": "more"})
    assert read_own_tables(acids=tmp_path / "work" / kept.json()["path"]).acids["ours"].pKa_values[0] == 1.35
    prices = b"substance,price [EUR/kg stock]\nours,2\n"
    upload = client.post("/uploads", params={"name": "p.csv"}, content=prices).json()["upload"]
    assert client.post("/tables/look", json={"kind": "prices", "upload": upload}).json()["problems"] == []


def test_yaml_is_checked_and_kept_as_it_is(client: TestClient, tmp_path: Path) -> None:
    text = "currency: EUR\nprices: {sulfuric: 0.3}\n"
    upload = client.post("/uploads", params={"name": "p.yaml"}, content=text).json()["upload"]
    assert client.post("/tables/look", json={"kind": "prices", "upload": upload}).json()["yaml"] == text
    kept = client.post("/tables/keep", json={"kind": "prices", "upload": upload, "name": "y"}).json()
    assert (tmp_path / "work" / kept["path"]).read_text() == text
    wrong = client.post("/tables/look", json={"kind": "acids", "upload": upload})
    assert wrong.status_code == 422


@pytest.mark.page
def test_a_table_is_edited_kept_replaced_and_removed(tab: Callable[..., Any], app: Served) -> None:
    from playwright.sync_api import expect

    page = tab("/tables?kind=prices")
    cell = page.locator('#grid td[data-row="2"][data-column="1"]')
    cell.click()
    page.keyboard.type("-3")
    page.keyboard.press("Enter")
    expect(page.locator("#grid tr.mistake")).to_have_count(1)
    expect(page.locator("#save")).to_be_disabled()
    page.locator('#grid td[data-row="2"][data-column="1"]').press("Enter")
    page.keyboard.type("0.2")
    page.keyboard.press("Enter")
    expect(page.locator("#grid tr.mistake")).to_have_count(0)
    page.locator('#grid td[data-row="2"][data-column="5"]').click()
    page.keyboard.type("<img src=x onerror=alert(1)>")
    with page.expect_response("**/tables/look"):
        page.keyboard.press("Enter")
    expect(page.locator("#save")).to_be_enabled()
    page.fill("#name", "a/b")
    page.click("#save")
    expect(page.locator("#keep .error")).to_contain_text("cannot be the name")
    page.fill("#name", "ours")
    page.click("#save")
    expect(page.locator("#kept")).to_contain_text("tables/ours.prices.csv")
    assert page.locator("#grid img").count() == 0
    assert_accessible(page)

    page.click("#save")  # there is one of this name now
    with page.expect_response(lambda answer: answer.url.endswith("/tables/keep") and answer.status == 201):
        page.get_by_role("dialog").get_by_role("button", name="Replace").click()
    expect(page.locator("#kept")).to_contain_text("tables/ours.prices.csv")
    page.reload()
    page.select_option("#table", "ours")
    expect(page.locator('#grid td[data-row="2"][data-column="1"]')).to_have_text("0.2")
    runs = tab("/runs")
    runs.select_option("#shipped", "problems/lco")
    expect(runs.locator("#own-choices option", has_text="ours")).to_have_count(1)
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.locator("#edit-title")).to_have_text("Prices, as shipped")
    assert app.get("/tables/own")["prices"] == []
