"""A leach that does not exist and whose truth is known: seven setpoints, three choices, two responses.

`truth` is the whole of it; `write_system` draws a table of experiments from it, as a user would bring one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from scipy.special import expit
from scipy.stats import qmc

from optimiser.surrogate.artefact import load_surrogate
from optimiser.surrogate.encoding import encoding_of
from optimiser.systems.read import read_system_table
from optimiser.systems.system import System
from optimiser.systems.table import SystemTable
from optimiser.training.fit import Recipe, TrainSettings, fit
from optimiser.training.held_out import hold_out
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
TIMES = (5.0, 15.0, 30.0, 60.0, 120.0, 240.0)
#: What each value of a choice adds to the logit of a yield.
CHOICES: Mapping[str, Mapping[str, float]] = {
    "lixiviant": {"sulfuric": 0.0, "hydrochloric": 0.35, "citric": -0.6},
    "roasting": {"none": 0.0, "air": 0.4},
    "pretreatment": {"none": 0.0, "washed": 0.2},
}
#: Silica of each feed, wt%.
FEEDS = {"north": 12.0, "middle": 22.0, "south": 34.0}
ASSAY = {"north": {"Co": 1.2, "Ni": 2.0}, "middle": {"Co": 1.0, "Ni": 1.6}, "south": {"Co": 0.8, "Ni": 1.1}}
#: Silica above this, wt%, costs yield; below it does not matter.
THRESHOLD = 25.0
BEST_STIRRING = 450.0
_BASE = {"Co": 0.4, "Ni": 0.9}


def truth(
    setpoints: Mapping[str, Floats], choices: Mapping[str, Sequence[str]], silica: Floats | float
) -> Floats:
    """Return the yields of n designs, fractions, shape (n, 2): Co, then Ni.

    The logit is a sum. It rises with temperature, acid concentration, the logarithm of time and stages, falls
    with solids and grain size, is highest at 450 rpm, and falls with silica above 25 %. Acid helps more
    where it is hot: the one interaction.

    Args:
        setpoints: each of :data:`SETPOINTS`, shape (n,).
        choices: a value of each of :data:`CHOICES` for each design.
        silica: of the feed, wt%, shape (n,) or one for all.

    Examples:
        >>> ends = {name: np.array([high]) for name, (_, high, _) in SETPOINTS.items()}
        >>> best = {"lixiviant": ["hydrochloric"], "roasting": ["air"], "pretreatment": ["washed"]}
        >>> truth(ends, best, 12.0).round(3)
        array([[0.936, 0.96 ]])
    """
    z = {
        name: 2.0 * (setpoints[name] - low) / (high - low) - 1.0 for name, (low, high, _) in SETPOINTS.items()
    }
    low, high, _ = SETPOINTS["time"]
    z["time"] = 2.0 * np.log(setpoints["time"] / low) / np.log(high / low) - 1.0
    chosen = sum(np.array([worth[value] for value in choices[choice]]) for choice, worth in CHOICES.items())
    logit = (
        0.6 * z["temperature"]
        + 0.5 * z["acid_concentration"]
        + 0.25 * z["temperature"] * z["acid_concentration"]
        + 0.8 * z["time"]
        - 0.4 * z["solid_liquid_ratio"]
        - 0.3 * z["particle_size"]
        + 0.25 * z["stages"]
        - 1.5 * ((setpoints["stirring"] - BEST_STIRRING) / 700.0) ** 2
        - 0.1 * np.maximum(np.asarray(silica, dtype=np.float64) - THRESHOLD, 0.0)
        + chosen
    )
    return np.column_stack([expit(logit + _BASE[response]) for response in RESPONSES])


def draw(rng: np.random.Generator, rows: int, noise: float, feeds: Mapping[str, float]) -> pd.DataFrame:
    """Return a table of experiments, each sampled at four times; options and feeds take turns.

    Args:
        rng: of setpoints, times and noise.
        rows: of the table, about.
        noise: standard deviation of a yield, points.
        feeds: silica by name.
    """
    each = 4
    combined = pd.MultiIndex.from_product([feeds, *CHOICES.values()], names=["feed", *CHOICES]).to_frame(
        index=False
    )
    n = max(rows // each, len(combined))
    experiments = combined.iloc[np.arange(n) % len(combined)].reset_index(drop=True)
    continuous = [name for name in SETPOINTS if name not in ("time", "stages")]
    unit = qmc.LatinHypercube(len(continuous), rng=rng).random(n)
    for name, share in zip(continuous, unit.T, strict=True):
        low, high, _ = SETPOINTS[name]
        step = STEPS[name]
        experiments[name] = np.round(np.round((low + share * (high - low)) / step) * step, 6)
    experiments["stages"] = rng.permutation(np.resize(STAGES, n))
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
) -> Path:
    """Write ``table.csv`` and ``synthetic.system.yaml`` into a folder, and return the path of the latter."""
    draw(rng, rows, noise, feeds).to_csv(folder / "table.csv", index=False)
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


def small_members(table: SystemTable) -> tuple[Member, ...]:
    """Return few and small members, which fit in a second."""
    paired, plain = members_of(encoding_of(table.system))[:2]
    small = {"trees": 40, "learning_rate": 0.2, "leaves": 8}
    return (
        Member(**{**asdict(paired), **small, "pairs": 1_000, "min_leaf": 5}),
        Member(**{**asdict(plain), **small}),
    )


def quick_recipe(table: SystemTable) -> Recipe:
    """Return how a small yield model of the table is fitted."""
    settings = TrainSettings(members=small_members(table), n_anchors=8)
    return Recipe(
        "a small model for tests",
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
    how = quick_recipe(table)
    held = {protocol: hold_out(table, protocol, how) for protocol in PROTOCOLS}
    files = assemble(table, how, held, how.fit(table, np.arange(len(table)), lambda _: None))
    artefact = folder / "synthetic"
    artefact.mkdir()
    for name, content in files.items():
        (artefact / name).write_bytes(content)
    return Synthetic(folder, file, artefact, table, load_surrogate(artefact).system)
