"""The members of the yield model of any system: pairwise differences and plain boosting."""

from __future__ import annotations

from dataclasses import asdict

from optimiser.surrogate.encoding import Encoding, encoding_of
from optimiser.systems.table import SystemTable
from optimiser.training.fit import Recipe, TrainSettings, fit
from optimiser.training.members import Member


def members_of(encoding: Encoding) -> tuple[Member, ...]:
    """Return what is fitted and averaged for a system."""
    system = encoding.system
    names = encoding.column_names
    rising = tuple(n for n in names if system.monotone.get(n.removeprefix("log_"), 0) > 0)
    falling = tuple(n for n in names if system.monotone.get(n.removeprefix("log_"), 0) < 0)
    return (
        Member(
            "PD-GBR",
            paired=True,
            joint=True,
            columns=names[:-1],
            trees=300,
            learning_rate=0.1,
            min_leaf=10,
            column_share=0.3,
            bin_rows=1,
            pairs=4_000,
            rising=rising,
            falling=falling,
        ),
        *(
            Member(
                f"GBR {draw + 1}",
                paired=False,
                joint=True,
                columns=names[:-1],
                trees=400,
                learning_rate=0.05,
                min_leaf=2,
                column_share=0.5,
                bin_rows=1,
                leaves=15,
                bagging=0.8,
                draw=draw,
                rising=rising,
                falling=falling,
            )
            for draw in range(3)
        ),
    )


def system_recipe(table: SystemTable) -> Recipe:
    """Return how the yield model of a system is fitted."""
    settings = TrainSettings(members=members_of(encoding_of(table.system)))
    return Recipe(
        "PD-GBR (gradient boosting on pairwise differences) and three gradient boostings",
        asdict(settings),
        len(settings.members) + 1,
        lambda table, rows, step: fit(table, rows, settings, step),
    )
