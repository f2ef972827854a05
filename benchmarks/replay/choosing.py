"""Which chooser of experiments finds a cheap feasible design soonest? Replayed on published studies.

    python benchmarks/replay/choosing.py [--table TABLE] [--starts N] [--rivals [NAME ...]] [--jobs N]

Prints the regret of each chooser after 2 to 12 experiments, how often something feasible is found, and how
many experiments beyond the first two are needed as a share of what choosing at random needs, with 90 %
bootstrap bands over studies. ``game.py`` says what is played.

What other tools choose is read from benchmarks/reference/choosing_rivals.json. ``--rivals`` plays them again,
all or those named, and writes that file; it needs the extra `rivals`, and minutes per tool.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from benchmarks.replay.game import (
    FIRST,
    LAST,
    SEED,
    Chooser,
    Game,
    best_row,
    draw_starts,
    expected_random,
    feasible,
    games,
    orders,
    regrets,
)
from benchmarks.replay.rivals import PACKAGES, RIVALS
from optimiser.surrogate.training_table import TrainingTable, read_table
from optimiser.variables import Floats, Ints

TABLE = Path(__file__).resolve().parents[3] / "shared" / "data" / "input_913pts_250407.xlsx"
REFERENCE = Path(__file__).resolve().parents[1] / "reference" / "choosing_rivals.json"
STARTS = 20
RANDOM = "random"
_LENGTH, _NOISE = 0.5, 0.1  # of the Gaussian process of own data
_DRAWS = 2000  # of the bootstrap
_BAND = (0.05, 0.95)
_SHOWN = (2, 4, 6, 8, 10, 12)


@dataclass(frozen=True)
class Played:
    """What a chooser found in s studies, means over the starts after 2, 3 ... 12 experiments.

    Attributes:
        regret: shape (s, 11).
        feasible: share of starts in which something feasible is found, shape (s, 11).
    """

    regret: Floats
    feasible: Floats


def at_random(game: Game, done: Ints, rng: np.random.Generator) -> int:
    """Choose any untried experiment."""
    return int(rng.choice(game.untried(done)))


def literature(game: Game, done: Ints, rng: np.random.Generator) -> int:
    """Choose the cheapest that reaches the target as the literature predicts it, whatever is measured."""
    return cheapest_expected(game, done, game.literature)


def greedy(game: Game, done: Ints, rng: np.random.Generator) -> int:
    """Choose likewise, the literature corrected by its mean error in the experiments that are done.

    The mean is over experiments of the mean of their rows, a number per metal.
    """
    error = game.measured - game.literature
    mean = np.mean([error[game.experiment == number].mean(axis=0) for number in done], axis=0)
    return cheapest_expected(game, done, np.clip(game.literature + mean, 0.0, 1.0))


def own_data(game: Game, done: Ints, rng: np.random.Generator) -> int:
    """Choose likewise, from what is measured alone: a Gaussian process of each yield, with the cost model.

    Its mean is that of the rows measured, its length half a variable's range in the study, its noise a tenth
    of its variance; nothing is fitted, since there are two to eleven experiments.
    """
    width = np.ptp(game.conditions, axis=0)
    place = game.conditions[:, width > 0.0] / width[width > 0.0]
    apart = ((place[:, None] - place) ** 2).sum(axis=2)
    alike = np.exp(-0.5 * apart / _LENGTH**2)
    known = np.flatnonzero(np.isin(game.experiment, done))
    mean = game.measured[known].mean(axis=0)
    weights = np.linalg.solve(
        alike[np.ix_(known, known)] + _NOISE * np.eye(len(known)), game.measured[known] - mean
    )
    return cheapest_expected(game, done, np.clip(mean + alike[:, known] @ weights, 0.0, 1.0))


def cheapest_expected(game: Game, done: Ints, expected: Floats) -> int:
    """Return the untried experiment with the cheapest row whose expected yields reach the target.

    Where none does, the one with the row that misses it least.

    Args:
        game: a study of r rows.
        done: experiments that are done.
        expected: yields, NaN where the feed lacks a metal, shape (r, 4).
    """
    able = ~np.isin(game.experiment, done)
    return int(game.experiment[best_row(game, expected, game.cost_at(expected), able)])


#: Choosers that are played whenever this is run; what chooses at random is computed exactly.
OWN: dict[str, Chooser] = {"own data": own_data, "literature": literature, "greedy": greedy}


def experiments_share(regret: Floats, of_random: Floats) -> float:
    """Return how many experiments a chooser needs, as a share of what choosing at random needs.

    Counted beyond the experiments that both start with, on average over the levels of regret from where
    random starts to where it ends. The number that a level takes is read off the curve, which is straight
    between experiments. A level that the chooser starts below takes none, and one that it never reaches takes
    all the experiments of the curve, so that the share is a lower bound then.

    Args:
        regret: after the first experiments, and after each one more, never rising, shape (k,).
        of_random: likewise.

    Returns:
        1 for random itself, below 1 for what needs fewer; NaN where random finds nothing better.

    Examples:
        >>> experiments_share(np.array([1.0, 0.5, 0.0]), np.array([1.0, 0.75, 0.5]))
        0.5
    """
    start, end = float(of_random[0]), float(of_random[-1])
    if start <= end:
        return float("nan")
    # summed over levels, the numbers needed are the area below the curve between the two levels
    areas = [_area_above(curve, end) - _area_above(curve, start) for curve in (regret, of_random)]
    return areas[0] / areas[1]


def _area_above(curve: Floats, level: float) -> float:
    """Return the area between a curve that never rises and a level below it; steps are 1 wide."""
    left, right = curve[:-1] - level, curve[1:] - level
    crosses = (left > 0.0) & (right < 0.0)
    width = np.where(crosses, left / np.where(crosses, left - right, 1.0), 1.0)
    return float((width * (np.maximum(left, 0.0) + np.maximum(right, 0.0))).sum() / 2.0)


def starts_of(game: Game, many: int = STARTS) -> Ints:
    """Return the starts of a study, the same for every chooser, shape (many, 2)."""
    return draw_starts(game, many, np.random.default_rng([SEED, game.study]))


def orders_of(game: Game, chooser: Chooser, many: int = STARTS) -> Ints:
    """Return the experiments that a chooser does from each start, shape (many, 12 or all there are)."""
    return orders(game, chooser, starts_of(game, many), np.random.default_rng([SEED, game.study, 1]))


def summed_up(all_games: Sequence[Game], done: Mapping[int, Ints]) -> Played:
    """Return what was found, given the orders by study."""
    pairs = [(game, done[game.study]) for game in all_games]
    return Played(
        np.array([regrets(*pair).mean(axis=0) for pair in pairs]),
        np.array([feasible(*pair).mean(axis=0) for pair in pairs]),
    )


def choices(done: Mapping[int, Ints]) -> int:
    """Return how many experiments were chosen in orders by study; those to start with are not."""
    return sum(order.shape[0] * (order.shape[1] - FIRST) for order in done.values())


def random_played(all_games: Sequence[Game], many: int = STARTS) -> Played:
    """Return what choosing at random finds on average from the same starts, exactly."""
    regret, nothing = (
        np.array([expected_random(values, starts_of(game, many)).mean(axis=0) for game, values in pairs])
        for pairs in ([(game, game.loss) for game in all_games], [(game, game.useless) for game in all_games])
    )
    return Played(regret, 1.0 - nothing)


def band(one: Floats, of_random: Floats) -> tuple[float, float, float]:
    """Return the share of experiments needed, with the ends of its 90 % bootstrap band over studies.

    Args:
        one: regret by study, shape (s, 11).
        of_random: likewise.
    """
    rng = np.random.default_rng(SEED)
    draws = rng.integers(len(one), size=(_DRAWS, len(one)))
    shares = [experiments_share(one[draw].mean(axis=0), of_random[draw].mean(axis=0)) for draw in draws]
    low, high = np.quantile(shares, _BAND)
    return experiments_share(one.mean(axis=0), of_random.mean(axis=0)), float(low), float(high)


def regret_band(regret: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the mean regret over studies with the ends of its 90 % bootstrap band, shape (11,) each."""
    draws = np.random.default_rng(SEED).integers(len(regret), size=(_DRAWS, len(regret)))
    low, high = np.quantile(regret[draws].mean(axis=1), _BAND, axis=0)
    return regret.mean(axis=0), low, high


