"""What `optimiser suggest` chooses in the replay: expected improvement under the joint posterior of a plant.

Each study is the plant of `optimiser.training.own_results`: its literature is predicted and calibrated by
what holds it out. The experiments that are done are its own results.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from benchmarks.replay.game import Chooser, Game, costs, game_metals, shortfall
from optimiser.learning.acquisition import expected_improvement
from optimiser.surrogate.calibration import Calibration
from optimiser.surrogate.joint import drawn_yields, joint
from optimiser.surrogate.residuals import Prior, learn_rows
from optimiser.surrogate.training_table import TrainingTable
from optimiser.training.calibrate import gather
from optimiser.training.compare.evaluate import shipped_held_out
from optimiser.training.own_results import Plant, plants
from optimiser.variables import Bools, Floats, Ints

DRAWS = 128
_NONE = np.empty(0)


@dataclass(frozen=True)
class Suggested:
    """Chooses as `optimiser suggest` does.

    Attributes:
        priors: what the other studies say of a plant, by fold.
        plants: every study.
        draws: of the joint posterior.
        table: training table.
        costs: of the rows of each study in every draw, from their yields; filled when first asked.
    """

    priors: Mapping[int, Prior]
    plants: list[Plant]
    table: TrainingTable
    draws: int = DRAWS
    costs: dict[int, Callable[[Floats], Floats]] = field(default_factory=dict)

    def __call__(self, game: Game, done: Ints, rng: np.random.Generator) -> int:
        """Return the untried experiment from which the lowest feasible cost is expected to fall most."""
        plant = self.plant_of(game)
        own = np.isin(game.experiment, done)
        costs, feasible = self.drawn(game, plant, own, rng)
        known = np.where(shortfall(game, game.measured)[own] <= 0.0, game.cost[own], np.inf)
        best = float(known.min()) if np.isfinite(known).any() else None
        return int(expected_improvement(costs, feasible, best, game.experiment[~own], 1)[0][0])

    def plant_of(self, game: Game) -> Plant:
        """Return the plant of a game."""
        return next(p for p in self.plants if np.array_equal(p.index, game.rows))

    def drawn(self, game: Game, plant: Plant, own: Bools, rng: np.random.Generator) -> tuple[Floats, Bools]:
        """Return cost and feasibility of the rows that are not measured, in each draw, shape (s, r) each."""
        prior = self.priors[plant.fold]
        learned = learn_rows(prior, plant.rows.take(own))
        composition = plant.rows.feed[0]
        after = learned.seen_from(composition).posterior(plant.rows.place, plant.rows.mean, plant.rows.hard)
        scale = (plant.scale(own, after) * prior.narrowing(after.remaining))[~own]
        rows = plant.rows.take(~own)
        together = joint(prior, learned, composition, rows.place, rows.mean, rows.hard, rows.run)
        errors = Calibration(_NONE, _NONE, 0.0, _NONE, _NONE, prior.scores, 0.0)
        mean = errors.within(after.mean[~own], scale)
        yields = drawn_yields(errors, mean, scale, together.scores(self.draws, rng))
        metals = game_metals(game)
        feasible = (yields[..., metals] >= game.target).all(axis=2)
        every = np.tile(np.where(np.isnan(game.literature), np.nan, 0.5), (self.draws, 1, 1))
        every[:, ~own] = yields
        if game.study not in self.costs:
            self.costs[game.study] = costs(self.table, np.tile(game.rows, self.draws))
        found = self.costs[game.study](every.reshape(-1, every.shape[2]))
        return found.reshape(self.draws, -1)[:, ~own], feasible


def suggested(table: TrainingTable, priors: Mapping[int, Prior]) -> Chooser:
    """Return the chooser for the games of a training table.

    Args:
        table: training table.
        priors: what the plants of other folds say, by fold.
    """
    held = shipped_held_out(table)
    evidence = gather(table, held)
    return Suggested(priors, plants(evidence, held), table)
