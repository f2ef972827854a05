"""Every acid on its own, with equal effort: its front, its best designs, and its chance to be the best."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from optimiser.answers.crossing import CrossingMap, check_spans, crossing_map
from optimiser.answers.rivals import Field, Rivals, field_of
from optimiser.answers.scopes import Scopes
from optimiser.answers.scopes import side_by_side as both_scopes
from optimiser.answers.typed import Span
from optimiser.chemistry.impacts import ImpactTable, climate_table
from optimiser.chemistry.mixtures import single_acids
from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.problem.load import Config
from optimiser.problem.objectives import Objective, minimise
from optimiser.process.impacts import filled
from optimiser.search.archive import Archive, joined
from optimiser.search.front import Front, Infeasibility, front_of, infeasibility_of
from optimiser.search.pool import Pool, Question
from optimiser.search.search import SearchSettings
from optimiser.search.side_by_side import ProgressCallback, Task, search_all, useful_workers, workers
from optimiser.tables.front_csv import design_table
from optimiser.tables.own import OwnTables
from optimiser.tables.predict import Part
from optimiser.tables.results import ImpactResults, impact_results
from optimiser.uncertainty.montecarlo import MonteCarlo, monte_carlo

#: Draws under which the acids' best designs are compared.
DRAWS = 10_000
_ROUNDS = 12  # of polishing an acid's cheapest, cleanest and best designs
_ASIDE = ("cost", "climate_change")


@dataclass(frozen=True, eq=False)
class AcidAlone:
    """One acid, searched alone.

    Attributes:
        acid: its name.
        label: as a person reads it.
        guess: whether it has too few experiments, so that the applicability domain is off for it.
        experiments: with it near the feed.
        problem: of this acid alone.
        front: its own, or None where nothing is feasible.
        picked: its best design in the first objective, then the best ones in `aside`, or None likewise.
        infeasibility: why there is none, or None.
    """

    acid: str
    label: str
    guess: bool
    experiments: int
    problem: BoundProblem
    front: Front | None
    picked: Evaluation | None
    infeasibility: Infeasibility | None


def aside(problem: BoundProblem) -> tuple[Objective, ...]:
    """Return what else each acid's best designs are told of, as far as numbers suffice for it.

    Cost, by reagents and energy; climate change; and at plant scope the cost with the plant.
    """
    plant = () if problem.inputs.plant is None else ("cost_plant",)
    return tuple(minimise(name) for name in (*_ASIDE, *plant) if name in problem.metrics)


@dataclass(frozen=True, eq=False, repr=False)
class AcidComparison:
    """Acids compared.

    Attributes:
        name: of the problem or config.
        field: the acids and the question.
        acids: one of each, feasible ones first, from the best in the first objective.
        drawn: the best designs of the feasible ones, in their order, under draws that they share; None
            where there is none.
        impacts: of the same designs, in every category of the table; None likewise.
        crossing: the map over two levers, or None.
        tables: a user's own tables, or None.
        settings, seeds: of each acid's search.
        seconds: it took.
    """

    name: str
    field: Field
    acids: tuple[AcidAlone, ...]
    drawn: MonteCarlo | None
    impacts: ImpactResults | None
    crossing: CrossingMap | None
    tables: OwnTables | None
    settings: SearchSettings
    seeds: tuple[int, ...]
    seconds: float

    @property
    def problem(self) -> BoundProblem:
        """What was asked, with all acids that are compared."""
        return self.field.problem

    @property
    def objective(self) -> Objective:
        """The first objective, in which the acids are ranked."""
        return self.problem.objectives[0]

    @property
    def feasible(self) -> tuple[AcidAlone, ...]:
        """The acids with a feasible design, the best first."""
        return tuple(one for one in self.acids if one.front is not None)

    def frame(self) -> pd.DataFrame:
        """Return one row per acid that is compared, those with a feasible design first.

        Columns ``acid, feasible, guess, experiments``; of its best design in the first objective the
        setpoints, every metric with ``_low`` and ``_high`` (90 % intervals over the yields alone), yields,
        ``support, proton_ratio, p_feasible``; ``least_cost`` and ``least_climate_change`` of its cheapest
        and cleanest designs, with intervals; ``p_best``, the chance to be the best acid in the first
        objective, and ``p_beats``, that the best acid's design beats this one, everything uncertain.
        """
        return pd.DataFrame([_row(self, one) for one in self.acids])

    def fronts(self) -> pd.DataFrame:
        """Return the designs of every acid's own front, with the columns of ``front.csv``."""
        found = [
            design_table(one.problem, one.front.evaluation, one.front.knee)
            for one in self.feasible
            if one.front is not None
        ]
        return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=["acid"])

    def scopes(self) -> Scopes | None:
        """Return each acid's cheapest design in both scopes of the cost; None but at plant scope."""
        found = [one for one in self.feasible if one.picked is not None]
        if self.problem.inputs.plant is None or not found:
            return None
        acid = np.array([self.problem.acid_names.index(one.acid) for one in found])
        setpoints = np.array([one.picked.designs.continuous for one in found if one.picked is not None])
        problem = replace(self.problem, objectives=(minimise("cost_plant"),))
        return both_scopes(problem, [problem.designs(acid, setpoints[:, place]) for place in (1, 3)])

    def p_best(self) -> dict[str, float]:
        """Return, by feasible acid, the share of draws in which its best design beats all others'."""
        if self.drawn is None:
            return {}
        objective = self.objective
        values = objective.sign * self.drawn.metrics[objective.metric]
        best = values == values.min(axis=1, keepdims=True)
        shares = (best / best.sum(axis=1, keepdims=True)).mean(axis=0)
        return {one.acid: float(share) for one, share in zip(self.feasible, shares, strict=True)}

    def p_beats(self) -> dict[str, float]:
        """Return, by feasible acid but the first, the chance that the first acid's best design beats its."""
        if self.drawn is None:
            return {}
        first, *others = (one.acid for one in self.feasible)
        return {acid: self.drawn.p_acid_better(first, acid, self.objective) for acid in others}


