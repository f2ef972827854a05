"""Calibrated yields: by hand, against crepes, by simulation, and on what the shipped model has not seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from crepes import ConformalPredictiveSystem
from hypothesis import given
from hypothesis import strategies as st

from optimiser.chemistry.descriptors import structure_key
from optimiser.surrogate.artefact import load_surrogate
from optimiser.surrogate.calibration import Calibration, kernel, shrunk, stretched, terms, widening
from optimiser.surrogate.features import PREDICTED_METALS
from optimiser.surrogate.training_table import TrainingTable, read_table
from optimiser.training.calibrate import Evidence, calibrate, gather, nested, ratio
from optimiser.training.compare.evaluate import stored_held_out
from optimiser.training.held_out import HeldOut
from optimiser.training.scores import LEVELS, score, score_groups, winkler
from optimiser.variables import Floats


def with_scores(scores: Floats) -> Calibration:
    """A calibration of which only the scores matter."""
    return Calibration(np.full(1, 0.1), np.full(1, 0.1), 0.1, np.zeros(11), np.zeros(6), scores, 0.0)


#: Scores -2 ... 2, the metals' spread over four columns: 17 rows, one of them without manganese.
STEPS = np.linspace(-2.0, 2.0, 17)
FOUR = np.column_stack([STEPS, STEPS[::-1], STEPS, np.roll(STEPS, 5)])
FOUR[0, 2] = np.nan


def test_quantile_by_hand() -> None:
    found = with_scores(np.array([[-2.0, -1.0, 0.0, 1.0], [2.0, np.nan, np.nan, np.nan]]))
    # about 0.95 lie 0.75, 0.85, 0.95, 1 and 1, whose mean is 0.91
    mean, scale = np.array([[0.5, 0.5, 0.91, np.nan]]), np.array([[0.1, 0.2, 0.1, 0.1]])
    np.testing.assert_allclose(found.ordered, [-2, -1, 0, 1, 2])
    np.testing.assert_allclose(found.location(mean, scale), [[0.5, 0.5, 0.95, np.nan]])
    # the quarter quantile of five scores is the second, the median the third
    np.testing.assert_allclose(found.quantile(mean, scale, 0.25), [[0.4, 0.3, 0.85, np.nan]])
    np.testing.assert_allclose(found.quantile(mean, scale, 0.5), [[0.5, 0.5, 0.95, np.nan]])
    # between two scores the outer one; clipped at 1
    np.testing.assert_allclose(found.quantile(mean, scale, 0.3), [[0.4, 0.3, 0.85, np.nan]])
    np.testing.assert_allclose(found.quantile(mean, scale, 0.7), [[0.6, 0.7, 1.0, np.nan]])
    # with errors nine times as large 0.91 can only be four times 1 and once 0.55
    np.testing.assert_allclose(found.quantile(mean, scale * 9, 0.01), [[0.0, 0.0, 0.55, np.nan]])


def test_expected_yield_by_hand() -> None:
    """At every yield of every metal the usual scale is exp(0) = 1 here, times the scores -0.2 ... 0.2."""
    found = with_scores(np.array([[-0.2, -0.1, 0.0, 0.1], [0.2, np.nan, np.nan, np.nan]]))
    centre = np.array([[0.5, 1.0, 0.0, np.nan]])
    # about 1: 0.8, 0.9, 1, 1, 1; about 0: 0, 0, 0, 0.1, 0.2
    np.testing.assert_allclose(found.expected(centre), [[0.5, 0.94, 0.06, np.nan]])


def test_probability_by_hand() -> None:
    found = with_scores(np.array([[-2.0, -1.0, 0.0, 1.0], [2.0, np.nan, np.nan, np.nan]]))
    # about 0.9 lie 0.7, 0.8, 0.9, 1 and 1, whose mean is 0.88
    mean, scale = np.array([[0.5, 0.5, 0.88, np.nan]]), np.full((1, 4), 0.1)
    # 0.6 is a score of 1 away, which two of five reach; 0.9 - 0.3 is below them all
    np.testing.assert_allclose(found.probability(mean, scale, 0.6), [[0.4, 0.4, 1.0, np.nan]])
    np.testing.assert_allclose(found.probability(mean, scale, 0.601), [[0.2, 0.2, 1.0, np.nan]])
    np.testing.assert_allclose(found.probability(mean, scale, 0.0), [[1.0, 1.0, 1.0, np.nan]])
    np.testing.assert_allclose(found.probability(mean, scale, 1.0 - 1e-9), [[0.0, 0.0, 0.4, np.nan]])


def test_joint_probability_by_hand() -> None:
    """Rows are kept together: two metals whose errors go against each other rarely both reach."""
    scores = np.array([[-1.0, 1.0, np.nan, 0], [0.0, 0.0, 1.0, 0], [1.0, -1.0, 0.0, 0], [2.0, 2.0, 0.0, 0]])
    found = with_scores(scores)
    # the mean of the 15 scores is 1/3, so this lies about 0.5
    mean, scale = np.array([[0.5, 0.5, 0.5, np.nan]]) + 0.1 / 3, np.full((1, 4), 0.1)
    nan = np.nan

    def joint(*targets: float) -> float:
        return float(found.joint_probability(mean, scale, np.array(targets) - 1e-9)[0])

    assert joint(0.6, nan, nan, nan) == 2 / 4
    assert joint(0.6, 0.6, nan, nan) == 1 / 4  # neither 2/4 x 2/4 + ... nor the least of both
    assert joint(0.5, 0.5, nan, nan) == 2 / 4
    assert joint(nan, nan, 0.5, nan) == 1.0
    assert joint(nan, nan, 0.6, nan) == 1 / 3  # the row without manganese does not speak
    assert joint(nan, nan, nan, nan) == joint(0.0, nan, nan, nan) == 1.0


@pytest.fixture(scope="module")
def shipped() -> Calibration:
    return load_surrogate("pd-gbr").calibration


@given(mean=st.floats(0, 1), scale=st.floats(0.005, 0.5), p=st.floats(0.01, 0.99), q=st.floats(0.01, 0.99))
def test_quantiles_and_probabilities_agree(
    shipped: Calibration, mean: float, scale: float, p: float, q: float
) -> None:
    at, by = np.full((1, 4), mean), np.full((1, 4), scale)
    low, high = sorted((p, q))
    values = [shipped.quantile(at, by, level)[0, 0] for level in (low, high)]
    assert 0.0 <= values[0] <= values[1] <= 1.0
    near = 2.0 / len(shipped.ordered)
    for level, value in zip((low, high), values, strict=True):
        if 0.0 < value < 1.0:
            # some errors are equal (a yield of 1 foretold as 1), so at least and more than differ
            at_least, more = (shipped.probability(at, by, value + s * 1e-9)[0, 0] for s in (-1, 1))
            assert more - near <= 1.0 - level <= at_least + near
    certain, likely = (shipped.probability(at, by, target)[0, 0] for target in (p * 0.9, p))
    assert 0.0 <= likely <= certain <= 1.0
    none = np.full(4, np.nan)
    targets = np.array([[p, q, np.nan, np.nan], [low, high, p, q]])
    for row in targets:
        joint = shipped.joint_probability(at, by, row)[0]
        easier = shipped.joint_probability(at, by, row * 0.9)[0]
        assert 0.0 <= joint <= easier <= 1.0
    assert shipped.joint_probability(at, by, none)[0] == 1.0


@given(centre=st.floats(0, 1), more=st.floats(0, 0.3), scale=st.floats(0.005, 0.45))
def test_expected_yields_rise_and_lie_within_their_intervals(
    shipped: Calibration, centre: float, more: float, scale: float
) -> None:
    """Beyond, of near complete yields, so few fall short that their mean lies below the interval.

    Of 20,000 random designs of the shipped problems none with a yield above 0.93 has a scale above 0.37.
    """
    at, by = np.full((1, 4), centre), np.full((1, 4), scale)
    expected, higher = (shipped.expected(np.minimum(c, 1.0)) for c in (at, at + more))
    assert (expected > 0.0).all() and (expected < 1.0).all() and (higher >= expected - 1e-12).all()
    low, high = (shipped.quantile(expected, by, p) for p in (0.05, 0.95))
    assert (low < expected).all() and (expected < high).all()
    back = shipped.mean_at(shipped.location(expected, by), by)
    np.testing.assert_allclose(back, expected, rtol=0, atol=1e-6)


def test_agrees_with_crepes() -> None:
    """The same system in the library of conformal prediction, on the shipped scores."""
    found = load_surrogate("pd-gbr").calibration
    rng = np.random.default_rng(0)
    residual_scales = rng.uniform(0.02, 0.3, len(found.ordered))
    system = ConformalPredictiveSystem()
    system.fit(found.ordered * residual_scales, residual_scales)
    mean, scale = rng.uniform(0, 1, 50), rng.uniform(0.02, 0.3, 50)
    four, by = np.repeat(mean[:, None], 4, axis=1), np.repeat(scale[:, None], 4, axis=1)
    for level in (0.05, 0.1, 0.25, 0.75, 0.9, 0.95):
        kind = {"lower_percentiles" if level < 0.5 else "higher_percentiles": [100 * level]}
        said = system.predict_percentiles(y_hat=mean, sigmas=scale, **kind).ravel()
        ours = found.quantile(found.mean_at(four, by), by, level)[:, 0]
        # one rank of thousands apart at most: crepes counts the new design among them
        rank = np.searchsorted(found.ordered, (said - mean) / scale - 1e-12)
        assert np.ptp(rank) <= 1
        assert abs(rank[0] / len(found.ordered) - level) < 1.5 / len(found.ordered)
        np.testing.assert_allclose(ours, said.clip(0, 1), rtol=0, atol=0.003)
    target = 0.7
    p_values = system.predict_p(mean, np.full(50, target), sigmas=scale, smoothing=False)
    np.testing.assert_allclose(
        found.probability(found.mean_at(four, by), by, target)[:, 0],
        1.0 - p_values,
        rtol=0,
        atol=2.0 / len(found.ordered),
    )


def test_covers_what_is_exchangeable() -> None:
    """Simulated: the scores of designs to come are drawn like those that calibrate."""
    rng = np.random.default_rng(1)
    n = 4000
    covered = {level: [] for level in LEVELS}
    reached, expected = [], []
    for _ in range(20):
        calibration = with_scores(rng.standard_t(4, (200, 4)))
        scale = np.exp(rng.normal(-4, 0.3, (n, 4)))
        mean = rng.uniform(0.3, 0.7, (n, 4))
        truth = mean + scale * rng.standard_t(4, (n, 4))
        mean = calibration.mean_at(mean, scale)
        for level in LEVELS:
            low = calibration.quantile(mean, scale, (1 - level) / 2)
            high = calibration.quantile(mean, scale, (1 + level) / 2)
            covered[level].append(((low <= truth) & (truth <= high)).mean())
        expected.append(calibration.probability(mean, scale, 0.52).mean())
        reached.append((truth >= 0.52).mean())
    for level in LEVELS:
        # 800 scores calibrate: one run's coverage has a standard deviation of sqrt(p (1 - p) / 800)
        sigma = np.sqrt(level * (1 - level) / 800 / 20)
        assert np.mean(covered[level]) == pytest.approx(level, abs=4 * sigma + 1 / 800)
    assert np.mean(expected) == pytest.approx(np.mean(reached), abs=0.01)


def test_scale_grows_outside_only() -> None:
    far = np.array([0.0, 0.5, 1.0, 2.0, 3.0, 400.0])
    np.testing.assert_allclose(widening(far, 2.0), [1, 1, 1, 4, 9, 9])
    np.testing.assert_allclose(widening(far, 0.0), 1.0)


def test_terms_of_the_scale() -> None:
    quarter = np.full((2, 4), 0.25)
    around = (np.array([0.1, 0.2]), np.array([0.3, 0.3]), np.array([0.4, 0.4]))
    found = terms(quarter, quarter - 0.02, quarter - 0.01, *around)
    assert found.shape == (2, 4, 11)
    ln = np.log
    np.testing.assert_allclose(
        found[1, 2], [1, ln(0.25), ln(0.25), 0.25, 0.1875, ln(0.2), ln(0.3), ln(0.4), 0, 1, 0], atol=1e-12
    )
    np.testing.assert_array_equal(found[0, :, 8:], [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])


def test_local_errors_by_hand() -> None:
    # at no distance weight 1, at the reach of one half exp(-1/2), infinitely far none
    np.testing.assert_allclose(kernel(np.array([0.0, 0.25, np.inf])), [1.0, np.exp(-0.5), 0.0])
    weight, errors = np.array([[1.0, 1.0, 5.0], [0.0, 0.0, 0.0]]), np.array([0.1, 0.3, np.nan])
    np.testing.assert_allclose(shrunk(weight, errors, 0.2, prior=2.0), [(0.4 + 0.4) / 4, 0.2])


def test_stretching_keeps_the_middle_and_the_ends() -> None:
    np.testing.assert_allclose(stretched(np.array([-0.1, 0.0, 0.5, 0.9, 1.0])), [0, 0, 0.5, 0.92, 1.0])


# Proof on the shipped model's held-out predictions.


@pytest.fixture(scope="module")
def table(training_table: Path) -> TrainingTable:
    return read_table(training_table)


@pytest.fixture(scope="module")
def held(table: TrainingTable) -> Mapping[str, HeldOut]:
    found = stored_held_out(table)
    assert found is not None, "the stored folds belong to another table or other settings"
    return found


@pytest.fixture(scope="module")
def evidence(table: TrainingTable, held: Mapping[str, HeldOut]) -> Evidence:
    return gather(table, held)


def chemistry(feed: Floats) -> npt.NDArray[np.str_]:
    """Name of each row's cathode: composition within 0.005 of the stoichiometric one, else other."""
    names = np.full(len(feed), "other", dtype="U6")
    for name, composition in {"NMC333": (1, 1, 1), "NMC622": (3, 1, 1), "NMC811": (8, 1, 1)}.items():
        ideal = np.array(composition) / sum(composition)
        names[(np.abs(feed - ideal) <= 0.005).all(axis=1)] = name
    return names