def described(all_games: Sequence[Game]) -> dict[str, dict[str, float]]:
    """Return what the rivals' choices depend on, by study: the target and the ends of the feasible costs."""
    told = {}
    for game in all_games:
        value = game.value[np.isfinite(game.value)]
        ends = {"best": round(float(value.min()), 3), "worst": round(float(value.max()), 3)}
        told[str(game.study)] = {"experiments": len(game), "target": game.target, **ends}
    return told


def play_rivals(
    table: TrainingTable, all_games: Sequence[Game], names: Sequence[str], many: int, jobs: int
) -> dict[str, Any]:
    """Play other tools and return what the reference file holds of them.

    Args:
        table: training table.
        all_games: its games.
        names: of `RIVALS`.
        many: starts.
        jobs: studies at once.
    """
    choosers = {}
    for name in names:
        each = joblib.Parallel(n_jobs=jobs)(joblib.delayed(_rival)(game, name, many) for game in all_games)
        done = {game.study: order for game, (order, _) in zip(all_games, each, strict=True)}
        choosers[name] = {
            "seconds_per_choice": round(sum(seconds for _, seconds in each) / choices(done), 3),
            "regret": summed_up(all_games, done).regret.mean(axis=0).round(4).tolist(),
            "orders": {str(study): order.tolist() for study, order in done.items()},
        }
    return {
        "table": table.sha256,
        "starts": many,
        "packages": {name: version(name) for name in PACKAGES},
        "studies": described(all_games),
        "choosers": choosers,
    }