def compare_acids(
    config: Config,
    objectives: Sequence[Objective] | None = None,
    cross: Sequence[Span] = (),
    *,
    unseen: bool = False,
    tables: OwnTables | None = None,
    progress: ProgressCallback | None = None,
    side_by_side: bool = False,
) -> AcidComparison:
    """Search every acid alone with the same settings and seeds, and compare what each comes to.

    An acid's front does not depend on which others are compared.

    Args:
        config: the problem, and how to search it: its seeds, its population (60 at most), and as many
            generations as it gives each acid.
        objectives: in the place of the problem's own.
        cross: two levers to map the best acid over, or none.
        unseen: whether acids with too few experiments are compared too, with the domain off for them.
        tables: a user's own tables.
        progress: told how far each search is.
        side_by_side: whether long searches may start processes.

    Raises:
        InputError: anything wrong with the question, the levers or the tables.
    """
    began = time.perf_counter()
    question = config.problem
    if objectives:
        question = question.with_source(question.source, objectives=tuple(objectives))
    field = field_of(question, None, tables, unseen)
    if cross:
        check_spans(field, cross)
    spec = config.search
    settings = SearchSettings(
        max(8, min(spec.population, 60)), spec.per_acid or 40, spec.stagnation, spec.algorithm
    )
    names = field.problem.acid_names
    tasks = [Task(acid, field.alone(acid), settings, (seed,), seed) for acid in names for seed in spec.seeds]
    predictions = settings.population * settings.generations * len(tasks)
    with workers(useful_workers(len(tasks), predictions) if side_by_side else 0) as others:
        results = search_all(tasks, others, progress)
    n, alone, known = len(spec.seeds), list[AcidAlone](), dict[str, Archive]()
    for k, acid in enumerate(names):
        known[acid] = joined([result.final for result in results[n * k : n * (k + 1)]])
        alone.append(_alone(field, acid, known[acid], spec.seeds[0], spec.population))
    sign, first = field.problem.objectives[0].sign, field.problem.objectives[0].metric
    alone.sort(key=lambda one: np.inf if one.picked is None else sign * one.picked.metrics[first][0])
    drawn, impacts = _together(
        field.problem, [one for one in alone if one.picked is not None], tables, spec.seeds[0]
    )
    crossing = None
    if cross:
        rivals = Rivals(field, seed=spec.seeds[0], levers=[span.name for span in cross])
        for acid, seen in known.items():
            rivals.add(acid, seen.take(seen.front))
        crossing = crossing_map(field, cross, rivals)
    return AcidComparison(
        name=config.name,
        field=field,
        acids=tuple(alone),
        drawn=drawn,
        impacts=impacts,
        crossing=crossing,
        tables=tables,
        settings=settings,
        seeds=spec.seeds,
        seconds=time.perf_counter() - began,
    )


