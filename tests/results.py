"""Tiny real runs that several tests look at."""

from __future__ import annotations

import dataclasses
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from optimiser.problem.constraints import Yields
from optimiser.problem.load import Config, load_config
from optimiser.problem.schema import SearchSpec
from optimiser.report.card import Card, Figure, Panels, Table, make_cards
from optimiser.report.cards import run_makers
from optimiser.report.manifest import manifest
from optimiser.report.run import write_run
from optimiser.search.front import Front
from optimiser.search.run import RunResult, run

TINY = SearchSpec(population=16, generations=4, seeds=(1,), per_acid=3)


def tiny(name: str, **problem: object) -> Config:
    """A built-in config with a search of a second, and parts of its problem replaced."""
    config = load_config(name)
    return dataclasses.replace(config, search=TINY, problem=config.problem.model_copy(update=problem))


@cache
def trade_off() -> RunResult:
    """Cost against recovery of NMC111."""
    return run(tiny("nmc111_cost_vs_recovery"))


@cache
def impossible() -> RunResult:
    """Targets that nothing meets."""
    targets = Yields(**dict.fromkeys(("Li", "Ni", "Mn", "Co"), 1.0))
    acids = load_config("nmc622_cost_vs_recovery").problem.variables.model_copy(
        update={"acid": ("sulfuric", "oxalic")}
    )
    return run(tiny("nmc622_cost_vs_recovery", constraints=(targets,), variables=acids))


@cache
def three_objectives() -> RunResult:
    """Cost, climate change and recovery of NMC111."""
    return run(tiny("nmc111_three_objectives"))


@cache
def single() -> RunResult:
    """The same question as `trade_off`, whose front is cut down to one design."""
    result = trade_off()
    assert result.front is not None
    one = result.problem.evaluate(result.front.evaluation.designs.take(np.array([0])))
    return dataclasses.replace(result, front=Front(one, 0, 0, 1))


def the_front(result: RunResult) -> Front:
    assert result.front is not None
    return result.front


def by_key(result: RunResult) -> dict[str, Card]:
    return {card.key: card for card in make_cards(run_makers(result, manifest(result)))}


def page_text(result: RunResult) -> str:
    """The page of a run."""
    with tempfile.TemporaryDirectory() as folder:
        return write_run(result, Path(folder) / "out", ("html",)).page.read_text(encoding="utf-8")


def blocks_of(card: Card) -> list[Figure | Table]:
    """Figures and tables of a card, those in panels too."""
    found: list[Figure | Table] = []
    for block in card.blocks:
        if isinstance(block, Panels):
            found += block.figures
        elif isinstance(block, Figure | Table):
            found.append(block)
    return found
