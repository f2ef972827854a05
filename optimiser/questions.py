"""Questions in Python: one design, acids against each other, where one takes over, what to measure next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from optimiser._io.environment import check_environment
from optimiser._io.errors import InputError
from optimiser.api import own_tables_of
from optimiser.problem.load import Config
from optimiser.problem.objectives import Objective, usual
from optimiser.problem.schema import Problem
from optimiser.search.side_by_side import ProgressCallback
from optimiser.tables.front_csv import design_table, with_choices

if TYPE_CHECKING:
    from optimiser.answers.acids import AcidComparison as ComparedAcids
    from optimiser.answers.answer import Answer as Found
    from optimiser.answers.crossing import Breakeven as Broken
    from optimiser.learning.suggest import Suggested
    from optimiser.report.nearest import Nearest


@dataclass(frozen=True, eq=False, repr=False)
class Answer:
    """The single best design for a question, how sure it is, and what more would cost.

    Attributes:
        found: everything that is known of the answer, as reports use it.
    """

    found: Found

    def __repr__(self) -> str:
        said = f"{self.value:.4g}" if self.feasible else "not feasible"
        return f"<Answer for {self.found.problem.name!r}: {said}>"

    @property
    def feasible(self) -> bool:
        """Whether any design keeps every constraint."""
        return self.found.feasible

    @property
    def value(self) -> float:
        """The objective of the design; NaN where nothing is feasible."""
        return self.found.value if self.feasible else float("nan")

    @property
    def design(self) -> pd.Series[Any]:
        """The design, or the nearest one, with the columns of ``front.csv``."""
        row: pd.Series[Any] = design_table(self.found.problem, self.found.evaluation).iloc[0]
        return row

    @cached_property
    def _evidence(self) -> Nearest:
        from optimiser.report.ask import evidence_of

        return evidence_of(self.found)

    def prices(self) -> pd.DataFrame:
        """Return the best design at other targets and confidences: the prices of yield and certainty."""
        from optimiser.report.ask import priced_frame

        return priced_frame(self.found)

    def acids(self) -> pd.DataFrame:
        """Return each acid's own best objective, its premium, and why it has none."""
        from optimiser.report.cards.ask import acids_frame

        return with_choices(acids_frame(self.found), self.found.problem.system)

    def scopes(self) -> pd.DataFrame:
        """Return each acid's best design in both scopes of the cost; empty but at plant scope."""
        return pd.DataFrame() if self.found.scopes is None else self.found.scopes.frame()

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as `optimiser ask --json` prints it."""
        from optimiser.report.ask import as_json

        return as_json(self.found, self._evidence)

    def write(self, out: str | Path, force: bool = False) -> Path:
        """Write page, tables and manifest into a folder, whole or not at all.

        Raises:
            InputError: ``out`` exists and may not be replaced, or cannot be written.
        """
        from optimiser.report.ask import write_ask

        return write_ask(self.found, self._evidence, Path(out), {}, force).folder

    def __str__(self) -> str:
        from optimiser.report.ask_words import lines

        return "\n".join(lines(self.found))

    def _repr_html_(self) -> str:
        return "".join(f"<p>{escape(line)}</p>" for line in str(self).splitlines())


def ask(
    problem: Problem | Config,
    *,
    minimise: str | Objective | None = None,
    maximise: str | Objective | None = None,
    yields: Mapping[str, float] | None = None,
    confidence: float | None = None,
    joint: bool = False,
    acid: Sequence[str] | str | None = None,
    fix: Mapping[str, float] | None = None,
    at_least: Mapping[str, float] | None = None,
    at_most: Mapping[str, float] | None = None,
    price: Mapping[str, float] | None = None,
    scope: Literal["reagents", "plant"] | None = None,
    throughput: float | None = None,
    acids: str | Path | None = None,
    prices: str | Path | None = None,
    impacts: str | Path | None = None,
    seed: int = 1,
) -> Answer:
    """Return the single best design for a question; what is not asked stays as the problem has it.

    Args:
        problem: feed, acids, ranges and limits.
        minimise, maximise: one metric, such as ``cost``, or `opt.minimise("cost", 0.9)` for a quantile.
        yields: targets by metal, or response of a system of your own, as fractions; they replace those of
            the problem.
        confidence: with which each target holds.
        joint: whether all targets hold at once with the confidence.
        acid: the acids to choose from; of a system of your own, values of a choice or combinations such as
            ``sulfuric / none``.
        fix: setpoints by variable.
        at_least, at_most: limits by variable or metric.
        price: EUR per kg of an acid's (or other solute's) stock, kg of a pure reagent, or kWh of energy.
        scope, throughput: as `run` takes them.
        acids, prices, impacts: your own tables, as `run` takes them.
        seed: of the search; the same seed gives the same answer, bit for bit.

    Raises:
        InputError: the question contradicts itself, or cannot be answered.

    Examples:
        >>> import optimiser as opt
        >>> answer = opt.ask(opt.load_problem("nmc111"), minimise="cost", yields={"Co": 0.9}, acid="sulfuric")
        >>> bool(answer.feasible and answer.design["yield_Co"] >= 0.9)
        True
    """
    from optimiser.answers.answer import ask as answer_to
    from optimiser.answers.options import objective_of
    from optimiser.answers.question import Asked

    check_environment()
    if not isinstance(problem, Problem | Config):
        raise InputError(f"{problem!r} is not a problem.", allowed="an opt.Problem or opt.Config")
    question = problem if isinstance(problem, Problem) else problem.problem
    question = question.at_scope(scope, throughput)
    asked = Asked(
        objective=objective_of(minimise, maximise),
        yields=yields,
        confidence=confidence,
        joint=joint,
        acid=(acid,) if isinstance(acid, str) else acid,
        fix=fix,
        at_least=at_least,
        at_most=at_most,
        price=price,
    )
    return Answer(answer_to(question, asked, own_tables_of(question, acids, prices, impacts), seed))


@dataclass(frozen=True, eq=False, repr=False)
class AcidComparison:
    """Every acid searched alone with equal effort.

    Attributes:
        found: everything known of it, as reports use it.
    """

    found: ComparedAcids

    def __repr__(self) -> str:
        return f"<AcidComparison of {len(self.found.acids)} acids on {self.found.name!r}>"

    def acids(self) -> pd.DataFrame:
        """Return one row per acid: its best design, intervals, chance to be the best (docs/acids.md)."""
        return with_choices(self.found.frame(), self.found.problem.system)

    def scopes(self) -> pd.DataFrame:
        """Return each acid's cheapest design in both scopes of the cost; empty but at plant scope."""
        both = self.found.scopes()
        return pd.DataFrame() if both is None else both.frame()

    def fronts(self) -> pd.DataFrame:
        """Return the designs of every acid's own front."""
        return self.found.fronts()

    def impacts(self) -> pd.DataFrame:
        """Return the impacts of each acid's best design in every category; empty where none is feasible."""
        return pd.DataFrame() if self.found.impacts is None else self.found.impacts.frame

    def map(self) -> pd.DataFrame:
        """Return one row per cell of the map over two levers; empty without one."""
        return pd.DataFrame() if self.found.crossing is None else self.found.crossing.frame()

    def boundary(self) -> pd.DataFrame:
        """Return where one acid takes over on the map, row by row; empty without one."""
        return pd.DataFrame() if self.found.crossing is None else self.found.crossing.crossings()

    def write(self, out: str | Path, force: bool = False, scale: Literal["linear", "log"] = "linear") -> Path:
        """Write page, tables and manifest into a folder, whole or not at all.

        Raises:
            InputError: ``out`` exists and may not be replaced, or cannot be written.
        """
        from optimiser.report.acids import deliver_comparison

        return deliver_comparison(self.found, {}, Path(out), force, scale).folder

    def __str__(self) -> str:
        from optimiser.report.acid_words import comparison_lines

        return "\n".join(comparison_lines(self.found))


