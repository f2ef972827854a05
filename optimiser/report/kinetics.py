"""What `kinetics` writes and prints: its files, its lines and its JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from optimiser._io.output import check_folder
from optimiser.chemistry.acids import load_acids
from optimiser.chemistry.feeds import find_feed
from optimiser.chemistry.mixtures import choose
from optimiser.kinetics.frames import constants_frame, curves_frame, energies_frame
from optimiser.kinetics.literature import load_literature
from optimiser.kinetics.simulate import plan_curves
from optimiser.kinetics.study import Kinetics, study
from optimiser.report.cards.kinetics import kinetics_cards
from optimiser.report.deliver import Delivery, deliver
from optimiser.report.kinetics_words import (
    LACKS,
    LAW,
    NOT_MEASURED,
    conditions_sentence,
    contains,
    headline,
    literature_sentence,
    verdict,
    what,
)
from optimiser.report.manifest import given, made_with, plain_json
from optimiser.report.write import default_out
from optimiser.surrogate.artefact import load_surrogate
from optimiser.variables import VARIABLES


def write_kinetics(
    acid: str,
    feed: str = "NMC111",
    *,
    temperature: Sequence[float] = (),
    time: Sequence[float] = (),
    conditions: Mapping[str, float] | None = None,
    surrogate: str = "pd-gbr",
    out: Path | None = None,
    force: bool = False,
    options: Mapping[str, Any] | None = None,
) -> tuple[Kinetics, Delivery]:
    """Simulate curves, fit the law and write page, tables and manifest.

    Args:
        acid, feed: names of known ones.
        temperature, time, conditions: as of `plan_curves`.
        surrogate: name or folder of the yield model.
        out: folder to write; ``reports/kinetics_FEED_ACID/TIME/`` if left out.
        force: replace an existing ``out``.
        options: as the user typed them, for the manifest.

    Raises:
        InputError: anything wrong with acid, feed, conditions or folder, before any prediction.
    """
    if out is not None:
        check_folder(out, force)
    model = load_surrogate(surrogate, where=f"--surrogate {surrogate}")
    plan = plan_curves(
        model,
        find_feed(feed, where=f"--feed {feed}"),
        choose(acid, load_acids(), where="--acid"),
        temperature=temperature,
        time=time,
        conditions=conditions,
    )
    of, literature = study(model, plan), load_literature()
    pinned = {**made_with(model), "options": given(options or {})}
    delivery = deliver(
        out or default_out(f"kinetics_{plan.feed.name}_{plan.acid.name}"),
        manifest=pinned,
        cards=kinetics_cards(of, literature, pinned),
        tables={
            "energies.csv": energies_frame(of, literature),
            "constants.csv": constants_frame(of),
            "curves.csv": curves_frame(of),
        },
        title=f"Leaching kinetics: {what(of)}",
        name=f"kinetics of {plan.acid.name}, {plan.feed.name}",
        force=force,
    )
    return of, delivery


def lines(of: Kinetics) -> list[str]:
    """Return the summary for a terminal."""
    return [
        headline(of),
        conditions_sentence(of),
        "",
        *(verdict(one) for one in of.metals),
        "",
        f"In brackets: the {100 * of.metals[0].line.level:.0f} % confidence interval of the slope.",
        f"It contains {contains(of)}.",
        f"It does not contain {LACKS}.",
        NOT_MEASURED,
        *(f"Note: {note}" for note in of.notes),
        literature_sentence(of, load_literature()),
    ]


def as_json(of: Kinetics) -> dict[str, Any]:
    """Return the answer for a script; ``activation_energy`` is null wherever the slope is none."""
    plan = of.curves.plan
    energies = energies_frame(of, load_literature()).set_index("metal").to_dict("index")
    constants = constants_frame(of)
    found: dict[str, Any] = plain_json(
        {
            "artefact": {"name": of.surrogate.name, "sha256": of.surrogate.sha256},
            "feed": plan.feed.name,
            "acid": plan.acid.name,
            "conditions": plan.conditions,
            "set": sorted(plan.chosen),
            "temperature": plan.temperature.tolist(),
            "time": plan.time.tolist(),
            "units": {"energies": "kJ/mol", "k": "1/min", **{v.name: v.unit for v in VARIABLES}},
            "experiments": plan.experiments,
            "simulated_outside_domain": int((~of.curves.inside).sum()),
            "interval": {
                "level": of.metals[0].line.level,
                "contains": contains(of),
                "does_not_contain": LACKS,
            },
            "law": LAW,
            "metals": {
                one.metal: {
                    **energies[one.metal],
                    "why_not": one.faults,
                    "constants": constants[constants["metal"] == one.metal][["temperature", "k"]].to_dict(
                        "records"
                    ),
                }
                for one in of.metals
            },
            "notes": [NOT_MEASURED, *of.notes],
        }
    )
    return found
