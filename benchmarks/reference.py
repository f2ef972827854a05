"""Make the fronts that searches are judged against, one per shipped config, and read them back.

    python benchmarks/reference.py [CONFIG ...]

Each is a table of designs and objectives at final grade in benchmarks/reference/, beside a file that pins
what it was made from. Takes about two minutes a config on two cores; `make reference` makes all.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimiser import builtin
from optimiser.binding import bind
from optimiser.designs import CONTINUOUS, Floats
from optimiser.errors import InputError
from optimiser.problem import Problem
from optimiser.report.manifest import table_hashes
from optimiser.search.reference import reference_front
from optimiser.spec.load import RunConfig, load_config

FOLDER = Path(__file__).parent / "reference"
_SEED = 0


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
    return builtin.names("configs")


def bound(config: RunConfig) -> Problem:
    """Return a config's problem with the acids that a search may use."""
    problem = bind(config.question)
    return problem.with_acids(problem.supported_acids)


def pins(config: RunConfig, problem: Problem) -> dict[str, Any]:
    """Return the hashes of what a reference front depends on."""
    texts = {"config": config.document.text, "problem": config.question.problem.text}
    return {
        **{name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()},
        "artefact": problem.surrogate.sha256,
        "tables": table_hashes(),
    }


def make(name: str) -> None:
    """Make one reference front and write its two files."""
    config = load_config(name)
    problem = bound(config)
    started = time.perf_counter()
    front, predictions = reference_front(problem, np.random.default_rng(_SEED))
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
