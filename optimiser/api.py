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
from optimiser.problem.objectives import METRICS
from optimiser.problem.schema import Problem, ReportSpec, SearchSpec
from optimiser.search.run import RunResult
from optimiser.search.run import run as search_config
from optimiser.search.side_by_side import ProgressCallback
from optimiser.tables.front_csv import design_table
from optimiser.tables.own import OwnTables, own_tables, read_own_tables
from optimiser.variables import DESIGN_COLUMNS

if TYPE_CHECKING:
    import plotly.graph_objects as go


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
        shown = dict.fromkeys([*DESIGN_COLUMNS, *yields, *metrics, "p_feasible", "knee"])
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
        if metric not in METRICS:
            raise InputError(
                f"There is no metric {metric!r}.",
                allowed=", ".join(METRICS),
                remedy=closest(metric, METRICS) or "optimiser list objectives",
            )
        if not self.feasible:
            raise InputError("No design is feasible.", remedy="print(result) says why")
        asked = {objective.metric: objective.sign for objective in self.run.problem.objectives}
        sign = asked.get(metric, 1 if METRICS[metric].better == "lower" else -1)
        frame = self.front.to_frame()
        best: pd.Series[Any] = frame.iloc[int((sign * frame[metric]).argmin())]
        return best

    def acids(self) -> pd.DataFrame:
        """Return one row per acid: experiments near the feed, its designs, and what became of it."""
        from optimiser.report.frames import acids_frame

        return acids_frame(self.run)

    def plot_front(self) -> go.Figure:
        """Return the front of each acid in the first two objectives, with 90 % intervals.

        Raises:
            InputError: there is nothing to plot: one objective, or no feasible design.
        """
        from optimiser.report.figures.designs import draw_front

        if self.run.front is None or len(self.run.problem.objectives) < 2:
            raise InputError(
                "There is no front to plot: it needs two objectives and a feasible design.",
                remedy="print(result) says what was found",
            )
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
        return write_run(self.run, Path(out), chosen.formats, force).folder

    def __str__(self) -> str:
        from rich.console import Console

        from optimiser.report.console import print_result

        text = StringIO()
        # a notebook would show it at once instead of returning it
        console = Console(file=text, highlight=False, force_terminal=False, force_jupyter=False, width=100)
        print_result(self.run, None, console)
        return text.getvalue().rstrip()

    def _repr_html_(self) -> str:
        from optimiser.report.refusal import infeasibility_lines
        from optimiser.report.words import answer

        found, lines = self.run, list[str]()
        if found.front is not None:
            lines = list(answer(found.problem, found.front.evaluation, found.front.knee))
        elif found.infeasibility is not None:
            lines = infeasibility_lines(found.infeasibility, found.problem)
        return "".join(f"<p>{escape(line)}</p>" for line in lines) + self.front._repr_html_()


def run(
    problem: Problem | Config,
    *,
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
) -> Result:
    """Search a problem with each seed, merge the fronts, and search each acid on its own.

    The same problem, numbers and seeds give the same result, bit for bit.

    Args:
        problem: what is asked, or a config with its search.
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

    Raises:
        InputError: the question cannot be answered: an unknown acid, a price that is missing, ...

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
    tables = _tables(asked.problem, acids, prices, impacts)
    return Result(search_config(replace(asked, search=settings), progress, tables, side_by_side=processes))


def _tables(
    problem: Problem | None, acids: str | Path | None, prices: str | Path | None, impacts: str | Path | None
) -> OwnTables | None:
    """Read a user's tables on top of a problem's own acids, as the command line does."""
    paths = [None if source is None else Path(source) for source in (acids, prices, impacts)]
    if paths == [None] * len(paths):
        return None
    return read_own_tables(*paths) if problem is None else own_tables(problem, *paths)


def predict(
    designs: pd.DataFrame,
    *,
    feed: str | Feed | Mapping[str, Any] | None = None,
    problem: Problem | None = None,
    acids: str | Path | None = None,
    prices: str | Path | None = None,
    impacts: str | Path | None = None,
    tolerances: bool | Literal["off"] = True,
) -> pd.DataFrame:
    """Predict yields with intervals, balances, costs, impacts and margins of designs.

    Args:
        designs: one row per design: acid, temperature (degC), acid_concentration (mol/L), h2o2 (wt%),
            solid_liquid_ratio (g/L), time (min) and optionally feed. Columns of a front are left aside.
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
            feed = Feed.model_validate(feed)
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
        tables=_tables(problem, acids, prices, impacts),
        tolerances=tolerances is True,
    )
    return found.set_axis(designs.index, axis=0) if len(found) == len(designs) else found
