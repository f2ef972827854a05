"""The members of the yield model: how each is fitted, by LightGBM, on rows or on pairs of rows.

PD-GBR (Tynes et al. 2021, 10.1021/acs.jcim.1c00670; Nogueira et al., Green Chem. 2026, 10.1039/d5gc04752h)
learns the difference of two rows' yields from [x1, x2, x1 - x2]. Two members do; four more learn the
yields themselves.

Four members are monotonically constrained in every setpoint and lead; two are not, and may move what those
say a little (`optimiser.surrogate.mixture`). docs/model.md says what was tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimiser._io.errors import InputError
from optimiser.surrogate.columns import METAL, PHYSICS
from optimiser.surrogate.encoding import CATHODES, Encoding
from optimiser.surrogate.features import FEATURES, PREDICTED_METALS
from optimiser.surrogate.mixture import SLACK, SYSTEM_SLACK, Mixture
from optimiser.surrogate.trees import PairColumn
from optimiser.systems.system import System, cathode
from optimiser.training.thresholds import spread
from optimiser.variables import CONTINUOUS, Floats, Ints

_FEED = ("Ni", "Mn", "Co")
_ACID = ("pKa1", "pKa2", "pKa3", "n_protons")
_IDENTITY = METAL[: len(PREDICTED_METALS)]
_BINS = 255
_SMALL = 1_000_000  # numbers in a training matrix that one thread fits soonest


@dataclass(frozen=True)
class Member:
    """One boosted ensemble.

    Attributes:
        name: what it is called in the model card.
        paired: whether it learns differences of two rows (PD-GBR), or yields.
        joint: whether one model speaks for all metals and is told which, or each metal has its own.
        columns: what it sees, of ``COLUMNS``.
        trees, learning_rate: of the boosting.
        min_leaf: rows, or pairs, in a leaf, at least.
        column_share: share of the columns drawn for each split.
        bin_rows: rows, or pairs, in a histogram bin, at least.
        rising: columns in which the yield may not fall.
        falling: columns in which the yield may not rise.
        pairs: pairs drawn per metal; without meaning for a plain member.
        leaves: of a tree, at most 64.
        l2: penalty on leaf values.
        balance: rows are drawn or weighted by their experiment's size to this negative power, so that long
            kinetic curves do not speak the loudest.
        bagging: share of the rows, or pairs, drawn for each tree.
        weight: in the mean of its kind, constrained or free.
        draw: added to the seed, so that members with the same settings differ.
    """

    name: str
    paired: bool
    joint: bool
    columns: tuple[str, ...]
    trees: int
    learning_rate: float
    min_leaf: int
    column_share: float
    bin_rows: int
    rising: tuple[str, ...] = ()
    falling: tuple[str, ...] = ()
    pairs: int = 0
    leaves: int = 63
    l2: float = 1.0
    balance: float = 0.0
    bagging: float = 1.0
    weight: float = 1.0
    draw: int = 0

    @property
    def more(self) -> dict[str, Any]:
        """Further parameters of LightGBM."""
        return {}

    def fitted(
        self, matrix: Floats, target: Floats, weight: Floats, signs: Sequence[int], seed: int
    ) -> Any | None:
        """Return trees of another kind, None for those of LightGBM."""
        return None

    def constrained(self, system: System) -> bool:
        """Whether it is monotone in every setpoint in which the system says that yields are."""
        return bool(system.monotone) and set(system.monotone) <= {*self.rising, *self.falling}


#: Which way chemistry moves yields: more heat, time, acid and peroxide never leach less, more solid never
#: leaches more. Columns that follow from the setpoints are constrained with them.
_RISING = (
    "temperature",
    "time",
    "acid_concentration",
    "h2o2",
    "log_time",
    "log_proton_ratio",
    "peroxide_share",
)
_FALLING = ("solid_liquid_ratio", "pH0")
#: Peroxide reduces in proportion, from none to enough: its share on either side of a pair, and a difference.
_SHARES = ((0.0, 1.0), (0.0, 1.0), (-1.0, 0.0, 1.0))
_MONOTONE: dict[str, Any] = {"rising": _RISING, "falling": _FALLING}

_DESCRIBED = tuple(feature.name for feature in FEATURES)
_BASE = (*_FEED, *CONTINUOUS, *_ACID, *METAL[:-1])


def _with(columns: tuple[str, ...], **instead: str) -> tuple[str, ...]:
    """Return columns with others instead of some."""
    return tuple(instead.get(name, name) for name in columns)


#: Constrained members see peroxide as its share of what reducing the cathode takes: how much peroxide is
#: enough depends on the solids, and that holds in any laboratory.
_SHARED = _with(_BASE, h2o2="peroxide_share")
_DESCRIBED_SHARED = (*_with(_DESCRIBED, h2o2="peroxide_share"), *METAL)
_PAIRED: dict[str, Any] = {
    "paired": True,
    "joint": False,
    "pairs": 60_000,
    "trees": 200,
    "learning_rate": 0.1,
    "min_leaf": 20,
    "bin_rows": 3,
}
_PLAIN: dict[str, Any] = {
    "paired": False,
    "joint": True,
    "min_leaf": 5,
    "column_share": 0.3,
    "bin_rows": 1,
    "balance": 0.5,
}
_SHORT: dict[str, Any] = {**_PLAIN, "trees": 300, "learning_rate": 0.1, "leaves": 31}
_LONG: dict[str, Any] = {
    **_PLAIN,
    **_MONOTONE,
    "trees": 600,
    "learning_rate": 0.05,
    "bagging": 0.7,
}
#: What ships: four constrained members, two free ones.
MEMBERS = (
    Member(
        "PD-GBR, monotone",
        **_PAIRED,
        **_MONOTONE,
        columns=tuple(name for name in _SHARED if name not in _IDENTITY),
        column_share=0.2,
    ),
    Member("PD-GBR, free", **_PAIRED, columns=(*_DESCRIBED, *PHYSICS), column_share=0.1),
    Member("GBR, monotone", **_SHORT, **_MONOTONE, columns=_SHARED),
    Member("GBR on descriptors, monotone", **_LONG, columns=_DESCRIBED_SHARED),
    Member(
        "GBR on descriptors and pH, monotone",
        **_LONG,
        columns=_with(_DESCRIBED_SHARED, acid_concentration="pH0"),
        draw=1,
    ),
    Member(
        "GBR, monotone in temperature and time",
        **_SHORT,
        columns=_BASE,
        rising=("temperature", "time"),
        bagging=0.7,
    ),
)


def mixture(members: Sequence[Member], system: System | None = None) -> Mixture:
    """Return how members become one yield: those on pairs first, as a fitted model keeps them."""
    ordered = [*(m for m in members if m.paired), *(m for m in members if not m.paired)]
    system = system or cathode()
    constrained = [m.constrained(system) for m in ordered]
    weight = np.array([m.weight for m in ordered])
    slack = SLACK if system.is_cathode else SYSTEM_SLACK
    return Mixture(weight, np.array(constrained), slack)


def pair_columns(member: Member, encoding: Encoding = CATHODES) -> tuple[PairColumn, ...]:
    """Return what the columns of a member's training matrix are, in order.

    Which metal is asked about is the same on both sides of a pair, so it stands there once.
    """
    names = encoding.column_names
    every = [names.index(name) for name in member.columns]
    if not member.paired:
        return tuple(PairColumn(0, j) for j in every)
    differing = [j for j in every if names[j] not in encoding.identity]
    identity = [j for j in every if names[j] in encoding.identity]
    return tuple(PairColumn(kind, j) for kind in range(3) for j in differing) + tuple(
        PairColumn(0, j) for j in identity
    )


def fit_member(
    member: Member,
    x: Floats,
    yields: Floats,
    experiments: Ints,
    seed: int,
    encoding: Encoding = CATHODES,
) -> list[Any]:
    """Fit a member.

    Args:
        member: what to fit.
        x: of the training rows, as :func:`~optimiser.surrogate.columns.columns` gives them, shape (n, 4, 43).
        yields: fractions, NaN where the metal is absent, shape (n, 4).
        experiments: number of each row's experiment, shape (n,).
        seed: of pairs drawn and of the boosting.
        encoding: what the columns are.

    Returns:
        LightGBM boosters: one, or one per metal.

    Raises:
        InputError: LightGBM cannot be loaded here, or a metal has fewer than two rows.
    """
    seed += member.draw
    rng = np.random.default_rng(seed)
    _, inverse, size = np.unique(experiments, return_inverse=True, return_counts=True)
    weight = size[inverse].astype(np.float64) ** -member.balance
    parts = [
        _metal_rows(member, x[:, k], yields[:, k], weight, k, rng, encoding) for k in range(yields.shape[1])
    ]
    if member.joint:
        whole = tuple(np.concatenate([part[i] for part in parts]) for i in range(3))
        parts = [(whole[0], whole[1], whole[2])]
    return [_boost(member, *part, seed, encoding) for part in parts]


def _metal_rows(
    member: Member,
    x: Floats,
    yields: Floats,
    weight: Floats,
    metal: int,
    rng: np.random.Generator,
    encoding: Encoding,
) -> tuple[Floats, Floats, Floats]:
    """Return training matrix, targets and weights of one metal."""
    held = np.flatnonzero(~np.isnan(yields))
    if len(held) < 2 and encoding.system.is_cathode:
        raise InputError(
            f"Only {len(held)} training rows have {encoding.system.responses[metal]}.", allowed="2 or more"
        )
    kinds = pair_columns(member, encoding)
    if len(held) < 2:  # a study is held out with the one feed that has the response: no one asks for it
        rows = 0 if member.joint else 2
        return np.zeros((rows, len(kinds))), np.zeros(rows), np.ones(rows)
    if not member.paired:
        return x[held][:, [test.column for test in kinds]], yields[held], weight[held]
    first, second = (
        held[rng.choice(len(held), member.pairs, p=weight[held] / weight[held].sum())] for _ in range(2)
    )
    sides = (x[first], x[second], x[first] - x[second])
    matrix = np.empty((member.pairs, len(kinds)))
    for j, test in enumerate(kinds):
        matrix[:, j] = sides[test.kind][:, test.column]
    return matrix, yields[first] - yields[second], np.ones(member.pairs)


def _boost(
    member: Member, matrix: Floats, target: Floats, weight: Floats, seed: int, encoding: Encoding
) -> Any:
    signs = [_sign(member, test, encoding) for test in pair_columns(member, encoding)]
    other = member.fitted(matrix, target, weight, signs, seed)
    if other is not None:
        return other
    parameters = {
        "objective": "regression",
        "num_leaves": member.leaves,
        "learning_rate": member.learning_rate,
        "min_data_in_leaf": member.min_leaf,
        "lambda_l2": member.l2,
        "feature_fraction_bynode": member.column_share,
        "min_data_in_bin": member.bin_rows,
        "max_bin": _BINS,
        "seed": seed,
        "deterministic": True,
        "force_col_wise": True,
        "verbosity": -1,
    }
    parameters |= member.more
    lightgbm = _lightgbm()
    if len(matrix) * len(signs) < _SMALL:  # threads would wait for each other
        parameters["num_threads"] = 1
    if member.bagging < 1.0:
        parameters |= {"bagging_fraction": member.bagging, "bagging_freq": 1}
    if any(signs):
        parameters["monotone_constraints"] = signs
    data = lightgbm.Dataset(matrix, target, weight=weight, free_raw_data=True)
    fitted = lightgbm.train(parameters, data, member.trees)
    tests, names = list(enumerate(pair_columns(member, encoding))), encoding.column_names
    moved = [j for j, test in tests if names[test.column] in encoding.following]
    knots = {j: _SHARES[test.kind] for j, test in tests if names[test.column] == "peroxide_share"}
    return spread(fitted, matrix, moved, np.random.default_rng(seed), knots)


def _sign(member: Member, test: PairColumn, encoding: Encoding) -> int:
    """Return 1 where the target may not fall in a column, -1 where it may not rise, else 0."""
    name = encoding.column_names[test.column]
    sign = int(name in member.rising) - int(name in member.falling)
    return -sign if test.kind == 1 else sign


def _lightgbm() -> Any:
    try:
        import lightgbm
    except OSError as error:
        raise InputError(
            f"LightGBM, which fits the yield model, cannot be loaded: {error}.",
            remedy="install the system library libgomp (Debian: apt install libgomp1)",
        ) from None
    return lightgbm