def groupings(evidence: Evidence, measured: HeldOut) -> dict[str, npt.NDArray[np.str_]]:
    table, mean = evidence.table, stretched(measured.mean)
    per_row = {
        "acid": np.array([structure_key(smiles) for smiles in table.smiles]),
        "chemistry": chemistry(table.feed),
        "domain": np.where(ratio(evidence, measured) > 1.0, "outside", "inside"),
    }
    return {
        "metal": np.broadcast_to(np.array(PREDICTED_METALS), mean.shape),
        "yield_range": np.where(mean < 0.3, "< 0.3", np.where(mean <= 0.7, "0.3-0.7", "> 0.7")),
        **{name: np.broadcast_to(labels[:, None], mean.shape) for name, labels in per_row.items()},
    }


def constant_width(evidence: Evidence, measured: HeldOut) -> Floats:
    """Intervals of one width at ``LEVELS``, nested like ours: from the absolute errors of the other folds."""
    table, mean = evidence.table, stretched(measured.mean)
    out = np.full((*mean.shape, len(LEVELS), 2), np.nan)
    for fold in range(5):
        rows = measured.fold == fold
        errors = np.abs(table.yields - mean)[~rows]
        for i, level in enumerate(LEVELS):
            half = np.nanquantile(errors, level, method="higher")
            out[rows, :, i] = np.stack([mean[rows] - half, mean[rows] + half], axis=-1).clip(0, 1)
    return out