def compare_acids(
    problem: Problem | Config,
    *,
    objectives: Sequence[str | Objective] | str | Objective | None = None,
    cross: Mapping[str, tuple[float, float]] | None = None,
    unseen: bool = False,
    scope: Literal["reagents", "plant"] | None = None,
    throughput: float | None = None,
    acids: str | Path | None = None,
    prices: str | Path | None = None,
    impacts: str | Path | None = None,
    progress: ProgressCallback | None = None,
    processes: bool = False,
) -> AcidComparison:
    """Search every acid alone with the same settings and seeds, and compare what each comes to.

    Args:
        problem: what is asked, or a config with its search.
        objectives: in the place of the problem's own, such as ``[opt.minimise("cost")]``.
        cross: two levers with their ranges, to map the best acid over:
            ``{"price.citric": (0.3, 3), "yield": (0.7, 0.95)}``.
        unseen: whether acids with too few experiments are compared too, as guesses.
        scope, throughput: as `run` takes them.
        acids, prices, impacts: your own tables, as `run` takes them.
        progress, processes: as `run` takes them.

    Raises:
        InputError: the question cannot be answered, or a lever cannot be varied so.
    """
    from optimiser.answers.acids import compare_acids as compare
    from optimiser.answers.typed import Span

    check_environment()
    config = _config(problem)
    config = replace(config, problem=config.problem.at_scope(scope, throughput))
    if cross is not None and not isinstance(cross, Mapping):
        raise InputError(f"{cross!r} is no pair of levers.", allowed="a mapping of names to (low, high)")
    if isinstance(objectives, str | Objective):
        objectives = (objectives,)
    wanted = [one if isinstance(one, Objective) else usual(one) for one in objectives or ()]
    spans = [Span(name, *_ends(name, ends)) for name, ends in (cross or {}).items()]
    tables = own_tables_of(config.problem, acids, prices, impacts)
    found = compare(
        config, wanted, spans, unseen=unseen, tables=tables, progress=progress, side_by_side=processes
    )
    return AcidComparison(found)


