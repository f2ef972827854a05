"""A leach that does not exist and whose truth is known: seven setpoints, three choices, two responses.

`truth` is the whole of it; `write_system` draws a table of experiments from it, as a user would bring one.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from optimiser.surrogate.artefact import load_surrogate
from optimiser.surrogate.encoding import encoding_of
from optimiser.systems.read import read_system_table
from optimiser.systems.system import System
from optimiser.systems.table import SystemTable
from optimiser.training.fit import Recipe, TrainSettings, fit
from optimiser.training.held_out import HeldOut, hold_out
from optimiser.training.members import Member
from optimiser.training.protocols import PROTOCOLS
from optimiser.training.system_members import members_of
from optimiser.training.train import assemble
from optimiser.variables import Floats

NAME = "synthetic leach"
RESPONSES = ("Co", "Ni")
#: Lowest and highest value of each setpoint, and its unit.
SETPOINTS: Mapping[str, tuple[float, float, str]] = {
    "temperature": (25.0, 95.0, "degC"),
    "acid_concentration": (0.2, 4.0, "mol/L"),
    "solid_liquid_ratio": (10.0, 200.0, "g/L"),
    "time": (5.0, 240.0, "min"),
    "stirring": (100.0, 800.0, "rpm"),
    "particle_size": (50.0, 500.0, "um"),
    "stages": (1.0, 3.0, "-"),
}
STEPS = {
    "temperature": 1.0,
    "acid_concentration": 0.05,
    "solid_liquid_ratio": 1.0,
    "time": 1.0,
    "stirring": 10.0,
    "particle_size": 5.0,
}
STAGES = (1.0, 2.0, 3.0)
#: What the experiments were set to.
LEVELS: Mapping[str, Sequence[float]] = {
    "temperature": (25.0, 45.0, 60.0, 80.0, 95.0),
    "acid_concentration": (0.2, 1.0, 2.0, 3.0, 4.0),
    "solid_liquid_ratio": (10.0, 50.0, 100.0, 150.0, 200.0),
    "stirring": (100.0, 280.0, 450.0, 620.0, 800.0),
    "particle_size": (50.0, 150.0, 250.0, 375.0, 500.0),
    "stages": STAGES,
}
TIMES = (5.0, 15.0, 30.0, 60.0, 120.0, 240.0)
#: What each effect is worth between the ends of its setpoint, as a fraction of Co and of Ni that dissolves.
EFFECTS: Mapping[str, tuple[float, float]] = {
    "temperature": (0.12, 0.15),
    "acid_concentration": (0.09, 0.06),
    "both": (0.07, 0.05),
    "solid_liquid_ratio": (-0.07, -0.06),
    "time": (0.19, 0.22),
    "stirring": (-0.05, -0.05),
    "particle_size": (-0.06, -0.05),
    "stages": (0.05, 0.04),
}
#: What each value of a choice is worth, likewise.
CHOICES: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "lixiviant": {"sulfuric": (0.0, 0.0), "hydrochloric": (0.04, 0.02), "citric": (-0.06, -0.08)},
    "roasting": {"none": (0.0, 0.0), "air": (0.05, 0.03)},
    "pretreatment": {"none": (0.0, 0.0), "washed": (0.03, 0.02)},
}
#: Silica of each feed, wt%.
FEEDS = {"north": 12.0, "middle": 22.0, "south": 34.0}
ASSAY = {"north": {"Co": 1.2, "Ni": 2.0}, "middle": {"Co": 1.0, "Ni": 1.6}, "south": {"Co": 0.8, "Ni": 1.1}}
#: Silica above this, wt%, costs yield: so much per wt%. Below it does not matter.
THRESHOLD, PER_SILICA = 25.0, (0.006, 0.004)
BEST_STIRRING = 450.0
_BASE = (0.31, 0.32)


def truth(
    setpoints: Mapping[str, Floats], choices: Mapping[str, Sequence[str]], silica: Floats | float
) -> Floats:
    """Return the yields of n designs, fractions, shape (n, 2): Co, then Ni.

    A sum. Yields rise, ever slower, with temperature, acid concentration, the logarithm of time and stages,
    fall with solids and grain size, are highest at 450 rpm, and fall with silica above 25 %. Acid helps more
    where it is hot: the one interaction.

    Args:
        setpoints: each of :data:`SETPOINTS`, shape (n,).
        choices: a value of each of :data:`CHOICES` for each design.
        silica: of the feed, wt%, shape (n,) or one for all.

    Examples:
        >>> ends = {name: np.array([high]) for name, (_, high, _) in SETPOINTS.items()}
        >>> best = {"lixiviant": ["hydrochloric"], "roasting": ["air"], "pretreatment": ["washed"]}
        >>> truth(ends, best, 12.0).round(3)  # Co: 0.31 + 0.12 + 0.09 + 0.07 - 0.07 + 0.19 - ...
        array([[0.77, 0.75]])
    """
    u = {name: (setpoints[name] - low) / (high - low) for name, (low, high, _) in SETPOINTS.items()}
    low, high, _ = SETPOINTS["time"]
    shape = {
        "temperature": _slowing(u["temperature"], 1.0),
        "acid_concentration": _slowing(u["acid_concentration"], 2.0),
        "both": u["temperature"] * u["acid_concentration"],
        "solid_liquid_ratio": u["solid_liquid_ratio"],
        "time": _slowing(np.log(setpoints["time"] / low) / np.log(high / low), 1.5),
        "stirring": ((setpoints["stirring"] - BEST_STIRRING) / 350.0) ** 2,
        "particle_size": u["particle_size"],
        "stages": _slowing(u["stages"], 1.0),
    }
    above = np.maximum(np.asarray(silica, dtype=np.float64) - THRESHOLD, 0.0)[..., None]
    chosen = [
        np.array([worth[value] for value in choices[choice]]).reshape(-1, len(RESPONSES))
        for choice, worth in CHOICES.items()
    ]
    effects = [shape[name][:, None] * np.array(worth) for name, worth in EFFECTS.items()]
    return np.array(_BASE) + sum(effects) + sum(chosen) - above * np.array(PER_SILICA)


def _slowing(u: Floats, rate: float) -> Floats:
    """Rise from 0 at u = 0 to 1 at u = 1, ever slower."""
    return np.asarray(np.expm1(-rate * u) / np.expm1(-rate), dtype=np.float64)


def draw(
    rng: np.random.Generator, rows: int, noise: float, feeds: Mapping[str, float], ends: int
) -> pd.DataFrame:
    """Return a table of experiments, each sampled at four times; options and feeds take turns.

    Args:
        rng: of setpoints, times and noise.
        rows: of the table, about.
        noise: standard deviation of a yield, points.
        feeds: silica by name.
        ends: how many times more often than the levels between the ends stand, of all but stirring.
    """
    each = 4
    combined = pd.MultiIndex.from_product([feeds, *CHOICES.values()], names=["feed", *CHOICES]).to_frame(
        index=False
    )
    n = max(rows // each, len(combined))
    experiments = combined.iloc[np.arange(n) % len(combined)].reset_index(drop=True)
    # each level of a setpoint equally often, or the ends more, as in a designed experiment
    for name, levels in LEVELS.items():
        often = levels if name == "stirring" else (*levels, *ends * (levels[0], levels[-1]))
        experiments[name] = rng.permutation(np.resize(often, n))
    # two laboratories measured each feed, a third all of them
    laboratory = rng.integers(3, size=n)
    experiments["source"] = [
        "lab 3" if k == 2 else f"lab {k + 1} {feed}"
        for k, feed in zip(laboratory, experiments["feed"], strict=True)
    ]
    table = experiments.loc[np.repeat(np.arange(n), each)].reset_index(drop=True)
    table["time"] = np.concatenate([np.sort(rng.choice(TIMES, each, replace=False)) for _ in range(n)])
    table["silica"] = table["feed"].map(feeds)
    yields = truth(
        {name: table[name].to_numpy(dtype=np.float64) for name in SETPOINTS},
        {choice: table[choice].tolist() for choice in CHOICES},
        table["silica"].to_numpy(dtype=np.float64),
    )
    measured = 100.0 * yields + rng.normal(0.0, noise, yields.shape)
    for j, response in enumerate(RESPONSES):
        table[f"{response}_pct"] = measured[:, j].clip(0.0, 100.0).round(2)
    order = ["source", "feed", "silica", *CHOICES, *SETPOINTS, *(f"{r}_pct" for r in RESPONSES)]
    return table[order].rename(columns={"time": "time_min", "temperature": "temp_C"})


def write_system(
    folder: Path,
    rng: np.random.Generator,
    *,
    rows: int = 720,
    noise: float = 0.5,
    feeds: Mapping[str, float] = FEEDS,
    ends: int = 0,
) -> Path:
    """Write ``table.csv`` and ``synthetic.system.yaml`` into a folder, and return the path of the latter.

    Arguments as for :func:`draw`.
    """
    draw(rng, rows, noise, feeds, ends).to_csv(folder / "table.csv", index=False)
    column = {"time": "time_min", "temperature": "temp_C"}
    described = {
        "name": NAME,
        "source": "made up",
        "table": "table.csv",
        "responses": {response: f"{response}_pct" for response in RESPONSES},
        "setpoints": {
            name: {
                "column": column.get(name, name),
                "unit": unit,
                **({"step": STEPS[name]} if name in STEPS else {"values": list(STAGES)}),
                **({"log": True} if name == "time" else {}),
            }
            for name, (_, _, unit) in SETPOINTS.items()
        },
        "choices": {choice: {"column": choice} for choice in CHOICES},
        "feed": {
            "name": "feed",
            "columns": {"silica": "silica"},
            "assay": {f: ASSAY.get(f, ASSAY["middle"]) for f in feeds},
        },
        "groups": {"experiment": ["all but time"], "study": "source"},
        "monotone": {
            "temperature": "up",
            "acid_concentration": "up",
            "solid_liquid_ratio": "down",
            "time": "up",
            "particle_size": "down",
            "stages": "up",
        },
    }
    path = folder / "synthetic.system.yaml"
    path.write_text(yaml.safe_dump(described, sort_keys=False))
    return path


def _boosted(table: SystemTable) -> tuple[Member, Member]:
    """Return a member on pairs and one on rows, both boosted on the best splits, one model for all responses.

    Their settings are not those that ship, so that tests of the search do not move when these do.
    """
    joint = members_of(encoding_of(table.system), own_models=False)[:2]
    paired, plain = (Member(**asdict(member)) for member in joint)
    return (
        replace(paired, column_share=0.3, min_leaf=10, leaves=63),
        replace(plain, column_share=0.5, min_leaf=2, leaves=15, bagging=0.8),
    )


def small_members(table: SystemTable) -> tuple[Member, ...]:
    """Return few and small members, which fit in a second."""
    paired, plain = _boosted(table)
    small = {"trees": 40, "learning_rate": 0.2, "leaves": 8}
    return (replace(paired, pairs=1_000, min_leaf=5, **small), replace(plain, **small))


def good_members(table: SystemTable) -> tuple[Member, ...]:
    """Return members of many shallow trees, which know the truth to about a point and fit in seconds."""
    paired, plain = _boosted(table)
    many = {"trees": 1_500, "learning_rate": 0.1, "min_leaf": 5, "leaves": 4, "bagging": 0.7}
    return (
        replace(paired, trees=150, learning_rate=0.2, leaves=8, pairs=6_000, weight=0.3),
        *(replace(plain, name=f"GBR {draw + 1}", draw=draw, **many) for draw in range(3)),
    )


def recipe(members: tuple[Member, ...], anchors: int) -> Recipe:
    """Return how a yield model of some members is fitted."""
    settings = TrainSettings(members=members, n_anchors=anchors)
    return Recipe(
        "a model for tests",
        asdict(settings),
        len(settings.members) + 1,
        lambda table, rows, step: fit(table, rows, settings, step),
    )


@dataclass(frozen=True)
class Synthetic:
    """A synthetic system that was trained.

    Attributes:
        folder: holds the rest; ``surrogate: synthetic`` means ``artefact`` in problems that stand here.
        file: ``synthetic.system.yaml``.
        artefact: folder of the small model.
        table: as read.
        system: as the artefact has it.
    """

    folder: Path
    file: Path
    artefact: Path
    table: SystemTable
    system: System


def train_quickly(folder: Path, seed: int = 0, *, rows: int = 432, noise: float = 0.5) -> Synthetic:
    """Write the system into a folder, fit a small model of it, and write the artefact beside."""
    file = write_system(folder, np.random.default_rng(seed), rows=rows, noise=noise)
    table = read_system_table(file)
    how = recipe(small_members(table), 8)
    held = {protocol: hold_out(table, protocol, how) for protocol in PROTOCOLS}
    return _written(folder, file, table, how, held)


def train_well(folder: Path, seed: int = 0) -> Synthetic:
    """Do the same with many rows, little noise and a better model; takes a minute.

    The ends of each setpoint stand there more often than what lies between: the best designs are corners.
    Experiments alone are held out, and count for rows and studies too.
    """
    file = write_system(folder, np.random.default_rng(seed), rows=1440, noise=0.3, ends=2)
    table = read_system_table(file)
    how = recipe(good_members(table), 16)
    held = dict.fromkeys(PROTOCOLS, hold_out(table, "experiment", how))
    return _written(folder, file, table, how, held)


def _written(
    folder: Path, file: Path, table: SystemTable, how: Recipe, held: Mapping[str, HeldOut]
) -> Synthetic:
    files = assemble(table, how, held, how.fit(table, np.arange(len(table)), lambda _: None))
    artefact = folder / "synthetic"
    artefact.mkdir()
    for name, content in files.items():
        (artefact / name).write_bytes(content)
    return Synthetic(folder, file, artefact, table, load_surrogate(artefact).system)


if __name__ == "__main__":  # python -m tests.systems.synthetic docs/examples/leach
    write_system(Path(sys.argv[1]), np.random.default_rng(0), rows=432)
