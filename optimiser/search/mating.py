"""How a generation is made: parents, children, and those of them that deserve a prediction, predicted."""

from __future__ import annotations

from typing import Any

import numpy as np
from pymoo.core.population import Population

from optimiser.problem.bound import BoundProblem
from optimiser.search.archive import Archive, joined, predicted
from optimiser.search.journal import Step
from optimiser.search.moves import children
from optimiser.search.parents import choose_parents
from optimiser.search.screen import choose
from optimiser.surrogate.artefact import Fidelity
from optimiser.variables import Designs, Ints

_CANDIDATES = 8  # made for each design that is predicted


class Mating:
    """Makes and predicts a generation's designs, none of them tried before; takes the place of pymoo's own.

    Args:
        problem: whose designs they are.
        archive: what was predicted before.
        fidelity: at which it predicts.
        selection: the algorithm's own.
        step: keeps what is made, or gives back what was kept.

    Attributes:
        archive: what is predicted by now.
        made: the last designs, which :meth:`learn` adds to it.
    """

    def __init__(
        self, problem: BoundProblem, archive: Archive, fidelity: Fidelity, selection: Any, step: Step
    ) -> None:
        self.problem = problem
        self.archive = archive
        self.fidelity = fidelity
        self.selection = selection
        self.step = step
        self.made = archive.take(np.zeros(0, dtype=np.intp))

    def do(self, problem: Any, population: Any, n: int, **kwargs: Any) -> Any:
        """Return offspring as pymoo rows; fewer, or none, where hardly a setpoint is left.

        Args:
            problem: as pymoo sees it.
            population: what pymoo selects from; ``row`` is that of the archive.
            n: how many to make.
            kwargs: what pymoo gives its own matings, ``random_state`` among it.
        """
        rng: np.random.Generator = kwargs["random_state"]

        def make() -> Archive:
            picked = self.selection(problem, population, n, n_parents=1, to_pop=False, **kwargs)
            rows = population.get("row")[np.asarray(picked).reshape(-1)].astype(np.intp)
            designs = self._offspring(rows, n, rng)
            if not len(designs):
                return self.archive.take(np.zeros(0, dtype=np.intp))
            return predicted(self.problem, designs, self.fidelity)

        self.made = self.step(rng, make)
        designs = self.made.designs
        return Population.new(X=np.column_stack([designs.acid, self.problem.encode(designs)]))

    def _offspring(self, rows: Ints, n: int, rng: np.random.Generator) -> Designs:
        known = self.archive.designs
        parents, mates = choose_parents(self.archive, rows, _CANDIDATES * n, rng)
        made = children(self.problem, known.take(parents), known.take(mates), rng)
        new = self._untried(made)
        made = made.take(new)
        return made.take(choose(self.problem, self.archive, made, parents[new], n, rng))

    def _untried(self, made: Designs) -> Ints:
        """Return the rows of what was not predicted before, the first of each setpoint, in order."""
        keys, first = np.unique(made.setpoints, return_index=True)
        return np.sort(first[~np.isin(keys, self.archive.designs.setpoints)])

    def learn(self) -> Ints:
        """Add what was made to what is known, and return its rows."""
        self.archive = joined([self.archive, self.made])
        return np.arange(len(self.archive) - len(self.made), len(self.archive))
