"""The library: ask in Python, get a result that shows, plots and writes itself.

The command line builds the same objects and calls the same functions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
from pydantic import ValidationError

from optimiser._io.environment import check_environment
from optimiser._io.errors import InputError, closest
from optimiser._io.yamlfile import first_error
from optimiser.chemistry.feeds import Feed
from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.problem.load import Config
from optimiser.problem.metrics import METRICS
from optimiser.problem.schema import Problem, ReportSpec, SearchSpec
from optimiser.search.run import RunResult
from optimiser.search.run import run as search_config
from optimiser.search.side_by_side import ProgressCallback
from optimiser.systems.system import SystemFeed
from optimiser.tables.front_csv import design_table, with_choices
from optimiser.tables.own import OwnTables, read_own_tables, tables_of

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from optimiser.answers.scopes import Scopes
    from optimiser.report.choose import Chosen
    from optimiser.report.compare import Compared
    from optimiser.search.known import Known
    from optimiser.uncertainty.study import Study


@dataclass(frozen=True, eq=False, repr=False)
class Front:
    """The designs of a front, from the best end of the first objective; none where nothing is feasible.

    Attributes:
        problem: the question bound to its models.
        evaluation: everything known of the designs.
        knee: row of the design with the best balance between the objectives, or None.
        empty: the table of a front without designs.
    """

    problem: BoundProblem
    evaluation: Evaluation | None
    knee: int | None
    empty: pd.DataFrame

    def __repr__(self) -> str:
        return f"<Front of {len(self)} designs of {self.problem.name!r}>"

    def __len__(self) -> int:
        return 0 if self.evaluation is None else len(self.evaluation)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per design, with the columns of ``front.csv`` (docs/report.md).

        Yields are fractions; other units are those of the setpoints and metrics.
        """
        if self.evaluation is None:
            return self.empty
        return design_table(self.problem, self.evaluation, self.knee)

    def _repr_html_(self) -> str:
        if self.evaluation is None:
            return "<p>No design is feasible.</p>"
        metrics = [objective.metric for objective in self.problem.objectives]
        yields = [f"yield_{metal}" for metal in self.problem.present]
        design = self.problem.system.table_columns
        shown = dict.fromkeys([*design, *yields, *metrics, "p_feasible", "knee"])
        return str(self.to_frame()[list(shown)].round(3).to_html(index=False))


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """What a search found: the front, the best designs, each acid, and the report.

    Attributes:
        run: everything that the searches found, as reports use it.
    """

    run: RunResult

    def __repr__(self) -> str:
        return f"<Result of {self.run.config.name!r}: {len(self.front)} designs on the front>"

    @property
    def feasible(self) -> bool:
        """Whether any design keeps every constraint."""
        return self.run.front is not None

    @cached_property
    def front(self) -> Front:
        """The front of all seeds and acids together."""
        from optimiser.report.run import front_csv

        found = self.run.front
        evaluation, knee = (found.evaluation, found.knee) if found else (None, None)
        return Front(self.run.problem, evaluation, knee, front_csv(self.run).iloc[:0])

    def best(self, metric: str) -> pd.Series[Any]:
        """Return the design of the front that is best in a metric, a row of ``front.to_frame()``.

        Args:
            metric: such as ``cost``; better is what the problem asks for, else the usual direction.

        Raises:
            InputError: there is no such metric, or no feasible design.
        """
        problem = self.run.problem
        known = list(METRICS) if problem.system.is_cathode else list(problem.metrics)
        if metric not in known and metric not in METRICS:
            raise InputError(
                f"There is no metric {metric!r}.",
                allowed=", ".join(known),
                remedy=closest(metric, known) or "optimiser list objectives",
            )
        if metric not in problem.metrics:
            raise InputError(
                f"This run has no {METRICS[metric].label}.",
                allowed=", ".join(problem.metrics),
                remedy=METRICS[metric].lacks(problem.inputs),
            )
        if not self.feasible:
            raise InputError("No design is feasible.", remedy="print(result) says why")
        asked = {objective.metric: objective.sign for objective in self.run.problem.objectives}
        sign = asked.get(metric, 1 if METRICS[metric].better == "lower" else -1)
        frame = self.front.to_frame()
        best: pd.Series[Any] = frame.iloc[int((sign * frame[metric]).argmin())]
        return best

    def acids(self) -> pd.DataFrame:
        """Return one row per acid: experiments near the feed, its designs, and what became of it.

        Of a system of one's own one row per combination, with a column per choice.
        """
        from optimiser.report.columns import told_of
        from optimiser.report.frames import acids_frame

        with told_of(self.run.problem.system):
            return with_choices(acids_frame(self.run), self.run.problem.system)

    @cached_property
    def _scopes(self) -> Scopes | None:
        from optimiser.answers.scopes import scopes_of_run

        return scopes_of_run(self.run)

    def scopes(self) -> pd.DataFrame:
        """Return each acid's best design in both scopes of the cost; empty but at plant scope.

        One row per scope (``reagents``, ``plant``) and acid, with its rank, setpoints and costs.
        """
        return pd.DataFrame() if self._scopes is None else self._scopes.frame()

    def plot_front(self) -> go.Figure:
        """Return the front of each acid in the first two objectives, with 90 % intervals.

        Raises:
            InputError: there is nothing to plot: one objective, or no feasible design.
        """
        from optimiser.report.columns import told_of
        from optimiser.report.figures.designs import draw_front

        if self.run.front is None or len(self.run.problem.objectives) < 2:
            raise InputError(
                "There is no front to plot: it needs two objectives and a feasible design.",
                remedy="print(result) says what was found",
            )
        with told_of(self.run.problem.system):
            return draw_front(self.run, self.run.front)

    def write(self, out: str | Path, formats: Sequence[str] | None = None, force: bool = False) -> Path:
        """Write the report into a folder, whole or not at all.

        Args:
            out: the folder.
            formats: of ``html`` (report.html), ``xlsx`` (front.xlsx), ``csv`` (front.csv); those of the
                config if left out. A manifest.json is always written.
            force: replace a folder that this product wrote.

        Returns:
            The folder.

        Raises:
            InputError: ``out`` exists and may not be replaced, or cannot be written.
        """
        from optimiser.report.run import write_run

        chosen = self.run.config.report
        if formats is not None:
            try:
                chosen = ReportSpec.model_validate({"formats": list(formats)})
            except ValidationError as error:
                raise first_error(error, ReportSpec, {"formats": list(formats)}) from None
        return write_run(self.run, Path(out), chosen.formats, force, scopes=self._scopes).folder

    def __str__(self) -> str:
        from rich.console import Console

        from optimiser.report.console import print_result

        text = StringIO()
        # a notebook would show it at once instead of returning it
        console = Console(file=text, highlight=False, force_terminal=False, force_jupyter=False, width=100)
        print_result(self.run, None, console, self._scopes)
        return text.getvalue().rstrip()

    def _repr_html_(self) -> str:
        from optimiser.report.columns import told_of
        from optimiser.report.refusal import infeasibility_lines
        from optimiser.report.words import answer

        found, lines = self.run, list[str]()
        with told_of(found.problem.system):
            if found.front is not None:
                lines = list(answer(found.problem, found.front.evaluation, found.front.answer))
            elif found.infeasibility is not None:
                lines = infeasibility_lines(found.infeasibility, found.problem)
        return "".join(f"<p>{escape(line)}</p>" for line in lines) + self.front._repr_html_()


