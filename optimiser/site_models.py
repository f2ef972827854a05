"""Own results in Python: learn what they teach about a plant, and keep it as a site model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from optimiser._io.environment import check_environment
from optimiser._io.errors import InputError
from optimiser.chemistry.acids import Acid
from optimiser.chemistry.feeds import Feed, find_feed
from optimiser.problem.schema import Problem
from optimiser.systems.system import System, SystemFeed

if TYPE_CHECKING:
    from optimiser.learning.lessons import Lessons
    from optimiser.report.learn import Told
    from optimiser.surrogate.artefact import Surrogate
    from optimiser.tables.own_results import OwnResults


@dataclass(frozen=True, eq=False, repr=False)
class SiteModel:
    """A published yield model, and what the results of one plant taught about it.

    Attributes:
        surrogate: the model that predicts.
        results: the results it learned from, a row each; their numbers count from 1.
        name: by which problems name it: ``Problem(surrogate=name)``; None where it is not kept.
    """

    surrogate: Surrogate
    results: pd.DataFrame
    name: str | None = None

    def __repr__(self) -> str:
        return f"<SiteModel {self.surrogate.name!r} of {len(self.results)} results>"

    @cached_property
    def lessons(self) -> Lessons:
        """What the results taught: weights of the explanations, skill before and after, odd rows."""
        from optimiser.learning.lessons import lessons_of

        return lessons_of(self.surrogate, self.results)

    @property
    def sentence(self) -> str:
        """How the plant differs from the literature, in a sentence for each acid and feed."""
        return self.lessons.sentence

    @property
    def _told(self) -> Told:
        from optimiser.report.learn import Told

        return Told(self.surrogate, self.results, self.lessons, self.name or "")

    def add(
        self,
        results: str | Path | pd.DataFrame,
        *,
        feed: str | Feed | SystemFeed | None = None,
        acids: str | Path | None = None,
        problem: Problem | None = None,
    ) -> SiteModel:
        """Add results, learn from all of them, and return what the model on disk has become.

        Args:
            results, feed, acids, problem: as `learn` takes them.

        Raises:
            InputError: the model is not kept, or rows are wrong or there twice.
        """
        from optimiser.learning.store import add

        name = self._kept("add to")
        _check_types(results, name, feed, "")
        return _stored(add(_read(results, feed, acids, problem, self.surrogate.system), name), name)

    def forget(self, rows: Sequence[int] | int) -> SiteModel:
        """Forget results by their numbers from 1, and return what the model on disk has become.

        Raises:
            InputError: the model is not kept, there is no such row, or none would be left.
        """
        from optimiser.learning.store import forget

        name = self._kept("forget from")
        return _stored(forget(name, [rows] if isinstance(rows, int) else list(rows)), name)

    def undo(self) -> SiteModel:
        """Take back the last change on disk, and return what the model has become again.

        Raises:
            InputError: the model is not kept, or was not changed.
        """
        from optimiser.learning.store import undo

        name = self._kept("take back")
        return _stored(undo(name), name)

    def _kept(self, what: str) -> str:
        if self.name is None:
            raise InputError(
                f"The site model is not kept, so there is nothing to {what}.",
                allowed="a site model with a name",
                remedy='learn with a name: opt.learn(results, name="my-plant")',
            )
        return self.name

    def to_dict(self) -> dict[str, Any]:
        """Return what was learned as `optimiser learn --json` prints it."""
        return self._told.as_json()

    def write(self, out: str | Path, force: bool = False) -> Path:
        """Write a page, tables and a manifest of what was learned into a folder, whole or not at all.

        Raises:
            InputError: ``out`` exists and may not be replaced, or cannot be written.
        """
        return self._told.write(Path(out), {}, force).folder

    def __str__(self) -> str:
        from optimiser.report.learn_words import lesson_lines

        return "\n".join(lesson_lines(self.lessons, self.name or "", self.surrogate.system))

    def _repr_html_(self) -> str:
        from optimiser.report.learn_words import rows_frame

        said = "".join(f"<p>{escape(line)}</p>" for line in str(self).splitlines())
        shown = rows_frame(self.lessons, self.results, self.surrogate.system)
        return said + str(shown.to_html(index=False))


def learn(
    results: str | Path | pd.DataFrame,
    *,
    name: str | None = None,
    feed: str | Feed | SystemFeed | None = None,
    base: str | Path | None = None,
    acids: str | Path | None = None,
    problem: Problem | None = None,
    replace: bool = False,
) -> SiteModel:
    """Learn from own measured results how a plant differs from the literature.

    Args:
        results: a frame, or a CSV, XLSX or Parquet file, with the columns acid, temperature [degC],
            acid_concentration [mol/L], h2o2 [wt%], solid_liquid_ratio [g/L], time [min], at least one of
            yield_Li to yield_Co (fractions), and optionally feed, Cu, Al and Fe [wt%] of what was fed (the
            feed's own where they are left out), replicate, sd, batch, date and note. An acid may be a mixture
            such as ``0.7 sulfuric + 0.3 citric``. Of your own system, its choices, setpoints and responses.
        name: of the site model, which is written to ``models/NAME``, or the path of its folder; None only
            learns, without a file. A problem can use what has a name: ``Problem(surrogate=name)``.
        feed: the cathode, or the name of a known one, of rows that do not name one.
        base: the model to learn on: ``pd-gbr``, or the folder of one of your own system; None for that of
            the problem, or ``pd-gbr``.
        acids: a table of own acids.
        problem: whose feed and own acids apply.
        replace: whether a site model of this name may be replaced; it stays as the version before.

    Raises:
        InputError: a cell of the table is wrong, the base cannot be learned on, or the site model is there
            already.

    Examples:
        >>> import optimiser as opt
        >>> import pandas as pd
        >>> results = pd.DataFrame({
        ...     "acid": "sulfuric", "temperature": [50, 70], "acid_concentration": 2.0, "h2o2": 2.0,
        ...     "solid_liquid_ratio": 50, "time": 60, "yield_Li": [0.90, 0.95], "yield_Mn": [0.66, 0.72],
        ... })
        >>> plant = opt.learn(results, feed="NMC622")
        >>> plant.sentence.startswith("Your plant leaches Mn")
        True
    """
    from optimiser.learning import store
    from optimiser.learning.learn import learn as learn_alone
    from optimiser.problem.named import surrogate_of
    from optimiser.surrogate.artefact import load_surrogate

    check_environment()
    _check_types(results, name, feed, base)
    if base is None and isinstance(problem, Problem) and type(problem).responses is not None:
        model = surrogate_of(problem)
    else:
        model = load_surrogate("pd-gbr" if base is None else base, where="base")
    found = _read(results, feed, acids, problem, model.system)
    if name is None:
        return SiteModel(learn_alone(found, model), found.frame)
    return _stored(store.create(found, model, name, replace=replace), name)


def _check_types(results: object, name: object, feed: object, base: object) -> None:
    """Refuse what is no table, name or feed.

    Raises:
        InputError: one of them is something else.
    """
    expected: tuple[tuple[str, object, tuple[type, ...], str], ...] = (
        ("results", results, (str, Path, pd.DataFrame), "a pandas DataFrame, or the path of a table"),
        ("name", name, (str, type(None)), "a name such as 'my-plant', or None"),
        ("feed", feed, (str, Feed, SystemFeed, type(None)), "the name of a feed, an opt.Feed, or None"),
        ("base", base, (str, Path, type(None)), "the name or path of a published model"),
    )
    for argument, value, kinds, allowed in expected:
        if not isinstance(value, kinds):
            raise InputError(
                f"{argument} is of type {type(value).__name__}.", where=argument, allowed=allowed
            )


def _read(
    results: str | Path | pd.DataFrame,
    feed: str | Feed | SystemFeed | None,
    acids: str | Path | None,
    problem: Problem | None,
    system: System,
) -> OwnResults:
    from optimiser.problem.binding import known_acids
    from optimiser.tables.own import read_own_tables
    from optimiser.tables.own_results import read_results

    if problem is not None and not isinstance(problem, Problem):
        raise InputError(f"{problem!r} is not a problem.", allowed="an opt.Problem")
    if problem is not None and (type(problem).responses is None) != system.is_cathode:
        raise InputError(f"The problem {problem.name} is not on {system.name}.", where="problem")
    if not system.is_cathode:
        from optimiser.tables.own_results_system import named_feed, refuse_acids

        refuse_acids(acids, system, "acids")
        told = named_feed(feed, system, "feed") if isinstance(feed, str) else feed
        given = problem.feed if told is None and problem is not None else told
        return read_results(results, feed=given, system=system)
    if isinstance(feed, SystemFeed):
        raise InputError(
            f"{feed.name} is no cathode.", where="feed", allowed="an opt.Feed, or the name of a known one"
        )
    known: Mapping[str, Acid] | None = known_acids(problem) if problem is not None else None
    if feed is None and problem is not None:
        feed = problem.feed
    elif isinstance(feed, str):
        feed = find_feed(feed, where="feed")
    return read_results(results, feed=feed, acids=read_own_tables(acids, known=known).acids)


def _stored(surrogate: Surrogate, name: str) -> SiteModel:
    from optimiser.learning.store import stored_results

    return SiteModel(surrogate, stored_results(surrogate), name)
