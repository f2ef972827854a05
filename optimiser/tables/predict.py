"""Prediction of tables of scenarios, in pieces of bounded size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import Acid
from optimiser.chemistry.feeds import Feed, find_feed
from optimiser.problem.binding import assemble, assumed_of, factors_of, tolerances_of
from optimiser.problem.bound import BoundProblem, Evaluation
from optimiser.problem.feed_words import reading_lines
from optimiser.problem.impacts import credit_of
from optimiser.problem.metrics import APART, BY_PRODUCTS, METRICS
from optimiser.problem.named import surrogate_of
from optimiser.problem.schema import Problem
from optimiser.problem.system_binding import assemble_system
from optimiser.problem.tolerances import DEFAULT, OFF, Tolerances, default_tolerances, no_tolerances, said
from optimiser.problem.yields import assumption, check_yields
from optimiser.process.impacts import AssumedFactor, Credit, filled
from optimiser.process.parameters import ProcessParameters, process_parameters
from optimiser.process.system_inputs import SystemInputs
from optimiser.surrogate.artefact import Surrogate, load_surrogate
from optimiser.surrogate.site import whose_yields
from optimiser.systems.system import Option, System, SystemFeed
from optimiser.systems.words import vocabulary
from optimiser.tables.front_csv import design_table
from optimiser.tables.missing import note, with_blanks
from optimiser.tables.own import OwnTables, own_tables, read_own_tables
from optimiser.tables.read import CHUNK, Table
from optimiser.tables.scenarios import Known, Scenarios, open_scenarios, parse, results_aside
from optimiser.tables.system_scenarios import feed_named
from optimiser.toolkit.profile import Profile, ToolkitSums
from optimiser.variables import Bools, Designs, Ints

#: Note of scenarios outside the applicability domain.
OUTSIDE = "outside the domain"
#: Called with the rows done and the rows in all.
RowProgress = Callable[[int, int], None]


def _silent(done: int, rows: int) -> None:
    """Show nothing."""


@dataclass(frozen=True)
class Setting:
    """A checked table and what it is predicted with.

    ``question`` and ``columns``, those of the results, are of a system of one's own alone: which metrics its
    designs have depends on the feed and the option.
    """

    source: Table
    known: Known
    tables: OwnTables
    surrogate: Surrogate
    parameters: ProcessParameters
    rows: int
    profile: Profile | None = None
    assumed: tuple[str, ...] = ()
    tolerances: Tolerances = DEFAULT
    factors: tuple[AssumedFactor, ...] = ()
    credit: Credit | None = None
    question: Problem | None = None
    columns: tuple[str, ...] = ()

    @property
    def system(self) -> System:
        """What the designs of the table are of."""
        return self.surrogate.system

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be told of tolerances, assumed yields and own tables; a profile has none of these."""
        if self.profile is None:
            own = whose_yields(self.surrogate)
            told = (
                *own,
                said(self.tolerances.record(), self.tolerances.variables),
                *self.assumed,
                *self.tables.notes,
            )
            aside = results_aside(self.source, self.system)
            note = f"Columns of results left aside, since they are predicted anew: {aside}."
            return (note, *told) if aside else told
        return (
            *whose_yields(self.surrogate),
            *self.assumed,
            *(self.profile.impacts.notes if self.profile.impacts is not None else ()),
        )


@dataclass(frozen=True)
class Part:
    """Predicted scenarios of one feed.

    Attributes:
        place: position of each scenario among all of them, from 0, shape (n,).
        problem: whose acids and feed they have; what an acid lacks is NaN there.
        acids: the same acids as the tables have them.
        evaluation: what is known of them.
        lacking: what is missing for each acid, in the order of ``acids``, or empty.
        toolkit: the sums of the profile that takes the place of ours, or None.
        columns: of the results of a system of one's own.
    """

    place: Ints
    problem: BoundProblem
    acids: tuple[Acid | Option, ...]
    evaluation: Evaluation
    lacking: tuple[str, ...]
    toolkit: ToolkitSums | None = None
    columns: tuple[str, ...] = ()

    @property
    def inside(self) -> Bools:
        """Which are inside the applicability domain, shape (n,)."""
        return np.asarray(self.evaluation.margins["applicability_domain"] >= 0.0)

    @property
    def notes(self) -> np.ndarray:
        """What is missing for each scenario, and whether it is outside the domain, text, shape (n,)."""
        acid = self.evaluation.designs.acid
        known = np.array([bool(len(near.of_acid)) for near in self.problem.neighbourhoods])[acid]
        unknown = f"{OUTSIDE}: {vocabulary(self.problem.system).option} not in the data"
        outside = np.select([~known, ~self.inside], [unknown, OUTSIDE], "")
        pairs = zip(np.array(self.lacking, dtype=object)[acid], outside.tolist(), strict=True)
        return np.array(["; ".join(text for text in pair if text) for pair in pairs], dtype=object)