def run(
    problem: Problem | Config,
    *,
    scope: Literal["reagents", "plant"] | None = None,
    throughput: float | None = None,
    acids: str | Path | None = None,
    prices: str | Path | None = None,
    impacts: str | Path | None = None,
    progress: ProgressCallback | None = None,
    processes: bool = False,
    population: int | None = None,
    generations: int | None = None,
    seeds: Sequence[int] | int | None = None,
    per_acid: int | None = None,
    stagnation: int | None = None,
    algorithm: str | None = None,
    journal: str | Path | None = None,
) -> Result:
    """Search a problem with each seed, merge the fronts, and search each acid on its own.

    The same problem, numbers and seeds give the same result, bit for bit.

    Args:
        problem: what is asked, or a config with its search.
        scope: what the cost takes in, in the place of the problem's: ``reagents`` (and energy) or ``plant``.
        throughput: of the plant, t of feed per day; implies the scope ``plant``.
        acids, prices, impacts: your own tables, as `optimiser run --acids` and so on take them; a number in
            them replaces one of the problem or of the shipped tables.
        progress: called with the name of a search and its `Progress` (generation, generations, ...).
        processes: whether long searches may start processes, one per core; the result is the same. A script
            that asks for them must be guarded by ``if __name__ == "__main__":``.
        population: designs per generation (100).
        generations: of each seed (100).
        seeds: whole numbers, or one ([1, 2, 3]).
        per_acid: generations of each acid's own search; 0 leaves it out (40).
        stagnation: generations without gain after which a search stops; 0 for never (30).
        algorithm: which leads the search ("nsga2").
        journal: folder that keeps what the searches predict. If Python is stopped or killed, the same call
            goes on from there, with the same result, bit for bit; so it stays until you delete it.

    Raises:
        InputError: the question cannot be answered: an unknown acid, a price that is missing, ...; the
            journal is of another question, is damaged, is in use, or cannot be written.

    Examples:
        >>> import optimiser as opt
        >>> result = opt.run(opt.load_problem("nmc111"), population=16, generations=4, seeds=[1], per_acid=0)
        >>> cheapest = result.best("cost")
        >>> bool(cheapest["cost"] == result.front.to_frame()["cost"].min())
        True
    """
    check_environment()
    if not isinstance(problem, Problem | Config):
        raise InputError(
            f"{problem!r} is not a problem.",
            allowed="an opt.Problem or an opt.Config",
            remedy="read a file with opt.load_problem or opt.load_config",
        )
    asked = problem if isinstance(problem, Config) else Config(problem.name, problem)
    asked = replace(asked, problem=asked.problem.at_scope(scope, throughput))
    given = {
        "population": population,
        "generations": generations,
        "seeds": tuple(seeds) if isinstance(seeds, Sequence) else seeds,
        "per_acid": per_acid,
        "stagnation": stagnation,
        "algorithm": algorithm,
    }
    search = {name: value for name, value in given.items() if value is not None}
    try:
        settings = SearchSpec(**{**asked.search.model_dump(exclude_unset=True), **search})
    except ValidationError as error:
        raise first_error(error, SearchSpec, search) from None
    tables = own_tables_of(asked.problem, acids, prices, impacts)
    asked = replace(asked, search=settings)
    if journal is None:
        return Result(search_config(asked, progress, tables, side_by_side=processes))
    from optimiser.report.unfinished import kept, pin_of

    with kept(Path(journal), pin_of(asked, tables), stays=True, option="journal") as journals:
        return Result(search_config(asked, progress, tables, side_by_side=processes, journals=journals))


