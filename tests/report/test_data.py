"""What a report says and shows, as pure functions of tiny real runs."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest

from optimiser.chemistry.metals import METALS
from optimiser.problem.limits import ApplicabilityDomain
from optimiser.problem.metrics import METRICS
from optimiser.process.costs import COMPONENTS
from optimiser.report.card import Table
from optimiser.report.cards import run_makers
from optimiser.report.cards.money import advice, largest_component
from optimiser.report.cards.trust import convergence_finding, domain_lines, ranges_frame
from optimiser.report.columns import column, with_intervals
from optimiser.report.figures.components import draw_components
from optimiser.report.figures.designs import (
    axis_titles,
    draw_designs,
    drawn_acids,
    drawn_designs,
    drawn_front,
    wide_axes,
    y_range,
)
from optimiser.report.figures.lines import hypervolume_courses
from optimiser.report.flows import STEPS, ends, streams
from optimiser.report.frames import (
    acids_frame,
    components_frame,
    front_frame,
    nearest_frame,
    point_value,
    runners_up,
    side_by_side,
    yields_frame,
)
from optimiser.report.manifest import manifest
from optimiser.report.marginal import margin, margin_finding, steps
from optimiser.report.picks import ends_and_knee, spread
from optimiser.report.sources import OWN, sources_frame
from optimiser.report.style import acid_styles
from optimiser.report.verdicts import verdict_text
from optimiser.search.run import AcidVerdict
from tests.results import blocks_of, by_key, impossible, single, the_front, three_objectives, trade_off


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("cost", 1.234, "1.23"),
        ("net_value", -1234.5, "−1,234"),
        ("recovery", 0.9312, "93.1"),
        ("yield_Li", float("nan"), "–"),
        ("proton_ratio", float("inf"), "∞"),
        ("p_feasible", 0.9999, "> 99"),
        ("p_feasible", 0.5, "50"),
        ("h2o2", -0.0, "0.0"),
        ("support", 12, "12"),
        ("acid", "sulfuric", "sulfuric"),
        ("value", 0.133, "0.133"),
    ],
)
def test_values_are_shown_as_a_person_reads_them(name: str, value: object, text: str) -> None:
    assert column(name).text(value) == text


def test_headings_carry_units() -> None:
    assert column("temperature").heading == "temperature [°C]"
    assert column("yield_Co_low").heading == "Co yield, low [%]"
    assert column("best_cost").heading == "best cost [EUR/kg metal]"
    assert column("climate_acid").heading == "acid [kg CO2-eq/kg metal]"
    assert column("something_else").heading == "something else"


def test_intervals_stand_with_their_value() -> None:
    frame = pd.DataFrame({"cost": [1.0], "cost_low": [0.5], "cost_high": [2.0], "time": [30.0]})
    assert with_intervals(frame, "cost") == ["1.00 (0.50–2.00)"]
    assert with_intervals(frame, "time") == ["30"]


def test_ends_and_knee_are_the_best_of_each_objective() -> None:
    result = trade_off()
    front = the_front(result)
    picks = {pick.label: pick.row for pick in ends_and_knee(result.problem, front)}
    assert len(front.evaluation) > 2
    labels = ", ".join(picks)
    assert "lowest cost" in labels and "highest recovery" in labels and "knee" in labels
    cheapest = next(row for label, row in picks.items() if "lowest cost" in label)
    assert front.evaluation.metrics["cost"][cheapest] == front.evaluation.metrics["cost"].min()
    shown = [pick.row for pick in spread(result.problem, front)]
    assert shown == sorted(set(shown)) and set(picks.values()) <= set(shown)


def test_a_front_of_one_design_has_one_pick_with_both_labels() -> None:
    result = single()
    (pick,) = spread(result.problem, the_front(result))
    assert pick.name == "no. 1, lowest cost, highest recovery"


def test_components_add_up_to_the_metrics() -> None:
    result = trade_off()
    evaluation = the_front(result).evaluation
    frame = components_frame(result.problem, evaluation)
    for what, metric in (("cost", "cost"), ("climate", "climate_change")):
        total = frame[[f"{what}_{c}" for c in COMPONENTS]].sum(axis=1)
        np.testing.assert_allclose(total, evaluation.metrics[metric])
        np.testing.assert_allclose(frame[f"{what}_total"], evaluation.metrics[metric])
    np.testing.assert_allclose(frame["metal_value"] - frame["batch_cost"], evaluation.metrics["net_value"])
    assert (frame["acid_bill"] <= frame["batch_cost"]).all()


def test_a_point_of_yield_is_a_hundredth_of_all_the_metal() -> None:
    # NMC111 holds per t (M = 96.46): Li 71.9, Ni 202.8, Mn 189.8, Co 203.6 kg; priced by the tables
    problem = trade_off().problem
    kilograms = 1000.0 / problem.feed.molar_mass * problem.feed.composition * [6.94, 58.69, 54.94, 58.93]
    assert point_value(problem) == pytest.approx(0.01 * float(kilograms @ problem.inputs.metal_value))


def test_yields_give_mass_and_worth() -> None:
    result = trade_off()
    evaluation = the_front(result).evaluation
    frame = yields_frame(result.problem, evaluation)
    assert len(frame) == 4 * len(evaluation)
    worth = frame.groupby("design")["worth"].sum().to_numpy()
    np.testing.assert_allclose(worth, components_frame(result.problem, evaluation)["metal_value"])
    assert (frame["target"] == 0.6).all()


def test_every_acid_gets_a_verdict() -> None:
    result = trade_off()
    frame = acids_frame(result)
    assert list(frame["acid"]) == [v.acid for v in result.acids]
    assert frame["on_front"].sum() == len(the_front(result).evaluation)
    for verdict, text in zip(result.acids, frame["verdict"], strict=True):
        assert text.startswith("Feasible") == (verdict.front is not None)


def test_an_acid_without_experiments_is_said_to_be_outside() -> None:
    text = verdict_text(trade_off(), AcidVerdict("citric", 3, None, None))
    assert "only 3 experiments near this feed, 5 are needed" in text
    assert "no experiment near" in verdict_text(trade_off(), AcidVerdict("citric", 0, None, None))


def test_an_infeasible_acid_names_what_binds_and_by_how_much() -> None:
    verdict = next(v for v in impossible().acids if v.infeasibility is not None)
    text = verdict_text(impossible(), verdict)
    assert "yield" in text and "% where 100 % is asked" in text


def test_runners_up_are_ordered_by_the_first_objective() -> None:
    frame = runners_up(single())
    assert frame["cost"].is_monotonic_increasing and len(frame) >= 2
    best = {v.acid: v.front.evaluation.metrics["cost"].min() for v in single().acids if v.front}
    assert dict(zip(frame["acid"], frame["cost"], strict=True)) == pytest.approx(best)


def test_a_front_is_drawn_with_every_design_once_in_percent() -> None:
    result = trade_off()
    evaluation, problem = the_front(result).evaluation, result.problem
    drawn, styles = drawn_front(problem, the_front(result)), acid_styles(problem.acid_names)
    figure = draw_designs(drawn, styles, "cost", "recovery", interval="y")
    *_, knee, answer = figure.data
    marks = [one for one in figure.data if one.hovertext is not None]
    recovery = np.sort(np.concatenate([one.y for one in marks]))
    np.testing.assert_allclose(recovery, np.sort(100.0 * evaluation.metrics["recovery"]))
    assert sum(len(one.hovertext) for one in marks) == len(evaluation)
    bands = [one for one in figure.data if one.fill]
    assert bands or all((np.asarray(one.error_y.array) >= 0.0).all() for one in marks)
    assert knee.x[0] == evaluation.metrics["cost"][the_front(result).knee]
    assert answer.x[0] == evaluation.metrics["cost"].min() and answer.name == "the answer"
    assert list(axis_titles(problem).values()) == [
        "cost [EUR/kg metal], minimised",
        "recovery [% of metal fed], maximised",
    ]


def test_many_intervals_are_a_band() -> None:
    drawn = drawn_front(trade_off().problem, the_front(trade_off()))
    many = pd.concat([drawn.iloc[:1]] * 6, ignore_index=True).assign(
        cost=[1.0, 3.0, 2.0, 4.0, 5.0, 6.0], recovery_low=0.5, recovery_high=0.9
    )
    band, marks, *_ = draw_designs(many, acid_styles(["sulfuric"]), "cost", "recovery", interval="y").data
    # along the upper ends and back along the lower ones, whatever the order of the designs
    assert list(band.x) == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0]
    assert list(band.y) == pytest.approx([90.0] * 6 + [50.0] * 6)
    assert band.fill == "toself" and marks.error_y.array is None and len(marks.x) == 6


def test_each_acid_keeps_its_look() -> None:
    alone = acid_styles(["lactic"])["lactic"]
    assert acid_styles(["sulfuric", "lactic", "mine", "mine too"])["lactic"] == alone
    looks = acid_styles(
        ["sulfuric", "hydrochloric", "nitric", "acetic", "formic", "citric", "oxalic", "mine", "yours"]
    )
    assert len(set(looks.values())) == len(looks)
    assert drawn_acids(trade_off())["acid"].unique().tolist() == [
        v.acid for v in trade_off().acids if v.front
    ]


def test_hover_holds_the_whole_design() -> None:
    result = trade_off()
    titles = ["no. 1 <b>"] * len(the_front(result).evaluation)
    first = drawn_designs(result.problem, the_front(result).evaluation, titles).iloc[0]
    text, brief = first["hover"], first["brief"]
    for part in ("sulfuric acid", "°C", "mol/L", "g/L", "min", "cost", "Co yield", "experiments nearby"):
        assert part in text
    assert "no. 1 &lt;b&gt;" in text
    assert "mol/L" in brief and "yields Li" in brief and brief.count("<br>") < text.count("<br>") / 2


def test_what_hardly_moves_looks_so_and_the_target_is_in_sight() -> None:
    result = trade_off()
    drawn = drawn_front(result.problem, the_front(result))
    low, high = y_range(drawn, "yield_Li", 0.6)
    assert low < 60.0 and high >= 100.0 * drawn["yield_Li_high"].max()
    assert y_range(pd.DataFrame({"temperature": [50.0, 50.0]}), "temperature") == (45.0, 55.0)
    targets = [block.drawing.layout.shapes[0].y0 for block in blocks_of(by_key(result)["yields"])[1:]]  # type: ignore[union-attr]
    assert targets == [60.0] * 4


def test_bars_stack_every_component() -> None:
    result = trade_off()
    frame = components_frame(result.problem, the_front(result).evaluation).iloc[:2]
    figure = draw_components(frame, ["a", "b"], "cost")
    assert [trace.name for trace in figure.data] == list(COMPONENTS)
    totals = [note.text for note in figure.layout.annotations if note.text not in ("a", "b")]
    assert totals == [column("cost").text(value) for value in frame["cost_total"]]
    assert sum(trace.x[0] for trace in figure.data) == pytest.approx(frame["cost_total"].iloc[0])


def test_the_bill_in_words() -> None:
    row = components_frame(trade_off().problem, the_front(trade_off()).evaluation).iloc[0]
    largest = max(COMPONENTS, key=lambda c: row[f"cost_{c}"])
    assert f"metal: {largest} makes up" in largest_component(row, "cost")
    assert (
        advice(200.0, 50.0, 100.0)
        == "One point of yield is worth 2.0 times the total cost: raise yields first."
    )
    assert advice(100.0, 150.0, 300.0) == "1.5 points of yield pay for the acid, 3.0 for everything."
    assert advice(100.0, 50.0, 300.0) == "One point pays for the acid, 3.0 for everything."


def test_convergence_says_whether_seeds_agree() -> None:
    result = trade_off()
    ((_, values),) = hypervolume_courses(result)
    assert len(values) == 4 and 0.0 < values[-1] <= 100.0
    assert "One seed was searched" in convergence_finding(result)
    twice = dataclasses.replace(
        result, searches=result.searches * 2, hypervolume=((0.1, 0.5, 0.9), (0.1, 0.8, 0.9))
    )
    assert "within 0.1 % of each other" in convergence_finding(twice)
    apart = dataclasses.replace(twice, hypervolume=((0.9, 0.9), (0.45, 0.45)))
    assert "end 50 % apart" in convergence_finding(apart) and "less than 0.5 %" in convergence_finding(apart)
    assert "No seed found a feasible design" in convergence_finding(impossible())


def test_sources_name_every_number_and_mark_the_weak() -> None:
    problem = trade_off().problem
    frame = sources_frame(problem)
    assert {"sulfuric acid", "hydrogen peroxide", "euro", "plant"} <= set(frame["item"])
    assert (frame["source"].str.len() > 0).all()
    assert (frame.loc[frame["confidence"] == "C", "flags"].str.contains("confidence C")).all()
    assert frame["flags"].str.contains("older than 2020").any()
    warmer = dataclasses.replace(problem.inputs.parameters, ambient_temperature=12.5)
    changed = dataclasses.replace(problem, inputs=dataclasses.replace(problem.inputs, parameters=warmer))
    row = sources_frame(changed).query("quantity == 'ambient temperature'").iloc[0]
    assert (row["value"], row["source"]) == (12.5, OWN)


def test_domain_in_words_and_ranges() -> None:
    problem = trade_off().problem
    assert "fewer than 5 of them" in " ".join(domain_lines(problem))
    assert "switched off" in domain_lines(problem.with_constraints(ApplicabilityDomain(None)))[0]
    ranges = ranges_frame(problem).set_index("acid")
    assert ranges.loc["hydrochloric acid", "hydrogen peroxide [wt%]"] == "0, fixed"


def test_side_by_side_turns_designs_into_columns() -> None:
    result = trade_off()
    frame = front_frame(result.problem, the_front(result).evaluation, 0).iloc[:2]
    turned = side_by_side(frame, ("acid", "cost"), ["a", "b"])
    assert list(turned.columns) == ["quantity", "a", "b"]
    assert turned["quantity"].tolist() == ["acid", "cost [EUR/kg metal]"]


def test_cards_answer_their_questions() -> None:
    found = by_key(trade_off())
    assert list(found) == [m.key for m in run_makers(trade_off(), manifest(trade_off()))]
    assert not any(card.error for card in found.values())
    assert all(card.finding for card in found.values())
    appendix = [key for key, card in found.items() if card.appendix]
    assert appendix == list(found)[-4:] == ["convergence", "calibration", "sources", "run"]
    assert found["answer"].finding[0].startswith("Leach NMC111 with ")
    # how much the intervals hold is what the model card measured
    held = trade_off().problem.surrogate.card["skill"]["experiment"]["coverage"]["0.9"]
    said = [line for card in found.values() for line in (*card.warnings, *card.finding)]
    assert sum(f"90 % intervals contained {100.0 * held:.0f} % of" in line for line in said) == 1
    assert len(said) == len(set(said))
    for real, claimed in re.findall(r"(\d+) % where (\d+) % is claimed", found["calibration"].finding[0]):
        assert int(claimed) >= 10 and abs(int(real) - int(claimed)) <= 5
    # the recommended design stands beside the quantities, where a phone shows it
    (picks,) = blocks_of(found["answer"])
    assert isinstance(picks, Table)
    assert "lowest cost" in picks.frame.columns[1] and "knee" in " ".join(picks.frame.columns)
    names = [block.name for card in found.values() for block in blocks_of(card)]
    assert len(names) == len(set(names))


def test_three_objectives_are_drawn_in_pairs() -> None:
    found = by_key(three_objectives())
    assert not any(card.error for card in found.values())
    assert {"front-0-1", "front-0-2", "front-1-2"} <= {block.name for block in blocks_of(found["front"])}


def test_a_single_design_shows_the_runners_up_and_no_empty_cards() -> None:
    found = by_key(single())
    assert not any(card.error for card in found.values())
    assert not {"front", "setpoints", "yields"} & set(found)
    assert any("single design" in line for line in found["answer"].finding)
    assert {"acids-0-1", "runners-up"} <= {block.name for block in blocks_of(found["acids"])}


def test_one_objective_draws_each_acid_once() -> None:
    result = single()
    problem = dataclasses.replace(result.problem, objectives=result.problem.objectives[:1])
    found = by_key(dataclasses.replace(result, problem=problem))
    drawn = [figure.name for card in found.values() for figure in card.figures]
    assert [name for name in drawn if name.startswith(("acids", "front", "runners"))] == ["acids-0"]


def test_nothing_feasible_is_an_answer() -> None:
    result = impossible()
    assert result.front is None and result.infeasibility is not None
    found = by_key(result)
    assert not any(card.error for card in found.values())
    assert "keeps every constraint" in found["answer"].finding[0]
    assert [b.name for b in blocks_of(found["answer"])] == ["least-infeasible"]
    assert not {"front", "setpoints", "yields", "cost", "flows", "climate", "nearest", "table"} & set(found)
    frame = nearest_frame(result.problem, result.infeasibility)
    assert (frame["violation"] > 0.0).all() and frame["violation"].is_monotonic_increasing


def test_every_metric_has_a_column_with_its_unit() -> None:
    for name, metric in METRICS.items():
        assert column(name).label in (metric.label, "time")
        assert column(name).unit
        assert metric.meaning not in ("", metric.label, metric.name)


def test_old_and_poorly_founded_numbers_are_told_of_with_the_sources() -> None:
    found = by_key(trade_off())
    assert any("the appendix lists them" in line for line in found["cost"].finding)
    said = next(line for line in found["sources"].finding if "the sums of money" in line)
    assert "prices: process water, heat from natural gas, payable share of manganese (confidence C);" in said
    assert "; exchange rates: USD 20" in said
    stocks = said[said.index("; stock strength: ") :]
    assert "sulfuric acid" in stocks and "hydrogen peroxide (confidence C, older than 2020)" in stocks
    # a base that is not bought is not told of, nor the rate of its price
    assert "calcium hydroxide" not in said and "USD 2016" not in said


def test_one_outlier_does_not_set_the_axis_and_is_named() -> None:
    frame = pd.DataFrame({f"cost_{c}": [1.0, 2.0, 0.0] for c in COMPONENTS})
    frame.loc[2, "cost_acid"] = 20_000.0
    frame["cost_total"] = frame.sum(axis=1)
    figure = draw_components(frame, ["a", "b", "c"], "cost")
    # the others cost 6 and 12: the axis ends 1.2 x 1.15 beyond 12, and the third bar says what it is
    assert figure.layout.xaxis.range == pytest.approx((0.0, 1.2 * 1.15 * 12.0))
    assert "20,000.00 ▸" in [note.text for note in figure.layout.annotations]


def test_one_dear_acid_makes_the_axis_logarithmic() -> None:
    frame = pd.DataFrame(
        {"cost": [0.9, 2.0, 20.0], "recovery": [0.05, 0.5, 0.9], "net_value": [-1.0, 5.0, 90.0]}
    )
    assert wide_axes(frame, "cost", "recovery") == ("x",)
    assert wide_axes(frame, "net_value", "cost") == ("y",)
    assert wide_axes(frame.iloc[:2], "cost") == ()


def test_further_points_of_recovery_cost_more_and_more() -> None:
    # Recovery 80, 84, 90, 92 % at 100, 140, 260, 500 EUR/t: a further point costs 40/4 = 10, 120/6 = 20,
    # 240/2 = 120. Worth 1,000, 1,200, 1,500, 1,560: 50, 50, 30 a point. So stop at 90 %.
    # 86 % at 300 lies above the line from 84 to 90 % and is passed over.
    recovery, cost = np.array([80.0, 90.0, 84.0, 92.0, 86.0]), np.array([100.0, 260.0, 140.0, 500.0, 300.0])
    found = steps(recovery, cost, np.array([1000.0, 1500.0, 1200.0, 1560.0, 1300.0]))
    assert found is not None
    assert found.rows == (0, 2, 1, 3)
    np.testing.assert_allclose(found.cost, [10.0, 20.0, 120.0])
    np.testing.assert_allclose(found.worth, [50.0, 50.0, 30.0])
    assert margin_finding(found).startswith(
        "Stop at 90.0 % recovery, design no. 2: a further point costs 120 EUR per t of feed"
    )
    assert margin_finding(found).endswith("is worth 30.")
    assert steps(recovery[:1], cost[:1], cost[:1]) is None
    assert "pays" in margin_finding(dataclasses.replace(found, stop=3))


def test_where_to_stop_is_where_most_is_left() -> None:
    result = trade_off()
    found = margin(result.problem, the_front(result))
    assert found is not None and (np.diff(found.cost) >= -1e-9).all()
    left = the_front(result).evaluation.metrics["net_value"][list(found.rows)]
    assert int(np.argmax(left)) == found.stop
    one = dataclasses.replace(result.problem, objectives=result.problem.objectives[:1])
    assert margin(one, the_front(result)) is None


def test_what_goes_in_comes_out() -> None:
    problem, evaluation = trade_off().problem, the_front(trade_off()).evaluation
    for row in range(len(evaluation)):
        found = streams(problem, evaluation, row)
        into, out = ends(found)
        assert sum(into.values()) == pytest.approx(sum(out.values()), rel=1e-12)
        for step in STEPS:
            arriving, leaving = (
                sum(s.mass for s in found if getattr(s, end) == step) for end in ("aim", "origin")
            )
            assert arriving == pytest.approx(leaving, rel=1e-12)
        # 1 t of feed at s g/L and c mol/L takes 10^6/s L, and c x 98.08 g of sulfuric acid in each
        s, c = (
            getattr(evaluation.designs, name)[row] for name in ("solid_liquid_ratio", "acid_concentration")
        )
        assert into["sulfuric acid"] == pytest.approx(1e6 / s * c * 98.08 / 1000.0, rel=1e-3)
        # what is dissolved of the metals is their yield of what the feed holds: Co 203.6 kg per t of NMC111
        yields = evaluation.yields[row, METALS.index("Co")]
        assert out["Co dissolved"] == pytest.approx(203.6 * yields, rel=1e-3)
        # water is not lost: wastewater holds it, and the metals' anions and the feed's oxygen besides
        assert out["wastewater"] > into["water"] + into.get("wash water", 0.0)