@dataclass
class Tally:
    """Counts over a table while it is predicted.

    Attributes:
        rows: scenarios predicted.
        outside: those outside the applicability domain.
        noted: how many rows lack each of what is missing.
    """

    rows: int = 0
    outside: int = 0
    noted: Counter[str] = field(default_factory=Counter)

    def counted(self, piece: tuple[Part, ...]) -> tuple[Part, ...]:
        """Count the scenarios of a piece and return it."""
        for part in piece:
            self.rows += len(part.place)
            self.outside += int((~part.inside).sum())
            self.noted.update(text for k in part.evaluation.designs.acid if (text := part.lacking[k]))
        return piece

    def lines(self) -> list[str]:
        """Say the counts beyond the number of rows."""
        said = [
            f"{count} of them with blank costs or impacts: {text}."
            for text, count in sorted(self.noted.items())
        ]
        if self.outside:
            said.append(f"{self.outside} of them outside the applicability domain: their yields are guesses.")
        return said


def prepare(
    source: str | Path | pd.DataFrame | Table,
    *,
    question: Problem | None = None,
    feed: str | Feed | SystemFeed | None = None,
    sheet: str | None = None,
    basis: float | None = None,
    tables: OwnTables | None = None,
    profile: Profile | None = None,
    bare: bool = False,
    surrogate: str | Surrogate | None = None,
    feed_from: str = "feed",
) -> Setting:
    """Read a table of scenarios once, check every cell, and load what predicts it.

    Args:
        source: CSV, XLSX or Parquet, a frame or an open table: our columns, or those of the Toolkit's
            template.
        question: takes feed, extra acids, process parameters and surrogate from this problem.
        feed: a feed, or the name of a known one, for tables without a feed column; stronger than the
            problem's.
        sheet: of a workbook with several.
        basis: kg of cathode per batch; the feed's own mass if left out.
        tables: acids, prices and factors; the shipped ones with the problem's own if left out.
        profile: whose sums take the place of ours; its yields are always those of the setpoints themselves.
        bare: whether yields are those of the setpoints themselves; else they are taken over the problem's
            tolerances, or the usual ones.
        surrogate: the yield model, or its name or path; stronger than the problem's.
        feed_from: what named the feed, for messages.

    Raises:
        InputError: the table cannot be read, or a cell is wrong (row and column named).
    """
    if basis is not None and not 0.0 < basis < 1e9:
        raise InputError(
            f"A basis of {basis:g} kg of cathode is not possible.", where="--basis", allowed="above 0, in kg"
        )
    model = model_of(question, surrogate)
    if not model.system.is_cathode:
        return _prepared_of_system(
            source, model, question, feed, sheet, basis, tables, profile, bare, feed_from
        )
    table = open_scenarios(source, sheet)
    tables = tables or (own_tables(question, None, None, None) if question else read_own_tables())
    if feed is None:
        feed = question.feed if question else None
    elif isinstance(feed, str):
        feed = find_feed(feed, where=feed_from)
    known = Known(tables.acids, feed, basis)
    rows, assumed = 0, dict[str, None]()
    for piece in table.chunks():
        scenarios = parse(table, piece, known)
        rows += len(scenarios)
        for leached in scenarios.feeds:
            assert isinstance(leached, Feed)
            check_yields(model, leached)
            assumed |= dict.fromkeys([told] if (told := assumption(leached)) else [])
            assumed |= dict.fromkeys(reading_lines(leached))
            if profile is not None and leached.cathode_share != 1.0:
                raise InputError(
                    f"The Toolkit's sums are of a pure cathode; {leached.name} holds other solids beside it.",
                    where="--profile",
                    remedy="leave --profile out, or give the cathode's composition alone",
                )
    parameters = process_parameters(question.process if question else None)
    tolerances = tolerances_of(question) if question else DEFAULT
    if bare or profile is not None:
        tolerances = OFF
    factors = assumed_of(question, tables) if question else ()
    credit = credit_of(question.credit) if question else None
    return Setting(
        table, known, tables, model, parameters, rows, profile, tuple(assumed), tolerances, factors, credit
    )


def model_of(question: Problem | None, surrogate: str | Surrogate | None) -> Surrogate:
    """Return the yield model: the one given or named, else that of the problem, else the one that ships.

    Raises:
        InputError: there is none, or it cannot be read.
    """
    if isinstance(surrogate, Surrogate):
        return surrogate
    if surrogate is not None:
        return load_surrogate(surrogate, where=f"--surrogate {surrogate}")
    return surrogate_of(question) if question else load_surrogate("pd-gbr")