def own_tables_of(
    problem: Problem | None, acids: str | Path | None, prices: str | Path | None, impacts: str | Path | None
) -> OwnTables | None:
    """Read a user's tables on top of a problem's own acids, as the command line does."""
    paths = [None if source is None else Path(source) for source in (acids, prices, impacts)]
    if problem is not None:
        return tables_of(problem, *paths)
    return None if paths == [None] * len(paths) else read_own_tables(*paths)


def _feed_of(said: Mapping[str, Any], problem: Problem | None) -> Feed | SystemFeed:
    """Return the feed that a mapping describes: a cathode, or one of the system of a problem."""
    if problem is None or isinstance(problem.feed, Feed):
        return Feed.model_validate(said)
    from optimiser.problem.named import surrogate_of

    return surrogate_of(problem).system.feed_of({"name": "feed", **said})


def predict(
    designs: pd.DataFrame,
    *,
    feed: str | Feed | SystemFeed | Mapping[str, Any] | None = None,
    problem: Problem | None = None,
    acids: str | Path | None = None,
    prices: str | Path | None = None,
    impacts: str | Path | None = None,
    tolerances: bool | Literal["off"] = True,
) -> pd.DataFrame:
    """Predict yields with intervals, balances, costs, impacts and margins of designs.

    Args:
        designs: one row per design: acid, temperature (degC), acid_concentration (mol/L), h2o2 (wt%),
            solid_liquid_ratio (g/L), time (min) and optionally feed. With a problem on a system of one's own
            its choices and setpoints instead. Columns of a front are left aside.
        feed: the cathode where no column says it: a name, or a composition as in `Problem`.
        problem: whose feed, own acids, process numbers, tolerances and yield model apply.
        acids, prices, impacts: your own tables, as `optimiser predict --acids` and so on take them.
        tolerances: whether yields are means over a plant's tolerances; False or "off" for those of the
            setpoints alone.

    Returns:
        One row per design, with the index of ``designs``; yields are fractions.

    Raises:
        InputError: a column is missing or unknown, a cell is wrong, or nothing says which feed is leached.

    Examples:
        >>> import optimiser as opt
        >>> import pandas as pd
        >>> designs = pd.DataFrame({"acid": ["sulfuric"], "temperature": [60], "acid_concentration": [2],
        ...                         "h2o2": [2], "solid_liquid_ratio": [50], "time": [60]})
        >>> found = opt.predict(designs, feed="NMC111")
        >>> bool(0 < found["yield_Li_low"][0] <= found["yield_Li"][0] <= 1)
        True
    """
    from optimiser.tables.predict import predict_frame

    check_environment()
    if not isinstance(designs, pd.DataFrame):
        raise InputError(
            f"{type(designs).__name__} is not a table of designs.",
            allowed="a pandas DataFrame with one row per design",
            remedy="for one design of a front: front.to_frame().iloc[[0]]",
        )
    if problem is not None and not isinstance(problem, Problem):
        raise InputError(
            f"{problem!r} is not a problem.", allowed="an opt.Problem", remedy="read it with opt.load_problem"
        )
    if isinstance(feed, Mapping):
        try:
            feed = _feed_of(feed, problem)
        except InputError as error:
            raise error.at("feed") from None
    if not isinstance(tolerances, bool) and tolerances != "off":
        raise InputError(
            f"tolerances = {tolerances!r} is not possible.",
            allowed='True, False or "off"',
            remedy="give other tolerances in the problem",
        )
    found = predict_frame(
        designs,
        feed=feed,
        problem=problem,
        tables=own_tables_of(problem, acids, prices, impacts),
        tolerances=tolerances is True,
    )
    return found.set_axis(designs.index, axis=0) if len(found) == len(designs) else found


