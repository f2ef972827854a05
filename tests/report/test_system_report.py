"""The report of a run on a system of one's own: its columns, its words, its page."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import optimiser as opt
from optimiser._io.errors import InputError
from optimiser.problem.load import load_config
from optimiser.report.columns import column, told_of
from optimiser.report.run import write_run
from optimiser.report.stored import read_run
from optimiser.surrogate.artefact import Surrogate
from tests.browser import opened
from tests.systems.synthetic import Synthetic

PROBLEM = """
surrogate: synthetic
feed: {feed}
objectives:
  - minimise: time
  - maximise: yield_Co
constraints:
  - yield: {{Ni: 0.5}}
"""
#: Words that say something of cathodes, or of a chemistry that the system does not have.
FOREIGN = re.compile(r"\b(cathodes?|peroxide|protons?|acids)\b")


@pytest.fixture(scope="module")
def result(synthetic: Synthetic) -> opt.Result:
    path = synthetic.folder / "report_problem.yaml"
    path.write_text(PROBLEM.format(feed=next(iter(synthetic.system.feeds))), encoding="utf-8")
    return opt.run(load_config(path), population=24, generations=6, seeds=[1], per_acid=3)


@pytest.fixture(scope="module")
def folder(result: opt.Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    delivery = write_run(result.run, tmp_path_factory.mktemp("runs") / "run", ("html", "xlsx", "csv"))
    assert delivery.notes == ()  # every card could be made
    return delivery.folder


def test_files_have_a_column_for_each_choice_and_setpoint(folder: Path, synthetic: Synthetic) -> None:
    system = synthetic.system
    front = pd.read_csv(folder / "front.csv")
    assert list(front.columns[: len(system.table_columns)]) == [*system.choices, *system.names]
    assert not {"acid", "h2o2", "proton_ratio", "nox", "precipitates"} & {*front.columns}
    sheets = pd.read_excel(folder / "front.xlsx", sheet_name=None)
    assert {"front", "yields", "combinations", "each combination's own front", "manifest"} <= {*sheets}
    for name in ("front", "combinations", "each combination's own front"):
        assert {*system.choices} <= {*sheets[name].columns}
        assert "acid" not in sheets[name].columns


def test_every_design_has_values_of_the_table(result: opt.Result, synthetic: Synthetic) -> None:
    frame, system = result.front.to_frame(), synthetic.system
    for choice, known in zip(system.choices, system.values, strict=True):
        assert {*frame[choice]} <= {*known}
    assert {*frame["stages"]} <= {1.0, 2.0, 3.0}


def test_the_best_design_is_that_of_the_front(result: opt.Result) -> None:
    frame = result.front.to_frame()
    assert result.best("time")["time"] == frame["time"].min()
    assert result.best("yield_Co")["yield_Co"] == frame["yield_Co"].max()
    with pytest.raises(InputError, match="yield_Cu"):
        result.best("yield_Cu")


def test_a_stored_run_is_read_back(result: opt.Result, folder: Path) -> None:
    known = read_run(folder)
    front = result.run.front
    assert front is not None
    again = known.seen.designs.take(known.front)
    np.testing.assert_array_equal(again.continuous, front.evaluation.designs.continuous)
    names = [known.problem.acid_names[k] for k in again.acid]
    assert names == [result.run.problem.acid_names[k] for k in front.evaluation.designs.acid]


def test_predicting_a_front_gives_its_yields_again(result: opt.Result) -> None:
    frame = result.front.to_frame()
    again = opt.predict(frame, problem=result.run.config.problem)
    for name in ("yield_Co", "yield_Co_low", "yield_Ni_high", "support"):
        np.testing.assert_allclose(again[name], frame[name], rtol=0.0, atol=1e-12)


def test_choosing_keeps_what_was_allowed(result: opt.Result, folder: Path) -> None:
    frame = result.front.to_frame()
    most = float(frame["time"].median())
    chosen = opt.choose(folder, improve=["yield_Co"], relax={"time": max(most, frame["time"].min() + 1.0)})
    start, found = chosen.frame.iloc[0], chosen.frame.iloc[1]
    assert found["yield_Co"] >= start["yield_Co"]
    assert found["time"] <= max(most, frame["time"].min() + 1.0)
    assert not FOREIGN.search(chosen.text)


def test_a_run_beside_itself_does_not_differ(result: opt.Result, folder: Path) -> None:
    compared = opt.compare(result, folder)
    assert compared.comparison.differences == ()
    assert compared.comparison.together
    assert all(cause.explains == 0.0 for cause in compared.comparison.causes)


def test_the_console_speaks_of_combinations(result: opt.Result, synthetic: Synthetic) -> None:
    text = str(result)
    assert not FOREIGN.search(text)
    for variable in synthetic.system.variables:
        assert variable.label in text


def test_headings_are_the_systems_own(synthetic: Synthetic) -> None:
    with told_of(synthetic.system):
        assert column("particle_size").heading == "particle size [um]"
        assert column("yield_Ni_low").heading == "Ni yield, low [%]"
        assert column("acid").label == " / ".join(synthetic.system.choices)
    assert column("acid").label == "acid"  # outside, cathodes again
    assert column("yield_Ni_low").heading == "Ni yield, low [%]"


def test_that_yields_do_not_carry_over_is_said_first(
    result: opt.Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "than by a constant"
    assert said not in str(result)
    told = replace(result.run.problem.system, transfers=False)
    monkeypatch.setattr(Surrogate, "system", told)
    folder = write_run(result.run, tmp_path / "out", ("html",)).folder
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert said in str(result)
    assert said in page
    assert page.index(said) < page.index('id="answer"')


@pytest.mark.page
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_opens_and_tells_nothing_of_cathodes(folder: Path, width: int) -> None:
    with opened(folder / "report.html", width) as page:
        shown = ("answer", "front", "acids", "yields", "setpoints", "support", "table")
        texts = {key: page.locator(f"#{key}").inner_text() for key in shown}
    for key, text in texts.items():
        said = re.sub(r"(?s)What this tool does not know.*", "", text)
        assert not FOREIGN.search(said), (key, FOREIGN.search(said))
