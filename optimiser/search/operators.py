"""Vectorised operators over rows [acid index, five coordinates in 0..1], for use inside pymoo."""

from __future__ import annotations

from typing import Any

import numpy as np
from pymoo.core.crossover import Crossover
from pymoo.core.duplicate import DuplicateElimination
from pymoo.core.mutation import Mutation
from pymoo.core.sampling import Sampling
from pymoo.core.selection import Selection
from scipy.stats import qmc

from optimiser.designs import Floats, Ints

Rng = np.random.Generator


def sobol_rows(n: int, n_acids: int, rng: Rng) -> Floats:
    """Return n scrambled Sobol points with the acids dealt out evenly, shape (n, 6)."""
    power = int(np.ceil(np.log2(max(n, 2))))
    unit = qmc.Sobol(5, rng=rng).random_base2(power)[:n]
    acid = rng.permutation(np.arange(n) % n_acids)
    return np.column_stack([acid, unit])


def sbx(a: Floats, b: Floats, eta: float, rng: Rng) -> tuple[Floats, Floats]:
    """Simulated binary crossover on [0, 1] with bounds kept (Deb & Agrawal 1995; Deb et al. 2002).

    Args:
        a, b: parents, shape (n, d).
        eta: distribution index; larger stays closer to the parents.
        rng: generator.

    Each coordinate is crossed with probability 1/2; coordinates that agree are left alone.
    """
    low, high = np.minimum(a, b), np.maximum(a, b)
    gap = high - low
    cross = (gap > 1e-14) & (rng.random(a.shape) < 0.5)
    gap = np.where(gap > 1e-14, gap, 1.0)
    u = rng.random(a.shape)

    def stretch(room: Floats) -> Floats:
        alpha = 2.0 - (1.0 + 2.0 * room / gap) ** -(eta + 1.0)
        near, far = u * alpha, 1.0 / np.maximum(2.0 - u * alpha, 1e-12)
        beta: Floats = np.where(u <= 1.0 / alpha, near, far) ** (1.0 / (eta + 1.0))
        return beta

    middle = (low + high) / 2.0
    first = np.clip(middle - 0.5 * stretch(low) * gap, 0.0, 1.0)
    second = np.clip(middle + 0.5 * stretch(1.0 - high) * gap, 0.0, 1.0)
    swap = rng.random(a.shape) < 0.5
    first, second = np.where(swap, second, first), np.where(swap, first, second)
    return np.where(cross, first, a), np.where(cross, second, b)


def polynomial_mutation(x: Floats, eta: float, probability: float, rng: Rng) -> Floats:
    """Bounded polynomial mutation on [0, 1] (Deb & Deb 2014, doi:10.1504/IJAISC.2014.059280).

    Args:
        x: rows, shape (n, d).
        eta: distribution index.
        probability: that a coordinate is mutated.
        rng: generator.
    """
    u = rng.random(x.shape)
    power = 1.0 / (eta + 1.0)
    down = (2.0 * u + (1.0 - 2.0 * u) * (1.0 - x) ** (eta + 1.0)) ** power - 1.0
    up = 1.0 - (2.0 * (1.0 - u) + 2.0 * (u - 0.5) * x ** (eta + 1.0)) ** power
    step = np.where(u < 0.5, down, up)
    mutate = rng.random(x.shape) < probability
    return np.clip(np.where(mutate, x + step, x), 0.0, 1.0)


def tournament(violation: Floats, rank: Ints, crowding: Floats, rng: Rng, n: int) -> Ints:
    """Pick n winners of binary tournaments: less violation, then better rank, then more room.

    Args:
        violation, rank, crowding: of the population, shape (p,).
        rng: generator.
        n: how many winners.
    """
    size = len(violation)
    rounds = -(-2 * n // size)
    order = np.concatenate([rng.permutation(size) for _ in range(rounds)])[: 2 * n]
    a, b = order[0::2], order[1::2]
    tie = rng.random(n) < 0.5
    better_a = np.where(
        violation[a] != violation[b],
        violation[a] < violation[b],
        np.where(
            rank[a] != rank[b],
            rank[a] < rank[b],
            np.where(crowding[a] != crowding[b], crowding[a] > crowding[b], tie),
        ),
    )
    return np.where(better_a, a, b)


class SobolSampling(Sampling):  # type: ignore[misc]
    """The first generation."""

    def _do(self, problem: Any, n_samples: int, *, random_state: Rng, **_: Any) -> Floats:
        return sobol_rows(n_samples, problem.n_acids, random_state)


class ConstrainedTournament(Selection):  # type: ignore[misc]
    """Parents by constraint domination, rank and crowding."""

    def _do(
        self, problem: Any, pop: Any, n_select: int, n_parents: int, *, random_state: Rng, **_: Any
    ) -> Ints:
        # pymoo ranks the feasible only; among the others the violation decides
        feasible = pop.get("CV")[:, 0] <= 0.0
        winners = tournament(
            pop.get("CV")[:, 0],
            np.where(feasible, pop.get("rank"), 0).astype(np.intp),
            np.where(feasible, pop.get("crowding"), 0.0).astype(np.float64),
            random_state,
            n_select * n_parents,
        )
        return winners.reshape(n_select, n_parents)


class DesignCrossover(Crossover):  # type: ignore[misc]
    """SBX on the coordinates; where two parents differ in acid they exchange it half of the time."""

    def __init__(self, eta: float = 15.0) -> None:
        super().__init__(n_parents=2, n_offsprings=2, prob=0.9)
        self.eta = eta

    def _do(self, problem: Any, X: Floats, *, random_state: Rng, **_: Any) -> Floats:
        first, second = sbx(X[0, :, 1:], X[1, :, 1:], self.eta, random_state)
        exchange = random_state.random(X.shape[1]) < 0.5
        acid_a = np.where(exchange, X[1, :, 0], X[0, :, 0])
        acid_b = np.where(exchange, X[0, :, 0], X[1, :, 0])
        return np.stack([np.column_stack([acid_a, first]), np.column_stack([acid_b, second])])


class DesignMutation(Mutation):  # type: ignore[misc]
    """Polynomial mutation of the coordinates; now and then a fresh draw of the acid."""

    def __init__(self, eta: float = 20.0, redraw: float = 0.05) -> None:
        super().__init__(prob=1.0)
        self.eta = eta
        self.redraw = redraw

    def _do(self, problem: Any, X: Floats, *, random_state: Rng, **_: Any) -> Floats:
        unit = polynomial_mutation(X[:, 1:], self.eta, 1.0 / (X.shape[1] - 1), random_state)
        fresh = random_state.integers(problem.n_acids, size=len(X))
        acid = np.where(random_state.random(len(X)) < self.redraw, fresh, X[:, 0])
        return np.column_stack([acid, unit])


class SameSetpoints(DuplicateElimination):  # type: ignore[misc]
    """Designs that round to the same setpoints are duplicates."""

    def __init__(self, problem: Any) -> None:
        super().__init__()
        self.problem = problem

    def _rows(self, pop: Any) -> list[bytes]:
        designs = self.problem.decode_rows(pop.get("X"))
        rows = np.column_stack([designs.acid, designs.continuous])
        return [row.tobytes() for row in rows]

    def _do(self, pop: Any, other: Any, is_duplicate: Any) -> Any:
        seen: set[bytes] = set(self._rows(other)) if other is not None else set()
        for i, row in enumerate(self._rows(pop)):
            is_duplicate[i] = is_duplicate[i] or row in seen
            # among themselves the first one stays; against others every one counts
            if other is None:
                seen.add(row)
        return is_duplicate