def choose(
    run: Result | str | Path,
    *,
    improve: Sequence[str] | Mapping[str, float | None] | str = (),
    relax: Mapping[str, float] | None = None,
    keep: Sequence[str] | str = (),
    start: int | None = None,
    reference: Mapping[str, float] | None = None,
    weights: Mapping[str, float] | None = None,
    diverse: int | None = None,
    knees: bool = False,
    polish: bool = False,
) -> Chosen:
    """Choose designs of a run; one of ``improve``, ``reference``, ``weights``, ``diverse`` and ``knees``.

    All designs that the run has predicted are looked at. Any metric may be named, such as ``cost``.

    Args:
        run: what `run` returned, or the folder that it was written to.
        improve: metrics to make better, as much as possible, or up to a value.
        relax: metrics that may get worse, each up to a value.
        keep: metrics that must not get worse.
        start: design of the front to start from, counted from 1; the best one in the first objective if left
            out.
        reference: values to come as close to as possible.
        weights: how much each metric counts.
        diverse: how many designs that differ most.
        knees: whether to return the knees of the front.
        polish: whether to search on from what the run knows.

    Returns:
        An object with ``text``, ``frame`` (the start and the designs chosen) and ``as_json()``.

    Raises:
        InputError: the question is not possible, or the folder is not one of a run.

    Examples:
        >>> import optimiser as opt
        >>> result = opt.run(opt.load_problem("nmc111"), population=16, generations=4, seeds=[1], per_acid=0)
        >>> chosen = opt.choose(result, improve=["recovery"], relax={"cost": 5.0})
        >>> frame = chosen.frame
        >>> bool(frame["recovery"][1] >= frame["recovery"][0] and frame["cost"][1] <= 5.0)
        True
    """
    from optimiser.choosing.ask import Ask
    from optimiser.choosing.choice import choose as pick
    from optimiser.report.choose import Chosen

    for option, given in (("relax", relax), ("reference", reference), ("weights", weights)):
        if given is not None and not isinstance(given, Mapping):
            raise InputError(
                f"{option} = {given!r} does not say which value each metric has.",
                allowed="a mapping such as {'cost': 1.2}",
            )
    for option, number in (("start", start), ("diverse", diverse)):
        if number is not None and (not hasattr(number, "__index__") or isinstance(number, bool)):
            raise InputError(f"{option} = {number!r} is not possible.", allowed="a whole number")
    ask = Ask(
        improve=improve if isinstance(improve, Mapping) else dict.fromkeys(_names(improve)),
        relax=relax or {},
        keep=_names(keep),
        start=start,
        reference=reference or {},
        weights=weights or {},
        diverse=diverse,
        knees=knees,
        polish=polish,
    )
    return Chosen(pick(_known(run), ask))


