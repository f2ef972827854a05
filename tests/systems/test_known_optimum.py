"""On the synthetic leach the best designs are known: what the search finds is held against them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from optimiser.problem.load import load_config
from optimiser.search.hypervolume import scaled_hypervolume
from optimiser.search.run import RunResult, run
from optimiser.variables import Designs, Floats
from tests.systems.synthetic import BEST_STIRRING, CHOICES, FEEDS, STAGES, Synthetic, train_well, truth

_FEED = "north"
#: What is best whatever the time: the ends of what is monotone, and the top of stirring.
_BEST = {
    "temperature": 95.0,
    "acid_concentration": 4.0,
    "solid_liquid_ratio": 10.0,
    "stirring": BEST_STIRRING,
    "particle_size": 50.0,
    "stages": 3.0,
}
_OPTION = "hydrochloric / air / washed"
_TIMES = np.arange(5.0, 241.0)
_QUESTION = """\
surrogate: synthetic
feed: north
objectives:
  - maximise: yield_Co
  - minimise: time
constraints:
  - applicability_domain: off
tolerances: off
"""


def _answer(folder: Path, question: str, **search: int | tuple[int, ...]) -> RunResult:
    path = folder / "question.yaml"
    path.write_text(question)
    config = load_config(path)
    return run(replace(config, search=config.search.model_copy(update={"per_acid": 0, **search})))


def _true_yields(designs: Designs, options: tuple[str, ...]) -> Floats:
    chosen = [options[k].split(" / ") for k in designs.acid]
    setpoints = {v.name: designs.continuous[:, j] for j, v in enumerate(designs.variables)}
    choices = {choice: [parts[j] for parts in chosen] for j, choice in enumerate(CHOICES)}
    return truth(setpoints, choices, FEEDS[_FEED])


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    folder = tmp_path_factory.mktemp("known")
    train_well(folder)
    with pytest.MonkeyPatch.context() as there:
        there.chdir(folder)
        return _answer(folder, _QUESTION, population=60, generations=60, seeds=(1,))


def _best_of_all() -> Designs:
    """The truly best design at each time: what is monotone at its better end, stirring at its top."""
    place = np.column_stack([_TIMES if n == "time" else np.full(len(_TIMES), _BEST[n]) for n in _ORDER])
    return Designs(np.zeros(len(_TIMES), dtype=np.intp), place)


_ORDER = (
    "temperature",
    "acid_concentration",
    "solid_liquid_ratio",
    "time",
    "stirring",
    "particle_size",
    "stages",
)


@pytest.mark.training
def test_the_front_is_within_a_hundredth_of_the_true_one(answered: RunResult) -> None:
    assert answered.front is not None
    found, problem = answered.front.evaluation, answered.problem
    assert problem.system.names == _ORDER
    known = replace(_best_of_all(), variables=problem.variables)
    best = _true_yields(known, (_OPTION,))[:, 0]
    true_front = np.column_stack([-best, _TIMES])
    true_of_found = _true_yields(found.designs, problem.acid_names)[:, 0]
    reached = np.column_stack([-true_of_found, found.designs.time])
    ideal, nadir = true_front.min(axis=0), true_front.max(axis=0)
    whole = scaled_hypervolume(true_front, ideal, nadir)
    print("hypervolume", scaled_hypervolume(reached, ideal, nadir) / whole)
    print("error", np.abs(found.yields[:, 0] - true_of_found).mean())
    assert scaled_hypervolume(reached, ideal, nadir) >= 0.99 * whole
    # what was promised is true within a point and a half of yield on average
    assert np.abs(found.yields[:, 0] - true_of_found).mean() < 0.015
    # at its own time, no design found is far below the best there is
    assert (best[np.searchsorted(_TIMES, found.designs.time)] - true_of_found).max() < 0.01


@pytest.mark.training
def test_the_search_finds_what_the_model_holds_for_best(answered: RunResult) -> None:
    """Search error alone: against every option, stirring and number of stages, the rest at its better end.

    The model may not move against these ends: its members are monotone in all of them.
    """
    assert answered.front is not None
    problem, found = answered.problem, answered.front.evaluation
    times = _TIMES[::5]
    stirring = np.arange(100.0, 801.0, 50.0)
    acid, time, speed, stages = (
        a.ravel() for a in np.meshgrid(np.arange(len(problem.acids)), times, stirring, STAGES, indexing="ij")
    )
    moved = {"time": time, "stirring": speed, "stages": stages}
    place = np.column_stack([moved.get(n, np.full(len(time), _BEST.get(n, 0.0))) for n in _ORDER])
    every = problem.evaluate(problem.designs(acid.astype(np.intp), place)).yields[:, 0]
    all_there_is = np.column_stack([-every, time])
    reached = np.column_stack([-found.yields[:, 0], found.designs.time])
    ideal, nadir = all_there_is.min(axis=0), np.array([-found.yields[:, 0].min(), 240.0])
    whole = scaled_hypervolume(all_there_is, ideal, nadir)
    assert scaled_hypervolume(reached, ideal, nadir) >= 0.99 * whole


@pytest.mark.parametrize(("asked", "allowed"), [("", STAGES), ("  stages: [1, 2]\n", (1.0, 2.0))])
def test_only_values_that_can_be_set_are_found(
    synthetic: Synthetic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str, allowed: tuple[float]
) -> None:
    monkeypatch.chdir(synthetic.folder)
    question = (
        "surrogate: synthetic\nfeed: middle\nvariables:\n"
        "  lixiviant: [sulfuric, hydrochloric]\n  roasting: air\n" + asked + "objectives:\n"
        "  - maximise: yield_Ni\n  - minimise: time\nconstraints:\n  - applicability_domain: off\n"
    )
    result = _answer(tmp_path, question, population=24, generations=6, seeds=(3,))
    assert result.front is not None
    designs, problem = result.front.evaluation.designs, result.problem
    assert set(problem.acid_names) == {
        f"{lixiviant} / air / {pretreatment}"
        for lixiviant in ("sulfuric", "hydrochloric")
        for pretreatment in ("none", "washed")
    }
    assert set(designs.stages) <= set(allowed)
    # the other setpoints stand on the plant's steps
    on_step = designs.temperature, designs.stirring / 10.0, designs.particle_size / 5.0
    for steps in on_step:
        np.testing.assert_allclose(steps, np.round(steps), atol=1e-9)
    assert set(result.seen.designs.stages) <= set(allowed)
