"""What own results taught: by how much a plant differs from the literature, how sure that is, odd rows.

>>> import numpy as np
>>> from optimiser.learning.learn import learn
>>> from optimiser.surrogate.artefact import load_surrogate
>>> from optimiser.tables.own_results import read_results
>>> rows = pd.DataFrame({"acid": "sulfuric", "temperature": [50.0, 70.0], "acid_concentration": 2.0,
...                      "h2o2": 2.0, "solid_liquid_ratio": 50.0, "time": 60.0, "yield_Li": [0.9, 0.95]})
>>> results = read_results(rows, feed="NMC111")
>>> taught = lessons_of(learn(results, load_surrogate("pd-gbr")), results.frame)
>>> taught.rows, taught.experiments, taught.sentence.startswith("Your plant")
(2, 2, True)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from optimiser.chemistry.impurities import IMPURITIES
from optimiser.chemistry.mixtures import group_of
from optimiser.learning.telling import sentence_of
from optimiser.surrogate.artefact import Surrogate
from optimiser.surrogate.calibration import INTERVAL_LEVEL, Calibration, tails
from optimiser.surrogate.residuals import EXPLANATIONS, Learned, hardness, learn_rows, left_out
from optimiser.surrogate.site import Site, base_name
from optimiser.systems.system import System
from optimiser.tables.own_results_layout import Layout, layout_of
from optimiser.variables import Bools, Floats, Ints

Labels = npt.NDArray[np.str_]

#: A value disagrees with everything when it is farther from what all others say than so many standard
#: deviations, and than so much yield.
ODD_DEVIATIONS, ODD_YIELD = 3.0, 0.15
#: Share of the values that can be odd: where more are, the others do not tell which.
MOST_ODD = 0.25
#: Odd values of an acid that are looked for.
MOST_TOLD = 20
#: A trend is told from this difference of the shift between both halves of a range.
LEAST_TREND = 0.04
#: Difference of an impurity, wt%, from which a trend over it is told.
LEAST_IMPURITY = 0.1
#: The explanation with more weight than this is told, as if it were the only one.
MOST_LIKELY = 0.5


@dataclass(frozen=True)
class AcidLesson:
    """What the results with one acid say.

    Attributes:
        acid: its name.
        published: whether the base's data have it.
        rows, experiments: how many there are.
        weights: of each explanation of how the plant differs (`residuals.EXPLANATIONS`), sum 1.
    """

    acid: str
    published: bool
    rows: int
    experiments: int
    weights: dict[str, float]

    @property
    def likeliest(self) -> str:
        """The explanation with more than half of the weight, or empty."""
        return next((name for name, weight in self.weights.items() if weight > MOST_LIKELY), "")


@dataclass(frozen=True)
class Trend:
    """A shift that differs between the lower and the upper half of a setpoint's measured range.

    Attributes:
        variable: the setpoint, or the metal of an impurity.
        metal: whose yield.
        middle: of the measured range, in the variable's unit; wt% of an impurity.
        below, above: mean shift in the lower half, the middle included, and in the upper half.
    """

    variable: str
    metal: str
    middle: float
    below: float
    above: float

    @property
    def size(self) -> float:
        """By how much both halves differ."""
        return abs(self.above - self.below)


@dataclass(frozen=True)
class Shift:
    """By how much the yields of one acid and feed differ from what the base says, at the own conditions.

    Attributes:
        acid, feed: their names.
        published: whether the base's data have the acid.
        likeliest: the explanation with more than half of the weight, or empty.
        experiments: with the acid.
        shift: mean of what the site model expects less what the base expects, by metal, as fractions.
        trends: over the setpoints that were varied, the strongest first; only those that are worth telling.
    """

    acid: str
    feed: str
    published: bool
    likeliest: str
    experiments: int
    shift: dict[str, float]
    trends: tuple[Trend, ...]


@dataclass(frozen=True)
class Skill:
    """How far predictions were from the values measured.

    ``after`` is what the site model says of an experiment that it has not seen: each left out in turn.

    Attributes:
        values: number of values measured.
        mae_before, mae_after: mean absolute error of the base, and of the site model, as fractions.
        within_before, within_after: share of values within the 90 % intervals.
    """

    values: int
    mae_before: float
    mae_after: float
    within_before: float
    within_after: float


@dataclass(frozen=True)
class OddRow:
    """A value that disagrees with everything: likely a typing error.

    Attributes:
        row: number in the stored results, from 1.
        metal: whose yield.
        measured: as it stands there.
        expected: from all others.
    """

    row: int
    metal: str
    measured: float
    expected: float


@dataclass(frozen=True)
class Lessons:
    """What own results taught.

    Attributes:
        name, base: of the site model, and of the published model that it learned on.
        rows, experiments: how many results there are.
        acids: what the results with each acid say.
        shifts: of each acid with each feed.
        skill: before and after; None with one experiment, which cannot be left out.
        odd: values that are likely typing errors.
        impossible: numbers of rows that dissolve more metal than their acid has protons for.
        values: one row per value measured: number of the ``row`` from 1, ``metal``, ``measured``; of base
            (``before``) and site model with the whole experiment left out (``after``) the expectation and the
            ends of the 90 % interval, ``before_low`` and so on; ``shift`` of the site model; ``odd``.
        sentence: all of it in one sentence for each acid and feed.
    """

    name: str
    base: str
    rows: int
    experiments: int
    acids: tuple[AcidLesson, ...]
    shifts: tuple[Shift, ...]
    skill: Skill | None
    odd: tuple[OddRow, ...]
    impossible: tuple[int, ...]
    values: pd.DataFrame
    sentence: str


def lessons_of(surrogate: Surrogate, frame: pd.DataFrame) -> Lessons:
    """Return what own results taught a site model.

    Args:
        surrogate: the site model.
        frame: its results as they are stored, `store.stored_results`.

    Raises:
        ValueError: it is no site model, or the results are not its own.
    """
    site = _site(surrogate)
    data = site.data
    if len(frame) != len(data):
        raise ValueError(f"{len(frame)} results are not the {len(data)} of {surrogate.name}")
    numbers, metals = np.nonzero(~np.isnan(data.yields))
    before = _said(site.expected, data.mean, data.scale)
    after = _held_out(surrogate)
    responses, layout = surrogate.system.responses, layout_of(surrogate.system)
    shift, strange = _shifts(site), odd_rows(site, responses)
    odd = {(value.row, value.metal) for value in strange}
    values = pd.DataFrame(
        {
            "row": numbers + 1,
            "metal": np.array(responses, dtype=object)[metals],
            "measured": frame[list(layout.yields)].to_numpy()[numbers, metals],
            **_columns("before", before, numbers, metals),
            **_columns("after", after, numbers, metals),
            "shift": shift[numbers, metals],
            "odd": [(int(row) + 1, responses[k]) in odd for row, k in zip(numbers, metals, strict=True)],
        }
    )
    names = np.array(layout.option_names(frame))
    acids = tuple(_acid_lesson(surrogate, key, names) for key in dict.fromkeys(data.acid.tolist()))
    shifts = _told_shifts(site, layout, frame, {a.acid: a for a in acids}, shift)
    return Lessons(
        name=surrogate.name,
        base=base_name(surrogate),
        rows=len(frame),
        experiments=len(np.unique(data.experiment)),
        acids=acids,
        shifts=shifts,
        skill=skill_of(surrogate),
        odd=strange,
        values=values,
        impossible=tuple((np.flatnonzero(site.impossible) + 1).tolist()),
        sentence=sentence_of(shifts, surrogate.system) + _doubt(len(np.unique(data.experiment)), strange),
    )


def _doubt(experiments: int, odd: tuple[OddRow, ...]) -> str:
    """Say what makes the sentence doubtful, or nothing."""
    if odd:
        rows = sorted({one.row for one in odd})
        which = f"row {rows[0]} looks" if len(rows) == 1 else f"rows {', '.join(map(str, rows))} look"
        return f" This counts all results, of which {which} mistyped."
    return " This rests on one experiment." if experiments == 1 else ""


def skill_of(surrogate: Surrogate) -> Skill | None:
    """Return how far a site model and its base are from the results; None with a single experiment.

    Raises:
        ValueError: it is no site model.
    """
    site = _site(surrogate)
    data = site.data
    if len(np.unique(data.experiment)) < 2:
        return None
    before, after = _said(site.expected, data.mean, data.scale), _held_out(surrogate)
    known = ~np.isnan(data.yields)

    def errors(told: Sequence[Floats]) -> tuple[float, float]:
        mean, low, high = (part[known] for part in told)
        measured = data.yields[known]
        within = (measured >= low - 1e-9) & (measured <= high + 1e-9)
        return float(np.abs(measured - mean).mean()), float(within.mean())

    (mae_before, within_before), (mae_after, within_after) = errors(before), errors(after)
    return Skill(int(known.sum()), mae_before, mae_after, within_before, within_after)


def _site(surrogate: Surrogate) -> Site:
    if surrogate.site is None:
        raise ValueError(f"{surrogate.name} is no site model")
    return surrogate.site


def _columns(name: str, told: Sequence[Floats], numbers: Ints, metals: Ints) -> dict[str, Floats]:
    ends = ("", "_low", "_high")
    return {f"{name}{end}": part[numbers, metals] for end, part in zip(ends, told, strict=True)}


def _said(calibration: Calibration, mean: Floats, scale: Floats) -> tuple[Floats, Floats, Floats]:
    """Return expected yields that can be, and the ends of their 90 % intervals, shape (n, m) each."""
    expected = calibration.within(mean, scale)
    low, high = (calibration.quantile(expected, scale, p) for p in tails(INTERVAL_LEVEL))
    return expected, low, high


def _held_out(surrogate: Surrogate) -> tuple[Floats, Floats, Floats]:
    """Return what a site model says of each row without its experiment: mean and 90 % interval, (n, m)."""
    site = _site(surrogate)
    data = site.data
    mean, scale = data.mean.copy(), data.scale.copy()
    usual = site.prior.parts[EXPLANATIONS.index("residual")]
    for learned, mine in _each(site):
        told, variance = left_out(learned, data.experiment[mine])
        known = ~np.isnan(told)
        before = usual.lasting(data.mean[mine], hardness(data.scale[mine])) + usual.passing
        doubt = site.prior.narrowing(np.sqrt(variance / before))
        mean[mine] = np.where(known, told, mean[mine])
        scale[mine] = np.where(known, doubt * scale[mine], scale[mine])
    return _said(surrogate.calibration, mean, scale)


def odd_rows(site: Site, responses: Sequence[str]) -> tuple[OddRow, ...]:
    """Return the values that disagree with everything, by their rows; ``responses`` name the yields' columns.

    Each row is compared with what all others say, and each value with all others, those of its own row too:
    the yields of one leach go up and down together, so the first finds wrong setpoints, and the second one
    wrong number. A wrong value makes its neighbours look wrong, too: so the most doubtful one is set aside
    and the others are looked at again, until none is left; a quarter of the values at most, and twenty of
    each acid.
    """
    found = []
    for learned, mine in _each(site):
        rows = learned.rows
        for _ in range(min(MOST_TOLD, int(len(learned.row) * MOST_ODD))):
            told, deviation = (
                np.array(both) for both in zip(_row_out(learned), _value_out(learned), strict=True)
            )
            told = np.clip(told, 0.0, 1.0)
            away = np.abs(rows.yields - told)
            doubt = np.where(away > ODD_YIELD, away / deviation, 0.0)  # NaN is no more than anything
            if not np.nanmax(doubt) > ODD_DEVIATIONS:
                break
            way, i, k = np.unravel_index(int(np.nanargmax(doubt)), doubt.shape)
            value, expected = float(rows.yields[i, k]), float(told[way, i, k])
            found.append(OddRow(int(mine[i]) + 1, responses[int(k)], value, expected))
            yields = rows.yields.copy()
            yields[i, k] = np.nan
            rows = replace(rows, yields=yields)
            learned = learn_rows(site.prior, rows)
    return tuple(sorted(found, key=lambda value: value.row))


def _row_out(learned: Learned) -> tuple[Floats, Floats]:
    """Return what the other rows say of each value, and the standard deviation, shape (n, m) each."""
    mean, variance = left_out(learned, np.arange(len(learned.rows)))
    return mean, np.sqrt(variance)


def _value_out(learned: Learned) -> tuple[Floats, Floats]:
    """Return what all other values say of each, and the standard deviation, shape (n, m) each.

    As in `residuals.left_out`, with each value a group of its own.
    """
    measured = learned.rows.yields[learned.row, learned.metal]
    weight = learned.weights[learned.weights > 0.0][:, None]
    means = np.array([measured - fit.alpha / np.diag(fit.precision) for fit in learned.fits])
    variances = np.array([1.0 / np.diag(fit.precision) for fit in learned.fits])
    mean = (weight * means).sum(axis=0)
    variance = (weight * (variances + (means - mean) ** 2)).sum(axis=0)
    out = np.full((2, *learned.rows.yields.shape), np.nan)
    out[:, learned.row, learned.metal] = mean, np.sqrt(variance)
    return out[0], out[1]


def _each(site: Site) -> list[tuple[Learned, Ints]]:
    """Return what was learned with each acid, and which rows have it."""
    return [(learned, np.flatnonzero(site.data.group == key)) for key, learned in site.learned.items()]


def _shifts(site: Site) -> Floats:
    """Return what the site model expects of each row less what the base expects, shape (n, m)."""
    data = site.data
    shift = np.full_like(data.mean, np.nan)
    by = [*range(data.feed.shape[1]), "acid"]
    groups = pd.DataFrame(data.feed, index=range(len(data))).assign(acid=data.acid).groupby(by, sort=False)
    for mine in groups.indices.values():
        i = int(mine[0])
        composition = tuple(data.feed[i].tolist())
        told = data.of_cathode[mine], data.mean[mine], data.scale[mine]
        after = site.posterior(composition, str(data.acid[i]), *told, data.impurities[mine])
        assert after is not None  # every acid of the results was learned from
        shift[mine] = np.clip(after.mean, 0.0, 1.0) - data.mean[mine]
    return shift


def _acid_lesson(surrogate: Surrogate, key: str, names: Labels) -> AcidLesson:
    site, domain = _site(surrogate), surrogate.domain
    mine = site.data.acid == key
    published = domain.acid[~domain.own] == domain.acids.index(key)
    return AcidLesson(
        acid=str(names[mine][0]),
        published=bool(published.any()),
        rows=int(mine.sum()),
        experiments=len(np.unique(site.data.experiment[mine])),
        weights=dict(zip(EXPLANATIONS, site.learned[group_of(key)].weights.tolist(), strict=True)),
    )


def _told_shifts(
    site: Site, layout: Layout, frame: pd.DataFrame, acids: dict[str, AcidLesson], shift: Floats
) -> tuple[Shift, ...]:
    found, responses = [], layout.system.responses
    known = ~np.isnan(site.data.yields)
    for acid, feed, mine in by_acid_and_feed(frame, layout):
        measured = np.where(known[mine], shift[mine], np.nan)
        there = np.flatnonzero(known[mine].any(axis=0))
        means = {responses[k]: float(np.nanmean(measured[:, k])) for k in there}
        varied = np.column_stack([site.data.continuous[mine], 100.0 * site.data.impurities[mine]])
        trends = _trends(varied, measured, layout.system)
        told = acids[acid]
        found.append(Shift(acid, feed, told.published, told.likeliest, told.experiments, means, trends))
    return tuple(found)


def by_acid_and_feed(frame: pd.DataFrame, layout: Layout) -> list[tuple[str, str, Ints]]:
    """Return each acid and feed of stored results, in order of appearance, and which rows have them.

    Of a system of one's own, each option and feed.
    """
    pairs = list(zip(layout.option_names(frame), frame["feed"].astype(str), strict=True))
    numbers = frame.groupby([*layout.choices, "feed"], sort=False).ngroup().to_numpy()
    every = [np.flatnonzero(numbers == k) for k in range(numbers.max() + 1)]
    return [(*pairs[int(mine[0])], mine) for mine in every]


def _trends(varied: Floats, shift: Floats, system: System) -> tuple[Trend, ...]:
    """Return the trends of some rows' shifts, shape (n, m), that are worth telling, the strongest first.

    Over setpoints and impurities in wt%, shape (n, v + 3).
    """
    found = []
    every = [_lower(column) for column in varied.T]
    steps = [*(variable.step for variable in system.variables), *[LEAST_IMPURITY] * len(IMPURITIES)]
    for j, name in enumerate((*system.names, *IMPURITIES)):
        values = varied[:, j]
        span = float(np.ptp(values))
        halves = [half for i, half in enumerate(every) if i != j]
        if span < steps[j]:
            continue
        middle = float(values.min()) + span / 2.0
        lower = values <= middle
        for k, metal in enumerate(system.responses):
            known = ~np.isnan(shift[:, k])
            if not _both(lower, known):
                continue
            if any(np.array_equal(lower, other) or np.array_equal(~lower, other) for other in halves):
                continue  # another setpoint parts the results alike: nobody knows which of them it is
            below, above = (float(shift[half & known, k].mean()) for half in (lower, ~lower))
            found.append(Trend(name, metal, middle, below, above))
    strong = [trend for trend in found if trend.size >= LEAST_TREND]
    return tuple(sorted(strong, key=lambda trend: -trend.size))


def _both(lower: Bools, known: Bools) -> bool:
    """Say whether both halves have two values at least."""
    return bool(min((lower & known).sum(), (~lower & known).sum()) > 1)


def _lower(values: Floats) -> Bools:
    """Return which values lie in the lower half of their range, the middle included, shape (n,)."""
    return np.asarray(values <= (values.min() + values.max()) / 2.0, dtype=np.bool_)