def compare(one: Result | str | Path, other: Result | str | Path) -> Compared:
    """Compare two runs: what was asked differently, what came out, and how much each change explains.

    Args:
        one, other: what `run` returned, or the folders that they were written to.

    Returns:
        An object with ``text``, ``frame`` (a row per cause), ``as_json()`` and ``write(out)``.

    Raises:
        InputError: the runs are about different feeds or first objectives, or a folder is not one of a run.

    Examples:
        >>> import optimiser as opt
        >>> result = opt.run(opt.load_problem("nmc111"), population=16, generations=4, seeds=[1], per_acid=0)
        >>> print(opt.compare(result, result).text.splitlines()[0])
        The two runs were asked the same.
    """
    from optimiser.comparing.comparison import compare as side_by_side
    from optimiser.report.compare import Compared

    return Compared(side_by_side(_known(one), _known(other)))


def _names(given: Sequence[str] | str) -> tuple[str, ...]:
    names = (given,) if isinstance(given, str) else given
    if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
        raise InputError(f"{given!r} names no metrics.", allowed="a metric such as 'cost', or several")
    return tuple(names)


def _known(run: Result | str | Path) -> Known:
    """Return what is known after a run."""
    from optimiser.report.stored import read_run
    from optimiser.search.known import Known

    check_environment()
    if isinstance(run, Result):
        return Known.of(run.run)
    if not isinstance(run, str | Path):
        raise InputError(f"{run!r} is no run.", allowed="what opt.run returned, or the folder of a report")
    return read_run(run)