def _alone(field: Field, acid: str, known: Archive, seed: int, size: int) -> AcidAlone:
    """Polish an acid's best, cheapest and cleanest design from what its searches found; read its front."""
    problem = field.alone(acid)
    pool = Pool(problem, np.random.default_rng(seed))
    pool.add(known)
    wanted = (problem.objectives[0], *aside(problem))
    asked = [Question(replace(problem, objectives=(o,))) for o in wanted]
    pool.solve(asked, _ROUNDS)
    seen = pool.archive(problem)
    front = front_of(problem, seen, size)
    picked = None
    if front is not None:
        picked = problem.evaluate(pool.designs.take(np.array([pool.best(q) for q in asked])))
    return AcidAlone(
        acid=acid,
        label=problem.acids[0].label,
        guess=acid in field.guessed,
        experiments=problem.neighbourhoods[0].experiments,
        problem=problem,
        front=front,
        picked=picked,
        infeasibility=None if front else infeasibility_of(problem, seen),
    )


def _together(
    problem: BoundProblem, feasible: Sequence[AcidAlone], tables: OwnTables | None, seed: int
) -> tuple[MonteCarlo | None, ImpactResults | None]:
    """Return the best designs of all acids under the same draws, and their impacts."""
    if not feasible:
        return None, None
    acid = np.array([problem.acid_names.index(one.acid) for one in feasible])
    best = [one.picked.designs.continuous[0] for one in feasible if one.picked is not None]
    evaluation = problem.evaluate(problem.designs(acid, np.array(best)))
    drawn = monte_carlo(problem, evaluation, DRAWS, np.random.default_rng(seed))
    if not problem.system.is_cathode:  # of which no factor is known
        return drawn, None
    part = Part(
        np.arange(len(evaluation)), problem, problem.cathode_acids, evaluation, ("",) * len(problem.acids)
    )
    return drawn, impact_results((part,), _impact_table(problem, tables))


def _impact_table(problem: BoundProblem, tables: OwnTables | None) -> ImpactTable:
    """Return the categories of a user's table, else climate change alone, as the problem counts it."""
    if tables is not None and tables.given is not None:
        numbers = problem.inputs.impacts
        return filled(tables.impacts, () if numbers is None else numbers.assumed)
    return climate_table(single_acids(problem.cathode_acids), problem.reagents)


def _row(of: AcidComparison, one: AcidAlone) -> dict[str, Any]:
    found: dict[str, Any] = {
        "acid": one.acid,
        "feasible": one.picked is not None,
        "guess": one.guess,
        "experiments": one.experiments,
    }
    if one.picked is None:
        return found
    best, problem = one.picked, one.problem
    found |= {name: float(getattr(best.designs, name)[0]) for name in problem.system.names}
    cathode = problem.system.is_cathode
    shown = dict.fromkeys(
        [
            *(*(o.metric for o in problem.objectives), *problem.reported),
            *(*(("chlorine",) if cathode else ()), *_yields(problem)),
        ]
    )
    for name in shown:
        if name not in problem.system.names:
            found |= _with_ends(one, name, name, 0)
    ratios = ("proton_ratio",) if cathode else ()
    found |= {name: getattr(best, name)[0].item() for name in ("support", *ratios, "p_feasible")}
    for place, least in enumerate(aside(problem), start=1):
        if least.metric in _ASIDE:
            found |= _with_ends(one, f"least_{least.metric}", least.metric, place)
    beats = of.p_beats()
    return found | {"p_best": of.p_best()[one.acid], "p_beats": beats.get(one.acid, float("nan"))}


def _yields(problem: BoundProblem) -> list[str]:
    return [f"yield_{metal}" for metal in problem.present]


def _with_ends(one: AcidAlone, called: str, metric: str, row: int) -> dict[str, float]:
    """Return a metric with the ends of its interval, which a guess has not."""
    assert one.picked is not None
    ends = {"": one.picked.metrics, "_low": one.picked.metrics_low, "_high": one.picked.metrics_high}
    return {
        called + end: float("nan") if end and one.guess else float(values[metric][row])
        for end, values in ends.items()
    }