def _prepared_of_system(
    source: str | Path | pd.DataFrame | Table,
    model: Surrogate,
    question: Problem | None,
    feed: str | Feed | SystemFeed | None,
    sheet: str | None,
    basis: float | None,
    tables: OwnTables | None,
    profile: Profile | None,
    bare: bool,
    feed_from: str,
) -> Setting:
    """Do what `prepare` does for a table of designs of a system of one's own."""
    system = model.system
    own = [] if tables is None else [file.kind for file in tables.files]
    if profile is not None or own:
        raise InputError(
            f"{'A profile' if profile is not None else f'A table of {own[0]}'} is for cathodes: the system "
            f"{system.name} has no use for it.",
            remedy="leave it out; prices and factors of a system's reagents stand in the system's file",
        )
    table = open_scenarios(source, sheet, system)
    if isinstance(feed, str):
        feed = feed_named(system, feed, where=feed_from)
    elif feed is None and question is not None and isinstance(question.feed, SystemFeed):
        feed = question.feed
    if feed is not None and not isinstance(feed, SystemFeed):
        raise InputError(
            f"{feed.name} is a cathode, and {model.name} predicts the yields of {system.name}.",
            where="feed",
            allowed=", ".join(system.feeds),
            remedy="name one of these",
        )
    known = Known({}, feed, basis, system)
    rows, told, options = 0, dict[str, None](), dict[Option, None]()
    feeds: dict[str, SystemFeed] = {}
    for piece in table.chunks():
        scenarios = parse(table, piece, known)
        rows += len(scenarios)
        options |= dict.fromkeys(one for one in scenarios.acids if isinstance(one, Option))
        feeds |= {one.name: one for one in scenarios.feeds if isinstance(one, SystemFeed)}
    columns = dict[str, None]()
    for one in feeds.values():
        problem = assemble_system("predict", one, tuple(options), model, question)
        told |= dict.fromkeys(problem.inputs.notes if isinstance(problem.inputs, SystemInputs) else ())
        columns |= dict.fromkeys(_columns_of(problem))
    tolerances = tolerances_of(question, system) if question else default_tolerances(system)
    return Setting(
        source=table,
        known=known,
        tables=tables or read_own_tables(),
        surrogate=model,
        parameters=process_parameters(),
        rows=rows,
        assumed=tuple(told),
        tolerances=no_tolerances(system) if bare else tolerances,
        question=question,
        columns=tuple(columns),
    )


def _columns_of(problem: BoundProblem) -> list[str]:
    """Return the columns of the results of a problem."""
    middle = problem.designs(np.zeros(1, dtype=np.intp), 0.5 * (problem.lower + problem.upper)[:1])
    part = Part(np.zeros(1, dtype=np.intp), problem, problem.acids, problem.evaluate(middle), ("",))
    return [str(name) for name in _result(part).columns]


def parts(
    setting: Setting, *, size: int = CHUNK, progress: RowProgress = _silent
) -> Iterator[tuple[Part, ...]]:
    """Predict a table piece by piece; each piece is one part per feed in it.

    Args:
        setting: the table and its models.
        size: rows per piece: memory grows with this, not with the table.
        progress: told after each piece.
    """
    done = 0
    progress(0, setting.rows)
    for piece in setting.source.chunks(size):
        scenarios = parse(setting.source, piece, setting.known)
        yield tuple(_part(scenarios, k, setting, done) for k in range(len(scenarios.feeds)))
        done += len(scenarios)
        progress(done, setting.rows)