@dataclass(frozen=True, eq=False, repr=False)
class Sensitivity:
    """How sure a design's figures are with prices uncertain too, and what drives their spread.

    Attributes:
        study: everything that was drawn, as reports use it.
        metric: the metric whose drivers are ranked unless another is asked for.
    """

    study: Study
    metric: str

    def __repr__(self) -> str:
        return (
            f"<Sensitivity of {self.study.name} of {self.study.problem.name!r}: {self.study.draws:,} draws>"
        )

    def intervals(self) -> pd.DataFrame:
        """Return value and 90 % intervals of each metric: all uncertain, and the yields alone."""
        return self.study.intervals()

    def drivers(self, metric: str | None = None) -> pd.DataFrame:
        """Return the uncertain numbers that move a metric, the largest share of its variance first.

        ``first`` and ``total`` are Sobol indices; ``metric_low`` and ``metric_high`` what the metric is with
        that number alone at the ends of its range.

        Raises:
            InputError: there is no such metric.
        """
        from optimiser.report.sensitivity import ranked_metric

        return self.study.drivers.frame(ranked_metric(self.study, metric or self.metric))

    def chances(self) -> pd.DataFrame:
        """Return the probability that each constraint holds, then all targets, then all constraints."""
        return self.study.chances()

    def acids(self) -> pd.DataFrame:
        """Return each acid's best design and the chance that the first beats it; empty without a search."""
        return self.study.acids

    def front(self) -> pd.DataFrame:
        """Return intervals and chances of each design of the front; empty without a search."""
        return self.study.front

    def inputs(self) -> pd.DataFrame:
        """Return every number that was drawn or held fixed, with distribution, range and source."""
        return self.study.inputs()

    def write(self, out: str | Path, force: bool = False) -> Path:
        """Write page, tables and manifest into a folder, whole or not at all.

        Raises:
            InputError: ``out`` exists and may not be replaced, or cannot be written.
        """
        from optimiser.report.sensitivity import deliver_study, pin

        options = {"draws": self.study.draws, "seed": self.study.seed, "objective": self.metric}
        pinned = pin(self.study, self.metric, options)
        return deliver_study(self.study, self.metric, pinned, Path(out), force).folder

    def __str__(self) -> str:
        from optimiser.report.sensitivity import lines

        return "\n".join(lines(self.study, self.metric))


def sensitivity(
    problem: Problem | Config | Result,
    design: Mapping[str, Any] | pd.Series[Any] | None = None,
    *,
    objective: str | None = None,
    draws: int = 10_000,
    seed: int = 1,
    acids: str | Path | None = None,
    prices: str | Path | None = None,
    impacts: str | Path | None = None,
) -> Sensitivity:
    """Draw every uncertain number of a design: yields, prices, impact factors, stocks, plant.

    Args:
        problem: what is asked, a config, or the result of a run.
        design: acid (of a system of your own, a value of each choice) and setpoints, such as a row of
            ``front.to_frame()``; if left out, the design of the front that is best in the first objective,
            for which a problem or config is searched.
        objective: the metric whose drivers are ranked; the first objective if left out.
        draws: of the Monte Carlo.
        seed: of the draws; the same seed gives the same numbers, bit for bit.
        acids, prices, impacts: your own tables, as `run` takes them; a result has its own.

    Raises:
        InputError: the design, a number of draws or a seed is not possible, or no design is feasible.

    Examples:
        >>> import optimiser as opt
        >>> design = {"acid": "sulfuric", "temperature": 60, "acid_concentration": 2, "h2o2": 2,
        ...           "solid_liquid_ratio": 50, "time": 60}
        >>> found = opt.sensitivity(opt.load_problem("nmc111"), design, draws=256)
        >>> ends = found.intervals().set_index("metric").loc["cost"]
        >>> bool(ends["high"] >= ends["high_yields"])
        True
    """
    from optimiser.answers.question import system_of
    from optimiser.report.sensitivity import check_metric, ranked_metric, study_config

    check_environment()
    if not isinstance(problem, Problem | Config | Result):
        raise InputError(f"{problem!r} is not a problem.", allowed="an opt.Problem, opt.Config or opt.Result")
    if objective is not None:
        check_metric(objective)
    result = problem.run if isinstance(problem, Result) else None
    if isinstance(problem, Problem):
        config = Config(problem.name, problem)
    else:
        config = problem if isinstance(problem, Config) else problem.run.config
    tables = result.tables if result is not None else own_tables_of(config.problem, acids, prices, impacts)
    if result is not None and (acids, prices, impacts) != (None, None, None):
        raise InputError("A result has its own tables.", remedy="give them to opt.run, or give the problem")
    text = None
    if design is not None:
        if not isinstance(design, Mapping | pd.Series):
            raise InputError(
                f"{type(design).__name__} is not a design.",
                allowed="a mapping, or a row such as result.best('cost')",
            )
        named = system_of(config.problem).table_columns
        text = ",".join(f"{name}={design[name]}" for name in named if name in design)
    found = study_config(config, design=text, draws=draws, seed=seed, tables=tables, result=result)
    return Sensitivity(found, ranked_metric(found, objective))