@pytest.mark.data
def test_held_out_experiments_overall(evidence: Evidence, held: Mapping[str, HeldOut]) -> None:
    table, measured = evidence.table, held["experiment"]
    yields = nested(evidence, held, "experiment")
    expected, intervals = yields.expected, yields.intervals(LEVELS)
    assert np.array_equal(np.isnan(intervals).all(axis=(2, 3)), ~table.present)
    low, high = intervals[table.present][..., 0], intervals[table.present][..., 1]
    assert ((low >= 0) & (low <= high) & (high <= 1)).all()
    figures = score(expected, table.yields, table.present, intervals)
    assert 0.87 <= figures["coverage"]["0.9"] <= 0.93
    assert figures["coverage"]["0.5"] == pytest.approx(0.5, abs=0.04)
    assert figures["coverage"]["0.8"] == pytest.approx(0.8, abs=0.04)
    constant = constant_width(evidence, measured)
    plain = score(stretched(measured.mean), table.yields, table.present, constant)
    assert plain["coverage"]["0.9"] == pytest.approx(0.9, abs=0.03)  # a fair opponent
    assert figures["interval_score"] < 0.97 * plain["interval_score"]
    # the card says the same
    said = load_surrogate("pd-gbr").card["skill"]["experiment"]
    assert said["coverage"] == {level: round(share, 4) for level, share in figures["coverage"].items()}
    assert said["interval_score"] == round(figures["interval_score"], 4)