@dataclass(frozen=True, eq=False, repr=False)
class Breakeven:
    """Which acid wins along a lever.

    Attributes:
        found: everything known of it, as reports use it.
    """

    found: Broken

    def __repr__(self) -> str:
        return f"<Breakeven over {self.found.span.text}: {len(self.found.takeovers)} takeovers>"

    def crossings(self) -> pd.DataFrame:
        """Return one row per takeover: value of the lever, loser, winner, and what both come to there."""
        return self.found.crossings()

    def to_frame(self) -> pd.DataFrame:
        """Return one row per value of the lever: the best acid, and what each acid comes to."""
        return self.found.frame()

    def write(self, out: str | Path, force: bool = False) -> Path:
        """Write page, tables and manifest into a folder, whole or not at all.

        Raises:
            InputError: ``out`` exists and may not be replaced, or cannot be written.
        """
        from optimiser.report.acids import deliver_breakeven

        return deliver_breakeven(self.found, {}, Path(out), force).folder

    def __str__(self) -> str:
        from optimiser.report.acid_words import breakeven_lines

        return "\n".join(breakeven_lines(self.found))


def breakeven(
    problem: Problem | Config,
    lever: str,
    between: tuple[float, float],
    *,
    yields: Mapping[str, float] | None = None,
    confidence: float | None = None,
    joint: bool = False,
    objective: str | Objective | None = None,
    against: str | None = None,
    unseen: bool = False,
    acids: str | Path | None = None,
    prices: str | Path | None = None,
    impacts: str | Path | None = None,
    seed: int = 1,
) -> Breakeven:
    """Find which acid is best along a lever, and the values at which another takes over.

    Args:
        problem: feed, acids, ranges, limits.
        lever: such as ``price.citric``, ``climate_change.h2o2``, ``yield``, ``confidence``.
        between: which numbers it is varied.
        yields, confidence, joint: targets in the place of the problem's.
        objective: in the place of the problem's first: `opt.minimise("cost")`, or a metric in its usual
            direction.
        against: compare with this acid alone.
        unseen: whether acids with too few experiments compete too, as guesses.
        acids, prices, impacts: your own tables, as `run` takes them.
        seed: of the random numbers; the same one gives the same answer.

    Raises:
        InputError: an unknown lever or acid, or numbers that are out of bounds.
    """
    from optimiser.answers.crossing import breakeven as find
    from optimiser.answers.question import Asked
    from optimiser.answers.typed import Span

    check_environment()
    goal = objective if objective is None or isinstance(objective, Objective) else usual(objective)
    asked, question = Asked(goal, yields, confidence, joint), _config(problem).problem
    span, tables = Span(lever, *_ends(lever, between)), own_tables_of(question, acids, prices, impacts)
    return Breakeven(find(question, span, asked, against=against, unseen=unseen, tables=tables, seed=seed))