def _rival(game: Game, name: str, many: int) -> tuple[Ints, float]:
    """Return the orders of one study and the seconds they took."""
    import torch

    torch.set_num_threads(1)
    began = time.perf_counter()
    return orders_of(game, RIVALS[name], many), time.perf_counter() - began


def read_rivals(
    table: TrainingTable, all_games: Sequence[Game], path: Path = REFERENCE
) -> tuple[dict[str, Any], dict[str, dict[int, Ints]]]:
    """Return the reference file, and the orders in it by chooser and study.

    Raises:
        ValueError: it was made with another table, other targets or other costs.
    """
    told = json.loads(path.read_text())
    if told["table"] != table.sha256 or told["studies"] != described(all_games):
        raise ValueError(f"{path} was made with other games: run this with --rivals")
    return told, {
        name: {int(study): np.array(order, dtype=np.intp) for study, order in of["orders"].items()}
        for name, of in told["choosers"].items()
    }


def shown(played: Mapping[str, Played], seconds: Mapping[str, float]) -> str:
    """Return a Markdown table, a row per chooser; that at random is among them."""
    columns = [number - FIRST for number in _SHOWN]
    lines = [
        f"| chooser | regret after {', '.join(map(str, _SHOWN))} experiments | feasible after 6, 12 "
        "| experiments needed | s per choice |",
        "|---|---|---|---|---|",
    ]
    for name, of in played.items():
        mean, low, high = regret_band(of.regret)
        curve = ", ".join(f"{mean[k]:.2f} ({low[k]:.2f}-{high[k]:.2f})" for k in columns)
        some = of.feasible.mean(axis=0)[[6 - FIRST, 12 - FIRST]]
        share, least, most = band(of.regret, played[RANDOM].regret)
        cells = [
            name,
            curve,
            ", ".join(f"{100.0 * part:.0f} %" for part in some),
            f"{share:.2f} ({least:.2f}-{most:.2f})",
            f"{seconds[name]:.3f}" if name in seconds else "",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--table", type=Path, default=TABLE)
    parser.add_argument("--starts", type=int, default=STARTS)
    parser.add_argument("--rivals", nargs="*", choices=list(RIVALS), metavar="NAME")
    parser.add_argument("--jobs", type=int, default=1)
    asked = parser.parse_args()
    table = read_table(asked.table)
    all_games = games(table)
    if asked.rivals is not None:
        names = asked.rivals or list(RIVALS)
        write(play_rivals(table, all_games, names, asked.starts, asked.jobs), REFERENCE)
    _, text = play_all(table, all_games, OWN, asked.starts)
    print(text)


def play_all(
    table: TrainingTable, all_games: Sequence[Game], choosers: Mapping[str, Chooser], starts: int
) -> tuple[dict[str, Played], str]:
    """Play some choosers, and read what other tools chose, beside chance.

    Args:
        table: training table.
        all_games: of it.
        choosers: by name.
        starts: of each study.

    Returns:
        What came of each, chance first, and the same as text.
    """
    played, seconds = {RANDOM: random_played(all_games, starts)}, {}
    for name, chooser in choosers.items():
        began = time.perf_counter()
        done = {game.study: orders_of(game, chooser, starts) for game in all_games}
        seconds[name] = (time.perf_counter() - began) / choices(done)
        played[name] = summed_up(all_games, done)
    lines = [f"{len(all_games)} studies, {starts} starts, {FIRST} to {LAST} experiments."]
    try:
        told, rivals = read_rivals(table, all_games)
    except ValueError as error:
        lines.append(f"Other tools are left out: {error}.")
    else:
        packages = ", ".join(" ".join(pair) for pair in told["packages"].items())
        lines.append(f"Other tools: {told['starts']} starts; {packages}.")
        for name, orders in rivals.items():
            seconds[name] = told["choosers"][name]["seconds_per_choice"]
            played[name] = summed_up(all_games, {study: of[:starts] for study, of in orders.items()})
    return played, "\n".join([*lines, "", shown(played, seconds)])


def write(told: dict[str, Any], path: Path) -> None:
    """Write the reference file; choosers that were not played again stay where all else is the same."""
    if path.is_file():
        before = json.loads(path.read_text())
        if all(before[key] == told[key] for key in ("table", "starts", "packages", "studies")):
            told["choosers"] = before["choosers"] | told["choosers"]
    text = json.dumps(told, indent=1)
    # an order of experiments is one line
    path.write_text(re.sub(r"\[\s+([^\[\]]*?)\s+\]", lambda m: f"[{' '.join(m[1].split())}]", text) + "\n")


if __name__ == "__main__":
    main()
