"""The library as a notebook uses it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import optimiser as opt
from optimiser.search.search import Progress
from tests.paths import ROOT

SEARCH = {"population": 16, "generations": 4, "seeds": [1], "per_acid": 3}


def ask(**parts: object) -> opt.Problem:
    return opt.Problem(
        **{
            "feed": "NMC111",
            "variables": {"acid": ["sulfuric", "hydrochloric"], "temperature": (25, 90), "time": (10, 180)},
            "objectives": [opt.minimise("cost"), opt.maximise("recovery")],
            "constraints": [opt.Yields(Li=0.6, Co=0.6), opt.ProtonBalance(1.1)],
            **parts,
        }
    )


@cache
def result() -> opt.Result:
    return opt.run(ask(), **SEARCH)


def test_a_problem_without_a_file_is_searched() -> None:
    frame = result().front.to_frame()
    assert result().feasible and len(frame) == len(result().front) > 0
    assert (frame[["yield_Li", "yield_Co"]] >= 0.6 - 1e-9).all(axis=None)
    assert (frame["proton_ratio"] >= 1.1 - 1e-9).all()
    assert frame["temperature"].between(25, 90).all() and frame["time"].between(10, 180).all()


def test_best_is_the_row_that_is_best_in_what_was_asked() -> None:
    frame = result().front.to_frame()
    assert result().best("cost")["cost"] == frame["cost"].min()
    assert result().best("recovery")["recovery"] == frame["recovery"].max()
    # climate change was not asked for: less is better
    assert result().best("climate_change")["climate_change"] == frame["climate_change"].min()
    with pytest.raises(opt.InputError, match="no metric 'costs'") as error:
        result().best("costs")
    assert "did you mean 'cost'?" in str(error.value)


def test_yaml_and_python_ask_the_same(tmp_path: Path) -> None:
    path = tmp_path / "same.yaml"
    path.write_text(ask().to_yaml(), encoding="utf-8")
    loaded = opt.load_problem(path)
    assert loaded.model_dump() == ask().model_dump() | {"name": "same"}
    again = opt.run(loaded, **SEARCH)
    pd.testing.assert_frame_equal(again.front.to_frame(), result().front.to_frame())


def test_a_result_writes_the_report_of_the_command(tmp_path: Path) -> None:
    out = result().write(tmp_path / "out")
    assert {path.name for path in out.iterdir()} == {
        *("manifest.json", "report.html", "front.xlsx", "front.csv", "designs.npz")
    }
    written = pd.read_csv(out / "front.csv")
    assert written["cost"].tolist() == pytest.approx(result().front.to_frame()["cost"].tolist())
    with pytest.raises(opt.InputError, match="exists already"):
        result().write(tmp_path / "out")


def test_a_result_shows_itself() -> None:
    front = result().front
    assert front._repr_html_().count("<tr") == len(front) + 1
    assert "sulfuric" in str(result()) and "<table" in result()._repr_html_()
    assert "minimise: cost" in ask()._repr_html_()
    figure = result().plot_front()
    assert sum(len(trace.x) for trace in figure.data if trace.name) >= len(front)


def test_nothing_feasible_is_an_answer() -> None:
    none = opt.run(ask(constraints=[opt.Yields(Li=1.0, Ni=1.0, Mn=1.0, Co=1.0)]), **SEARCH)
    assert not none.feasible and len(none.front) == 0 and none.front.to_frame().empty
    assert "would have to fall" in none._repr_html_()
    with pytest.raises(opt.InputError, match="No design is feasible"):
        none.best("cost")


@pytest.mark.parametrize(
    ("parts", "where", "what"),
    [
        ({"feed": "NMC112"}, "feed", "no feed 'NMC112'"),
        ({"variables": {"acid": "sulfuric", "temprature": 60}}, "variables.temprature", "Unknown key"),
        ({"variables": {"acid": "sulfuric", "temperature": (90, 25)}}, "variables.temperature", "empty"),
        ({"constraints": [{"proton_balance": 110}]}, "constraints[0].proton_balance", "not possible"),
        ({"constraints": [{"yield": {"Ni": 90}}]}, "constraints[0].yield.Ni", "not possible"),
        ({"objectives": [{"minimise": "costs"}]}, "objectives[0].minimise", "no objective 'costs'"),
        ({"objectives": [opt.minimise("cost"), opt.maximise("cost")]}, "objectives", "given twice"),
    ],
)
def test_a_mistake_is_told_by_its_key(parts: dict[str, object], where: str, what: str) -> None:
    with pytest.raises(opt.InputError, match=what) as error:
        ask(**parts)
    assert error.value.where.startswith(where)


def test_a_mistake_found_later_is_told_by_its_key_too() -> None:
    with pytest.raises(opt.InputError, match="hydrocloric") as error:
        opt.run(ask(variables={"acid": ["sulfuric", "hydrocloric"]}), **SEARCH)
    assert error.value.where == "variables.acid[1]"
    with pytest.raises(opt.InputError, match="population"):
        opt.run(ask(), population=3)
    with pytest.raises(opt.InputError, match="no metal 'Fe'"):
        ask(constraints=[opt.Yields(Fe=0.9)])  # a system of one's own may well have iron
    with pytest.raises(opt.InputError, match="no objective"):
        opt.minimise("costs")


def test_predict_gives_yields_with_intervals() -> None:
    front = result().front.to_frame()
    found = opt.predict(front[["acid", *opt_columns()]], feed="NMC111")
    assert found["yield_Co"].tolist() == pytest.approx(front["yield_Co"].tolist(), abs=1e-9)
    assert (found["yield_Co_low"] <= found["yield_Co"]).all()


def opt_columns() -> list[str]:
    return ["temperature", "acid_concentration", "h2o2", "solid_liquid_ratio", "time"]


def test_every_public_name_is_there_typed_and_documented() -> None:
    assert sorted(opt.__all__) == opt.__all__
    for name in opt.__all__:
        assert getattr(opt, name).__doc__, name
        assert name in dir(opt)
    assert (ROOT / "optimiser" / "py.typed").is_file()
    with pytest.raises(AttributeError, match="no attribute 'maximize'"):
        _ = opt.maximize


def test_import_is_lazy() -> None:
    heavy = {"numpy", "pandas", "pydantic", "numba", "plotly", "pymoo", "sklearn", "rdkit"}
    code = f"import sys, optimiser; print(sorted(set(sys.modules) & {heavy!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_own_tables_come_on_top_of_the_problems_own_numbers(tmp_path: Path) -> None:
    prices = tmp_path / "prices.csv"
    prices.write_text("substance,price [EUR/kg stock]\nnitric,0.5\n")
    dear = ask(acids={"sulfuric": {"price": 5.0}})
    designs = result().front.to_frame().head(1).set_axis(["mine"], axis=0)
    bare = opt.predict(designs, problem=dear)
    # a table that prices another acid leaves the problem's price alone
    pd.testing.assert_frame_equal(opt.predict(designs, problem=dear, prices=prices), bare)
    assert bare.loc["mine", "cost"] > 3 * opt.predict(designs, problem=ask()).loc["mine", "cost"]
    one = opt.run(dear, prices=prices, **SEARCH).best("cost")["cost"]
    assert one == opt.run(dear, **SEARCH).best("cost")["cost"]


def test_a_front_and_predictions_can_be_predicted_again() -> None:
    front = result().front.to_frame()
    once = opt.predict(front, problem=ask())
    again = opt.predict(once.drop(columns="feed"), problem=ask())
    assert again["cost"].tolist() == once["cost"].tolist()
    exact = opt.predict(front, problem=ask(), tolerances="off")
    assert (exact["yield_Co"] != once["yield_Co"]).any()


def test_formats_are_checked_and_those_of_a_config_kept(tmp_path: Path) -> None:
    with pytest.raises(opt.InputError, match="pdf"):
        result().write(tmp_path / "no", formats=["pdf"])
    (tmp_path / "config.yaml").write_text(
        "problem: nmc111\nsearch: {population: 16, generations: 4, seeds: [1], per_acid: 0}\n"
        "report: {formats: [csv]}\n"
    )
    out = opt.run(opt.load_config(tmp_path / "config.yaml")).write(tmp_path / "out")
    assert {path.name for path in out.iterdir()} == {"manifest.json", "front.csv", "designs.npz"}
    # what a user adds to a report is not deleted with it
    (out / "notes.txt").write_text("mine")
    with pytest.raises(opt.InputError, match="something else"):
        result().write(out, force=True)


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: opt.run("nmc111"),  # type: ignore[arg-type]
        lambda: opt.run(ask(), algorithm="nsga"),
        lambda: opt.predict(None),  # type: ignore[arg-type]
        lambda: opt.predict(pd.DataFrame({"acid": ["sulfuric"]}), tolerances="on"),  # type: ignore[arg-type]
        lambda: opt.Objective("cost", 0),  # type: ignore[arg-type]
        lambda: opt.minimise(["cost"]),  # type: ignore[arg-type]
        lambda: ask(variables={"acid": {"sulfuric", "nitric"}}),
        lambda: ask(feed={"name": "NMC111", "Ni": 0.7}),
        lambda: opt.load_config("nmc112"),
        lambda: opt.Feed(Ni=0.7, Xx=0.3),  # type: ignore[call-arg]
        lambda: opt.Feed(Ni="much"),  # type: ignore[arg-type]
        lambda: opt.Bound("cost"),
        lambda: opt.Bound("cost", min=3, max=2),
        lambda: opt.Bound("costs", max=2),
        lambda: opt.Bound("yield_Co", min=0.9),
        lambda: opt.Bound("recovery", min=90),
        lambda: opt.Bound("cost", max=float("nan")),
    ],
)
def test_mistakes_are_input_errors_that_say_what_to_do(mistake: Callable[[], object]) -> None:
    with pytest.raises(opt.InputError) as error:
        mistake()
    assert error.value.remedy or error.value.allowed


def test_numbers_of_numpy_are_numbers_and_one_objective_is_enough() -> None:
    asked = ask(
        variables={"acid": "sulfuric", "temperature": np.array([25, 90]), "time": np.int64(60)},
        objectives=opt.minimise("cost"),
        constraints=opt.Yields(Li=np.float32(0.5)),
    )
    assert asked.variables.temperature == (25.0, 90.0) and asked.variables.time == (60.0, 60.0)
    assert len(asked.objectives) == len(asked.constraints) == 1


def test_reprs_are_short() -> None:
    assert len(repr(result())) < 100 and len(repr(result().front)) < 100


def test_a_search_goes_on_from_its_journal(tmp_path: Path) -> None:
    def stop(what: str, state: Progress) -> None:
        if state.generation == 5:
            raise KeyboardInterrupt

    problem, folder = opt.load_problem("nmc111"), tmp_path / "journal"
    effort = {"population": 16, "generations": 8, "seeds": [1], "per_acid": 0}
    expected = opt.run(problem, **effort)
    with pytest.raises(KeyboardInterrupt):
        opt.run(problem, journal=folder, progress=stop, **effort)
    kept = (folder / "000.journal").read_bytes()
    for _ in range(2):  # it stays when the search is complete
        found = opt.run(problem, journal=folder, **effort)
        pd.testing.assert_frame_equal(found.front.to_frame(), expected.front.to_frame(), check_exact=True)
        assert (folder / "000.journal").read_bytes().startswith(kept)
    with pytest.raises(opt.InputError, match="seeds of the search differs"):
        opt.run(problem, journal=folder, **{**effort, "seeds": [2]})
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(opt.InputError, match="holds something else"):
        opt.run(problem, journal=tmp_path, **effort)