@dataclass(frozen=True, eq=False, repr=False)
class Suggestions:
    """Experiments to do next, the most telling first.

    Attributes:
        found: everything that is known of them, as reports use it.
    """

    found: Suggested

    def __repr__(self) -> str:
        return f"<Suggestions: {len(self)} experiments for {self.found.problem.name!r}>"

    def __len__(self) -> int:
        return len(self.found)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per experiment: why it is suggested, and the columns of ``front.csv``.

        ``chance`` is that of what ``why`` says, and ``value_then`` the first objective if so.
        """
        from optimiser.report.suggest import suggested_frame

        return suggested_frame(self.found)

    def to_dict(self) -> dict[str, Any]:
        """Return the experiments as `optimiser suggest --json` prints them."""
        from optimiser.report.suggest import as_json

        return as_json(self.found)

    def write_sheet(self, path: str | Path, volume_ml: float = 100.0, force: bool = False) -> Path:
        """Write the laboratory sheet, which is filled in and learned from.

        Args:
            path: an .xlsx file.
            volume_ml: leachant of one experiment, mL.
            force: whether an existing file may be replaced.

        Raises:
            InputError: an impossible volume, another suffix, or a file that may not be replaced.
        """
        from optimiser.report.suggest import write_sheet

        return write_sheet(self.found, Path(path), volume_ml, force)

    def __str__(self) -> str:
        from optimiser.report.suggest_words import lines

        return "\n".join(lines(self.found))

    def _repr_html_(self) -> str:
        from optimiser.report.suggest_words import basis, headline

        problem = self.found.problem
        which = ["acid"] if problem.system.is_cathode else list(problem.system.choices)
        yields = [f"yield_{response}" for response in problem.present]
        shown = ["experiment", *which, *problem.system.names, *yields, "why"]
        told = "".join(f"<p>{escape(line)}</p>" for line in (headline(self.found), basis(self.found)))
        return told + str(self.to_frame()[shown].round(3).to_html(index=False))


def suggest(
    problem: Problem | Config,
    n: int = 6,
    *,
    aim: Literal["cost", "front", "feasibility"] = "cost",
    batch: bool = False,
    explore: bool = False,
    samples: int = 1,
    acids: str | Path | None = None,
    prices: str | Path | None = None,
    impacts: str | Path | None = None,
    seed: int = 1,
) -> Suggestions:
    """Suggest the experiments that teach most about a decision.

    Args:
        problem: feed, ranges and limits; own results count where its model is a site model.
        n: number of experiments, 1 to 48.
        aim: ``cost`` for the best first objective at the targets, ``front`` for all objectives,
            ``feasibility`` for which designs reach the targets.
        batch: whether they are run together, so that none waits for another's result.
        explore: whether they may lie just outside the data, up to 1.5 of the domain's limit.
        samples: of each leach, taken at 1 to 3 times; `Suggestions.write_sheet` lists them.
        acids, prices, impacts: your own tables, as `run` takes them.
        seed: of the random numbers; the same one gives the same experiments.

    Raises:
        InputError: the question cannot be answered, or no design keeps the other constraints.

    Examples:
        >>> import optimiser as opt
        >>> found = opt.suggest(opt.load_problem("nmc111"), n=2)
        >>> found.to_frame()["experiment"].tolist()
        [1, 2]
    """
    from optimiser.learning.suggest import Wanted
    from optimiser.learning.suggest import suggest as choose
    from optimiser.uncertainty.study import check_seed

    check_environment()
    check_seed(seed)
    wanted = Wanted(n, aim, batch, explore, samples, seed)
    question = _config(problem).problem
    return Suggestions(choose(question, wanted, own_tables_of(question, acids, prices, impacts)))


def _config(problem: Problem | Config) -> Config:
    if not isinstance(problem, Problem | Config):
        raise InputError(f"{problem!r} is not a problem.", allowed="an opt.Problem or an opt.Config")
    return problem if isinstance(problem, Config) else Config(problem.name, problem)


def _ends(name: Any, ends: Any) -> tuple[float, float]:
    try:
        if isinstance(ends, str) or not isinstance(name, str):
            raise TypeError
        low, high = (float(end) for end in ends)
    except (TypeError, ValueError):
        raise InputError(
            f"{name!r}: {ends!r} is no lever with a range.",
            allowed="a name such as 'price.citric' and two numbers (low, high)",
        ) from None
    return low, high
