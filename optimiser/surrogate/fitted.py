"""Trees and anchors together: what predicts, without what fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from optimiser.surrogate.compiled import Compiled, Raw, compile_members
from optimiser.surrogate.encoding import CATHODES, Encoding
from optimiser.surrogate.mixture import Mixture
from optimiser.surrogate.trees import Forest, differences
from optimiser.variables import Bools, Floats, Ints

_FOREST = Forest._fields
_KEPT = 128  # compiled feeds and acids, about 2 MB each


class Predictor(Protocol):
    """What a surrogate predicts with: the trees that ship, or a rival."""

    @property
    def features(self) -> Floats:
        """Return the rows it is explained against, shape (m, 32)."""

    @property
    def yields(self) -> Floats:
        """Return the yields of those rows, NaN where the metal is absent, shape (m, 4)."""

    @property
    def anchors(self) -> int:
        """Return how many anchors a search may choose from, 0 where it always takes the same."""

    def predict(self, x: Floats, anchors: int | None = None, moved: Floats | None = None) -> Raw:
        """Predict designs, shape (n, 32), over some of the anchors, or over where they move."""

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return what an artefact stores beside those rows, by name."""

    def regressors_file(self) -> bytes | None:
        """Return the content of the file of scikit-learn's regressors, None of trees."""


@dataclass(frozen=True)
class Fitted:
    """Fitted trees with the rows to compare with.

    Attributes:
        paired: one forest per member that learns differences.
        plain: one forest per member that learns yields.
        features: of the anchors, shape (m, 32).
        yields: of the anchors, NaN where the metal is absent, shape (m, 4).
        mixture: how the members, ``paired`` before ``plain``, become one yield.
        encoding: what the trees see.
    """

    paired: tuple[Forest, ...]
    plain: tuple[Forest, ...]
    features: Floats
    yields: Floats
    mixture: Mixture
    encoding: Encoding = CATHODES
    _compiled: Callable[[bytes, int | None], Compiled] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # a cache of this model alone, dropped with it; safe among threads
        object.__setattr__(self, "_compiled", lru_cache(_KEPT)(self._compile))

    def __reduce__(self) -> tuple[type[Fitted], tuple[Any, ...]]:
        """Leave the cache behind when a copy goes to another process."""
        return Fitted, (
            self.paired,
            self.plain,
            self.features,
            self.yields,
            self.mixture,
            self.encoding,
        )

    @property
    def anchors(self) -> int:
        """Number of anchors."""
        return len(self.yields)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return what an artefact stores of trees and mixture, by name."""
        of_forests = {
            f"{kind}{number}_{name}": getattr(forest, name)
            for kind in ("paired", "plain")
            for number, forest in enumerate(getattr(self, kind))
            for name in _FOREST
        }
        mixture = {f"mixture_{f.name}": np.asarray(getattr(self.mixture, f.name)) for f in fields(Mixture)}
        return of_forests | mixture

    def regressors_file(self) -> None:
        """Return None: trees are arrays."""

    @classmethod
    def from_arrays(
        cls,
        arrays: Mapping[str, npt.NDArray[Any]],
        features: Floats,
        yields: Floats,
        encoding: Encoding = CATHODES,
    ) -> Fitted:
        """Return what :meth:`arrays` stored, with the anchors.

        Raises:
            KeyError: an array is missing.
            ValueError: arrays of a member do not fit together.
        """
        mixture = Mixture(
            arrays["mixture_weight"],
            arrays["mixture_constrained"].astype(np.bool_),
            float(arrays["mixture_slack"]),
        )
        paired, plain = (_forests(arrays, kind, encoding) for kind in ("paired", "plain"))
        return cls(paired, plain, features, yields, mixture, encoding)

    def take(self, rows: Ints) -> Fitted:
        """Keep some of the anchors."""
        return replace(self, features=self.features[rows], yields=self.yields[rows])

    def votes(self, x: Floats) -> Floats:
        """Return each paired member's prediction by each anchor, NaN if it lacks the metal; (p, n, 4, m)."""
        seen, known = self.encoding.columns(x), self.encoding.columns(self.features)
        return np.stack([differences(forest, seen, known) for forest in self.paired]) + self.yields.T

    def predict(self, x: Floats, anchors: int | None = None, moved: Floats | None = None) -> Raw:
        """Predict by every member, over the anchors that have the metal.

        Args:
            x: features, shape (n, 32); compiled once for each feed and acid among them.
            anchors: how many of the anchors, from the first, designs are compared with; None for all.
            moved: where each design may end up, shape (n, p, 5); the mean over them is returned.

        Raises:
            InputError: numba cannot compile here.
        """
        m, setpoints = self.yields.shape[1], self.encoding.continuous
        out = np.empty((3, len(x), m))
        over = None if moved is None else np.empty((*moved.shape[:2], m))
        for fixed, mine in self._by_fixed(x):
            points = None if moved is None else moved[mine]
            *part, points_of = self._compiled(fixed, anchors).predict(x[mine][:, setpoints], points)
            out[:, mine] = part
            if over is not None:
                over[mine] = points_of
        return Raw(out[0], out[1], out[2], over)

    def _compile(self, fixed: bytes, anchors: int | None) -> Compiled:
        few = slice(anchors)
        known = self.encoding.columns(self.features[few])
        return compile_members(
            self.paired,
            self.plain,
            self.mixture,
            known,
            self.yields[few],
            self._unfixed(fixed),
            self.encoding,
        )

    @property
    def _fixed(self) -> list[int]:
        """Which features the feed and the option fix."""
        free = set(self.encoding.continuous)
        return [j for j in range(len(self.encoding.features)) if j not in free]

    def _by_fixed(self, x: Floats) -> Iterator[tuple[bytes, Bools]]:
        """Yield what the feed and the option fix, and the rows that have them, for each feed and option."""
        fixed = np.ascontiguousarray(x[:, self._fixed])
        keys = fixed.view(np.dtype((np.void, fixed.itemsize * fixed.shape[1]))).reshape(-1)
        _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
        for group, row in enumerate(first):
            yield fixed[row].tobytes(), inverse == group

    def _unfixed(self, fixed: bytes) -> Floats:
        """Return features of any design with the feed and the option, shape (d,)."""
        features = np.zeros(len(self.encoding.features))
        features[self._fixed] = np.frombuffer(fixed)
        # settled nowhere, so any value will do that the logarithms of the physics can digest
        features[self.encoding.continuous] = 1.0
        return features


def _forests(arrays: Mapping[str, npt.NDArray[Any]], kind: str, encoding: Encoding) -> tuple[Forest, ...]:
    forests: list[Forest] = []
    while f"{kind}{len(forests)}_leaf" in arrays:
        forest = Forest(**{name: arrays[f"{kind}{len(forests)}_{name}"] for name in _FOREST})
        forest.check(len(encoding.column_names))
        if forest.n_metals != len(encoding.system.responses):
            raise ValueError("a member's metals do not fit")
        forests.append(forest)
    return tuple(forests)
