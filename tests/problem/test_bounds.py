"""Bounds of metrics: margins by hand, and what a run and its report make of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import optimiser as opt
from optimiser.problem.binding import bind
from optimiser.problem.bound import BoundProblem
from optimiser.problem.bounds import BOUNDED, Bound
from optimiser.problem.constraints import label, read_constraint
from optimiser.problem.load import load_problem
from optimiser.problem.metrics import METRICS
from optimiser.report.check import check_file, check_lines
from optimiser.report.listing import listing
from optimiser.report.manifest import manifest
from optimiser.search.run import run
from optimiser.variables import Designs
from tests.results import page_text, tiny

#: 60 degC, 2 mol/L, no peroxide and 2 wt%, 50 g/L, an hour.
CONDITIONS = np.array([[60.0, 2.0, 0.0, 50.0, 60.0], [60.0, 2.0, 2.0, 50.0, 60.0]])


def problem(*bounds: Bound) -> BoundProblem:
    return bind(load_problem("nmc111")).with_constraints(*bounds)


def test_margins_are_a_share_of_the_limit() -> None:
    bound = problem(Bound("time", min=45, max=120), Bound("recovery", min=0.9))
    assert bound.constraint_names[-3:] == ("time_min", "time_max", "recovery_min")
    found = bound.evaluate(Designs(np.zeros(2, dtype=np.intp), CONDITIONS))
    # minutes are told without decimals, so no limit is a smaller scale than 100: (60 - 45) / 100
    assert found.margins["time_min"] == pytest.approx(0.15)
    assert found.margins["time_max"] == pytest.approx(0.5)
    assert found.margins["recovery_min"] == pytest.approx(found.metrics["recovery"] / 0.9 - 1.0)


def test_no_chlorine_is_no_chlorine() -> None:
    bound = problem(Bound("chlorine", max=0))
    acid = np.array([bound.acid_names.index("hydrochloric")] * 2)
    found = bound.evaluate(Designs(acid, CONDITIONS))
    # chloride has to reduce where no peroxide does; 2 wt% is plenty
    assert found.metrics["chlorine"][0] > 1.0 and found.metrics["chlorine"][1] == 0.0
    # kg/t are told with one decimal: of a limit of 0 the scale is 10 kg/t
    assert found.margins["chlorine_max"][0] == pytest.approx(-found.metrics["chlorine"][0] / 10.0)
    assert found.margins["chlorine_max"][1] > 0.0


def test_a_metric_without_end_breaks_its_bound_by_a_number() -> None:
    bound = problem(Bound("cost", max=2))
    designs = Designs(np.zeros(2, dtype=np.intp), CONDITIONS)
    nothing = replace(bound.predict(designs), mean=np.zeros((2, 4)))
    point = bound.point_at(designs, nothing)
    assert np.isfinite(point.margins[:, bound.constraint_names.index("cost_max")]).all()


@pytest.mark.parametrize("metric", BOUNDED)
def test_every_metric_can_be_bounded_in_yaml_and_python(metric: str) -> None:
    limit = 0.5 if METRICS[metric].high == 1.0 else 5.0
    bound = Bound(metric, max=limit)
    assert read_constraint({metric: {"max": limit}}) == bound == read_constraint(bound.setting())
    assert label(f"{metric}_max") == f"{METRICS[metric].label} at most ({METRICS[metric].unit})"
    assert metric in [record["name"] for record in listing("constraints")]


def test_a_bound_in_a_problem_is_checked_written_and_held() -> None:
    asked = opt.Problem(
        feed="NMC111",
        variables={"acid": "sulfuric"},
        objectives=opt.minimise("wastewater"),
        constraints=[opt.Bound("recovery", min=0.8), opt.Bound("net_value", min=0, max=20000)],
    )
    again = opt.Problem(**{"feed": "NMC111", **_yaml(asked)})
    assert again.constraints == asked.constraints
    found = opt.run(asked, population=24, generations=8, seeds=[1], per_acid=0)
    frame = found.front.to_frame()
    assert len(frame) == 1 and frame["recovery"][0] >= 0.8
    assert list(frame).count("wastewater") == 1 and {"wastewater_low", "peroxide_rise"} <= set(frame)
    assert "wastewater" in str(found)
    with pytest.raises(opt.InputError, match="given twice"):
        opt.Problem(**{**_yaml(asked), "constraints": [{"cost": {"min": 1}}, {"cost": {"max": 2}}]})


def _yaml(asked: opt.Problem) -> dict[str, object]:
    return asked.model_dump(mode="json", by_alias=True, exclude_unset=True)


def test_a_report_says_which_bound_cannot_be_met() -> None:
    bounds = tuple(read_constraint(c) for c in ({"cost": {"max": 0.1}}, {"yield": {"Li": 0.5}}))
    result = run(tiny("nmc111_cost_vs_recovery", constraints=bounds))
    assert result.front is None and result.infeasibility is not None
    assert "cost_max" in [b.constraint for b in result.infeasibility.binding]
    written = manifest(result)
    assert written["question"]["limits"]["cost"] == {"max": 0.1}
    assert "cost at most (EUR/kg metal): " in " ".join(written["warnings"])
    page = page_text(result)
    assert "could not be made" not in page
    assert "shortfall: cost at most" in page and "cost max 0.1" in page


def test_check_names_bounds(tmp_path: Path) -> None:
    changed = load_problem("nmc111").model_copy(update={"constraints": (Bound("chlorine", max=0),)})
    path = tmp_path / "mine.yaml"
    path.write_text(changed.to_yaml(), encoding="utf-8")
    findings = check_file(str(path))
    assert "chlorine_max" in findings["constraints"]
    assert "chlorine_max" in " ".join(check_lines(findings))