def _part(scenarios: Scenarios, feed: int, setting: Setting, start: int) -> Part:
    rows = np.flatnonzero(scenarios.feed == feed)
    used, index = np.unique(scenarios.acid[rows], return_inverse=True)
    leached = scenarios.feeds[feed]
    if isinstance(leached, SystemFeed):
        options = [one for one in (scenarios.acids[k] for k in used) if isinstance(one, Option)]
        problem = assemble_system("predict", leached, options, setting.surrogate, setting.question)
        problem = replace(problem, tolerances=setting.tolerances)
        designs = problem.designs(np.asarray(index, dtype=np.intp), scenarios.continuous[rows])
        evaluation, nothing = problem.evaluate(designs), ("",) * len(options)
        return Part(start + rows, problem, tuple(options), evaluation, nothing, columns=setting.columns)
    acids = tuple(one for one in (scenarios.acids[k] for k in used) if isinstance(one, Acid))
    problem = assemble(
        "predict",
        leached,
        [with_blanks(acid) for acid in acids],
        setting.surrogate,
        setting.parameters,
        setting.tables.reagents,
    )
    impacts = None
    if setting.profile is None and setting.tables.given is not None:
        impacts = factors_of(problem, setting.tables.given, setting.factors)
    inputs = replace(problem.cathode_inputs, impacts=impacts, credit=setting.credit)
    problem = replace(problem, inputs=inputs, tolerances=setting.tolerances)
    designs = Designs(np.asarray(index, dtype=np.intp), scenarios.continuous[rows])
    evaluation, profile = problem.evaluate(designs), setting.profile
    table = filled(setting.tables.impacts, setting.factors)
    lacking = [note(a, table) if profile is None else profile.note(a) for a in acids]
    sums = None
    if profile is not None:
        sums = profile.sums(problem.acid_names, designs, evaluation.yields, leached.composition)
    return Part(start + rows, problem, acids, evaluation, tuple(lacking), sums)


def results(of: Sequence[Part]) -> pd.DataFrame:
    """Return one row per scenario, in the order of the table.

    Columns: scenario, feed, those of `front_csv.design_table`, ``spread_X`` per metal (standard deviation
    over the anchors), one ``margin_NAME`` per limit of chemistry and domain (>= 0 where it holds),
    ``inside_domain``, ``note``. Under a profile its sums take the place of our metrics.
    """
    return pd.concat([_result(part) for part in of]).sort_values("scenario").reset_index(drop=True)


def _result(part: Part) -> pd.DataFrame:
    evaluation = part.evaluation
    table = design_table(part.problem, evaluation).drop(columns=["knee", "p_feasible"])
    table.insert(0, "feed", part.problem.feed.name)
    table.insert(0, "scenario", part.place + 1)
    more: dict[str, object] = {
        f"spread_{response}": evaluation.prediction.spread[:, i]
        for i, response in enumerate(part.problem.responses)
    }
    more |= {f"margin_{name}": margin for name, margin in evaluation.margins.items()}
    more |= {"inside_domain": part.inside, "note": part.notes}
    if part.toolkit is not None:
        ours = [c for c in table.columns if _base(c) in _SUMS]
        table = pd.concat([table.drop(columns=ours), part.toolkit.frame], axis=1)
    found = pd.concat([table, pd.DataFrame(more)], axis=1)
    # what a feed or an option has no numbers for is empty: all pieces of a table have the same columns
    return found.reindex(columns=list(part.columns)) if part.columns else found


#: Metrics that a profile replaces.
_SUMS = frozenset(METRICS) - APART - {"recovery", "peroxide_rise", *BY_PRODUCTS}


def _base(name: str) -> str:
    return name.removesuffix("_low").removesuffix("_high")


def original(part: Part) -> BoundProblem:
    """Return a part's problem with the acids as the tables have them, for the list of sources."""
    return replace(part.problem, acids=part.acids)  # of a system they are the same


def predict_frame(
    frame: pd.DataFrame,
    *,
    feed: str | Feed | SystemFeed | None = None,
    problem: Problem | None = None,
    tables: OwnTables | None = None,
    tolerances: bool = True,
) -> pd.DataFrame:
    """Predict designs: what ``optimiser predict`` writes, without a file.

    Args:
        frame: one row per design, with the columns acid, temperature [degC], acid_concentration [mol/L],
            h2o2 [wt%], solid_liquid_ratio [g/L], time [min] and optionally feed; or with those of the
            Toolkit's template. Units in the headers are optional.
        feed: the cathode, or the name of a known one, where the frame has no column feed.
        problem: whose feed, own acids, process parameters, tolerances and surrogate apply.
        tables: acids, prices and factors, as `optimiser.tables.own.read_own_tables` gives them.
        tolerances: whether yields are means over the tolerances of a plant, or those of the setpoints alone.

    Returns:
        One row per design in the order of ``frame``; columns as in `results`.

    Raises:
        InputError: a column is missing or unknown, a cell is wrong (row, counted from 0, and column named),
            or nothing says which feed is leached.

    >>> designs = pd.DataFrame({"acid": ["sulfuric"], "temperature": 60, "acid_concentration": 2.0,
    ...                         "h2o2": 2.0, "solid_liquid_ratio": 50, "time": 60})
    >>> found = predict_frame(designs, feed="NMC111")
    >>> bool(found.loc[0, "yield_Li_low"] < found.loc[0, "yield_Li"])
    True
    """
    setting = prepare(frame, question=problem, feed=feed, tables=tables, bare=not tolerances)
    return pd.concat([results(piece) for piece in parts(setting)], ignore_index=True)
