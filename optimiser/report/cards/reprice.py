"""What other prices do: sliders that rank the known designs anew, at once and in the page."""

from __future__ import annotations

import shlex
from typing import Any

import numpy as np

from optimiser._io import builtin
from optimiser.answers.price_effects import PriceEffects, price_effects
from optimiser.problem.metrics import METRICS
from optimiser.report.card import Card, Repricing
from optimiser.report.columns import column
from optimiser.report.frames import front_frame, rows_of
from optimiser.report.numbers import counted
from optimiser.search.run import RunResult
from optimiser.surrogate.packing import SHIPPED
from optimiser.systems.words import vocabulary
from optimiser.variables import Designs, Floats


def reprice_card(result: RunResult) -> Card:
    """Return sliders for the prices that matter, over the front and each acid's own front."""
    if result.front is None:
        return Card(not_applicable="no design is feasible.")
    designs, yields = known_designs(result)
    effects = price_effects(result.problem, designs, yields)
    if effects is None or len(designs) < 2:
        return Card(not_applicable="no price changes which design is the cheapest.")
    option, many = vocabulary(result.problem.system).option, counted(len(designs), "design")
    finding = (
        f"Move a price, and the {many} of the front and of each {option}'s own front are ranked anew.",
        "A cost is a sum of amounts times prices, and yields depend on no price, so that these costs are "
        "exact. At other prices a search may find better designs than these.",
    )
    block = Repricing("reprice-sliders", option, prices_data(result, designs, effects))
    return Card(finding=finding, blocks=(block,))


def known_designs(result: RunResult) -> tuple[Designs, Floats]:
    """Return the designs of the front in its order, then those of acids' own fronts that are not on it.

    Their yields are those that were predicted, a column per response.
    """
    assert result.front is not None
    problem, front = result.problem, result.front.evaluation
    acid, continuous, yields = [front.designs.acid], [front.designs.continuous], [front.prediction.mean]
    for verdict in result.acids:
        if verdict.front is None:
            continue
        alone, one = problem.with_acids([verdict.acid]), verdict.front.evaluation
        own = np.array(rows_of(result, front_frame(alone, one))) < 0
        acid.append(np.full(int(own.sum()), problem.acid_names.index(verdict.acid)))
        continuous.append(one.designs.continuous[own])
        yields.append(one.prediction.mean[own])
    return problem.designs(np.concatenate(acid), np.concatenate(continuous)), np.concatenate(yields)


def prices_data(result: RunResult, designs: Designs, effects: PriceEffects) -> dict[str, Any]:
    """Return what the page's script reads.

    ``prices``: name, label, unit, now and most of each slider. ``designs``: of each its row of front.csv from
    0, or null; acid and its label; setpoints in words; cost and slopes. ``label``, ``unit`` and ``digits`` of
    the cost; ``front``: how many designs are on it; ``command`` that searches, without prices.
    """
    assert result.front is not None
    problem, how = result.problem, column(effects.metric)
    front, names = len(result.front.evaluation), problem.system.names
    listed = [
        {
            "row": i if i < front else None,
            "acid": problem.acid_names[k],
            "label": problem.acids[k].label,
            "said": ", ".join(column(n).said(v) for n, v in zip(names, designs.continuous[i], strict=True)),
            "cost": effects.cost[i],
            "slopes": effects.slopes[i].tolist(),
        }
        for i, k in enumerate(designs.acid.tolist())
        if np.isfinite(effects.cost[i])
    ]
    return {
        "label": METRICS[effects.metric].label,
        "unit": how.unit,
        "digits": how.digits,
        "front": front,
        "command": command(result),
        "prices": [
            {
                "name": one.name.removeprefix("price."),
                "label": one.label,
                "unit": one.unit,
                "now": one.value,
                "most": float(f"{4.0 * one.value:.1g}"),
            }
            for one in effects.prices
        ],
        "designs": listed,
    }


def command(result: RunResult) -> str:
    """Return the command that asks the run's question for the cheapest design, but for the prices."""
    config, problem = result.config, result.problem
    source = config.problem.source
    document = config.document or (source.problem if source else None)
    parts = ["optimiser", "ask", builtin.shown(document.path) if document else f"{config.name}.yaml"]
    parts += ["--minimise", "cost"]
    if config.problem.surrogate != SHIPPED:
        parts += ["--surrogate", config.problem.surrogate]
    if (plant := problem.inputs.parameters.plant) is not None:
        parts += ["--scope", "plant", "--throughput", f"{plant.throughput:g}"]
    for file in result.tables.files if result.tables else ():
        parts += [f"--{file.kind}", file.file]
    return shlex.join(parts)