@pytest.mark.data
@pytest.mark.parametrize("by", ["metal", "acid", "chemistry", "yield_range", "domain"])
def test_held_out_experiments_by_group(evidence: Evidence, held: Mapping[str, HeldOut], by: str) -> None:
    table, measured = evidence.table, held["experiment"]
    yields = nested(evidence, held, "experiment")
    expected, intervals = yields.expected, yields.intervals(LEVELS)
    labels = groupings(evidence, measured)[by]
    groups = score_groups(expected, table.yields, table.present, labels, table.experiments, intervals)
    large = {name: group["coverage"]["0.9"] for name, group in groups.items() if group["experiments"] >= 15}
    assert len(large) >= 2
    beyond = {name: round(share, 3) for name, share in large.items() if not 0.80 <= share <= 0.97}
    assert not beyond


@pytest.mark.data
def test_held_out_studies(evidence: Evidence, held: Mapping[str, HeldOut]) -> None:
    table, measured = evidence.table, held["study"]
    yields = nested(evidence, held, "study")
    expected, intervals = yields.expected, yields.intervals(LEVELS)
    figures = score(expected, table.yields, table.present, intervals)
    assert figures["coverage"]["0.9"] >= 0.83
    # intervals of one width, as wide as experiments need, hold less
    known = np.abs(table.yields - stretched(held["experiment"].mean))
    error = np.abs(table.yields - stretched(measured.mean))[table.present]
    assert figures["coverage"]["0.9"] > (error <= np.nanquantile(known, 0.9)).mean() + 0.03


