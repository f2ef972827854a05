"""Make the fronts that searches are judged against, one per shipped config, and read them back.

    python benchmarks/reference.py [CONFIG ...]

Each is a table of designs and objectives at high fidelity in benchmarks/reference/, beside a file that pins
what it was made from. Takes about a minute a config on one core; `make reference` makes all.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import qmc

from optimiser._io.builtin import table_hashes
from optimiser._io.errors import InputError
from optimiser.problem.binding import bind
from optimiser.problem.bound import BoundProblem
from optimiser.problem.load import Config, load_config, with_shipped_model
from optimiser.search.archive import Archive, joined, non_dominated, predicted
from optimiser.search.search import SearchSettings, refine
from optimiser.variables import CONTINUOUS, Designs, Floats

FOLDER = Path(__file__).parent / "reference"
_SEED = 0
#: Space-filling designs that a reference begins with.
DESIGNS = 2**20
_BATCH = 2**15
_POPULATION, _GENERATIONS, _STAGNATION = 1000, 300, 15
_ROUNDS = 3  # of refinement, from the same million
#: Violation by which a design may miss at low fidelity and still be tried at high fidelity.
_GRADES_APART = 0.02


@dataclass(frozen=True)
class Reference:
    """The best known front of a config: objectives to minimise, shape (n, m), and the acids on it."""

    name: str
    objectives: Floats
    acids: frozenset[str]
    predicted: int

    @property
    def corners(self) -> tuple[Floats, Floats]:
        """Best and worst value of each objective, shape (m,) each."""
        return self.objectives.min(axis=0), self.objectives.max(axis=0)

    @property
    def is_point(self) -> bool:
        """Whether the front is a single point, or nearly so: no objective moves by 2 % of its size."""
        low, high = self.corners
        return bool(((high - low) <= 0.02 * np.abs(low)).all())


def shipped() -> list[str]:
    """Return the names of the configs that ship."""
    return with_shipped_model("configs")


def bound(config: Config) -> BoundProblem:
    """Return a config's problem with the acids that a search may use."""
    problem = bind(config.problem)
    return problem.with_acids(problem.supported_acids)


def pins(config: Config, problem: BoundProblem) -> dict[str, Any]:
    """Return the hashes of what a reference front depends on."""
    texts = {"config": config.document.text, "problem": config.problem.source.problem.text}
    return {
        **{name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()},
        "artefact": problem.surrogate.sha256,
        "tables": table_hashes(),
    }


def reference_front(
    problem: BoundProblem,
    rng: np.random.Generator,
    *,
    designs: int = DESIGNS,
    settings: SearchSettings | None = None,
    progress: Callable[[str, int], None] = lambda what, done: None,
) -> tuple[Archive, int]:
    """Return the best known front of a problem, at high fidelity.

    Scrambled Sobol designs in each acid's ranges are predicted at low fidelity; a search goes on from the
    best of them, several times with other random numbers; what all of these find is refined at high fidelity.

    Args:
        problem: with acids that have support.
        rng: generator.
        designs: how many Sobol designs, a power of two.
        settings: of the refinement.
        progress: called with a stage and the designs predicted so far.

    Returns:
        The feasible, non-dominated designs, and how many designs were predicted.
    """
    settings = settings or SearchSettings(_POPULATION, _GENERATIONS, _STAGNATION)
    sobol, acids, done = qmc.Sobol(5, rng=rng), len(problem.acids), 0
    best: Archive | None = None
    for first in range(0, designs, _BATCH):
        # permuted, because an acid that returns every so many points would see a part of the ranges only
        number = np.arange(first, min(first + _BATCH, designs))
        dealt = problem.decode(rng.permutation(number % acids), sobol.random(len(number)))
        drawn = predicted(problem, dealt, "low")
        best = _kept(drawn if best is None else joined([best, drawn]))
        done += len(number)
        progress("space-filling designs", done)
    assert best is not None
    found = []
    for _ in range(_ROUNDS):
        refined = refine(problem, best, settings, "low", rng)
        done += len(refined) - len(best)
        found.append(_kept(refined))
        progress("refinement at low fidelity", done)
    start = _kept(joined(found))
    final = predicted(problem, start.designs, "high")
    refined = refine(problem, final, settings, "high", rng)
    done += len(refined)
    progress("refinement at high fidelity", done)
    return refined.take(refined.front), done


def _kept(archive: Archive) -> Archive:
    """Return the front, what may be on it at another fidelity, and the best of every cell."""
    near = np.flatnonzero(archive.violation <= _GRADES_APART)
    nearly = near[non_dominated(archive.objectives[near])]
    rows = np.concatenate([archive.front, nearly, *archive.elites])
    return archive.take(np.unique(rows))


def make(name: str) -> None:
    """Make one reference front and write its two files; what the front that is there knows better is kept."""
    config = load_config(name)
    problem = bound(config)
    started = time.perf_counter()
    front, predictions = reference_front(problem, np.random.default_rng(_SEED))
    front = joined([front, *_known(name, problem)])
    front = front.take(front.front)
    frame = pd.DataFrame(front.designs.continuous, columns=list(CONTINUOUS))
    frame.insert(0, "acid", np.array(problem.acid_names)[front.designs.acid])
    for j, objective in enumerate(problem.objectives):
        frame[objective.metric] = front.objectives[:, j] * objective.sign
    text = frame.sort_values(problem.objectives[0].metric).to_csv(index=False, float_format="%.10g")
    about = {
        **pins(config, problem),
        "csv": hashlib.sha256(text.encode()).hexdigest(),
        "seed": _SEED,
        "designs_predicted": predictions,
    }
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.csv").write_text(text)
    (FOLDER / f"{name}.json").write_text(json.dumps(about, indent=2) + "\n")
    taken = time.perf_counter() - started
    print(f"{name}: {len(frame)} designs of {predictions:,} predicted, {taken:.0f} s", flush=True)


def _known(name: str, problem: BoundProblem) -> list[Archive]:
    """Return the designs of the front that is there, whatever it was made from, predicted anew."""
    path = FOLDER / f"{name}.csv"
    if not path.is_file():
        return []
    frame = pd.read_csv(path)
    frame = frame[frame["acid"].isin(problem.acid_names)]
    acid = np.array([problem.acid_names.index(one) for one in frame["acid"]], dtype=np.intp)
    designs = problem.settable(Designs(acid, frame[list(CONTINUOUS)].to_numpy()))
    return [predicted(problem, designs, "high")]


def load(name: str) -> Reference:
    """Read a reference front.

    Raises:
        InputError: there is none, it was edited, or what it was made from has changed.
    """
    remedy = f"make it: python benchmarks/reference.py {name}"
    path, about = FOLDER / f"{name}.csv", FOLDER / f"{name}.json"
    if not path.is_file() or not about.is_file():
        raise InputError(f"There is no reference front of {name!r}.", where=str(FOLDER), remedy=remedy)
    config = load_config(name)
    problem, said, text = bound(config), json.loads(about.read_text()), path.read_text()
    if said["csv"] != hashlib.sha256(text.encode()).hexdigest():
        raise InputError(f"{path} is not the file that was made: it was edited.", remedy=remedy)
    for key, value in pins(config, problem).items():
        if said[key] != value:
            raise InputError(f"The reference front of {name!r} was made from another {key}.", remedy=remedy)
    frame = pd.read_csv(path)
    objectives = np.column_stack([frame[o.metric] * o.sign for o in problem.objectives])
    return Reference(name, objectives, frozenset(frame["acid"]), said["designs_predicted"])


if __name__ == "__main__":
    for asked in sys.argv[1:] or shipped():
        make(asked)