@pytest.mark.data
def test_errors_are_larger_outside_the_domain(evidence: Evidence, held: Mapping[str, HeldOut]) -> None:
    table, measured = evidence.table, held["study"]
    outside = ratio(evidence, measured) > 1.0
    assert 0.40 <= outside.mean() <= 0.70
    error = np.abs(np.where(table.present, stretched(measured.mean) - table.yields, np.nan))
    total, number = np.nansum(error, axis=1), table.present.sum(axis=1).astype(float)

    def quotient(rows: npt.NDArray[np.intp]) -> float:
        out, inside = rows[outside[rows]], rows[~outside[rows]]
        return float(total[out].sum() / number[out].sum() / (total[inside].sum() / number[inside].sum()))

    assert quotient(np.arange(len(table))) >= 1.2
    rng = np.random.default_rng(0)
    studies = [np.flatnonzero(table.studies == study) for study in range(63)]
    drawn = [np.concatenate([studies[i] for i in rng.integers(0, 63, 63)]) for _ in range(2000)]
    low, high = np.percentile([quotient(rows) for rows in drawn], [2.5, 97.5])
    assert 1.0 < low < high


@pytest.mark.data
def test_a_fold_does_not_measure_what_it_calibrates(evidence: Evidence, held: Mapping[str, HeldOut]) -> None:
    """Other yields in a fold change nothing of that fold's intervals, and something of the others'."""
    table, rows = evidence.table, held["experiment"].fold == 2
    yields = np.where(rows[:, None], 1.0 - table.yields, table.yields)
    other = replace(evidence, table=replace(table, yields=yields))
    before, after = (nested(e, held, "experiment").intervals((0.9,)) for e in (evidence, other))
    np.testing.assert_array_equal(after[rows], before[rows])
    assert np.nanmax(np.abs(after[~rows] - before[~rows])) > 1e-3


@pytest.mark.data
def test_the_shipped_calibration_is_that_of_all_held_out_rows(
    evidence: Evidence, held: Mapping[str, HeldOut]
) -> None:
    shipped = load_surrogate("pd-gbr")
    every = np.ones(len(evidence.table), dtype=bool)
    found = calibrate(evidence, held["experiment"], held["study"], every)
    for name, array in found.arrays().items():
        np.testing.assert_allclose(
            array, shipped.calibration.arrays()[name], rtol=1e-5, atol=1e-7, err_msg=name
        )
    assert np.isnan(shipped.calibration.scores).sum() == 308
    assert evidence.domain.distance_limit == pytest.approx(shipped.domain.distance_limit)
    assert evidence.domain.disagreement_limit == pytest.approx(shipped.domain.disagreement_limit)


def test_winkler_by_hand() -> None:
    found = winkler(np.array([0.5, 0.1, 1.0]), np.full(3, 0.2), np.full(3, 0.8), 0.9)
    np.testing.assert_allclose(found, [0.6, 0.6 + 20 * 0.1, 0.6 + 20 * 0.2])
