"""Yields of every metal of a feed: predicted where the surrogate knows the metal, else assumed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimiser.chemistry.acids import Acid
from optimiser.chemistry.feeds import Feed
from optimiser.chemistry.metals import METALS
from optimiser.designs import Bools, Designs, Floats
from optimiser.errors import InputError
from optimiser.surrogate.artefact import Surrogate, YieldPrediction


def predicted_metals(surrogate: Surrogate) -> tuple[str, ...]:
    """Return the metals whose yields the surrogate predicts: the first ones of METALS."""
    return tuple(surrogate.card["metals"])


def check_yields(surrogate: Surrogate, feed: Feed) -> None:
    """Refuse a feed with a metal whose yield is neither predicted nor assumed, or both, or that it lacks.

    Raises:
        InputError: names the metal.
    """
    predicted = predicted_metals(surrogate)
    holds = {metal for metal, there in zip(METALS, feed.present, strict=True) if there}
    for metal in METALS:
        if metal in holds and metal not in (*predicted, *feed.assumed_yields):
            raise InputError(
                f"{feed.name} holds {metal}, whose yield the surrogate {surrogate.name} does not predict.",
                where="feed.yields",
                allowed=f"predicted are {', '.join(predicted)}; any other metal needs a yield from 0 to 1",
                remedy=f"state what you assume: `feed: {{..., yields: {{{metal}: 1.0}}}}`",
            )
        if metal in feed.assumed_yields and (metal in predicted or metal not in holds):
            why = "the surrogate predicts it" if metal in predicted else f"{feed.name} does not hold it"
            raise InputError(
                f"A yield of {metal} is assumed, but {why}.",
                where=f"feed.yields.{metal}",
                allowed=", ".join(m for m in METALS if m in holds and m not in predicted) or "no metal",
                remedy=f"remove {metal} from the assumed yields",
            )


def predict_yields(
    surrogate: Surrogate, feed: Feed, acids: Sequence[Acid], designs: Designs
) -> YieldPrediction:
    """Return mean and spread of the yields of designs, a column per metal of METALS.

    An assumed yield has no spread. Arguments and errors as of `Surrogate.predict`.
    """
    known = len(predicted_metals(surrogate))
    if known == len(METALS):
        return surrogate.predict(feed, acids, designs)
    part = surrogate.predict(_SeenFeed.of(feed, known), [_SeenAcid.of(a, known) for a in acids], designs)
    assumed = _assumed(feed, known, len(designs))
    return replace(
        part,
        mean=np.hstack([part.mean, assumed]),
        spread=np.hstack([part.spread, np.where(np.isnan(assumed), np.nan, 0.0)]),
    )


def yield_interval(
    surrogate: Surrogate, feed: Feed, prediction: YieldPrediction, level: float
) -> tuple[Floats, Floats]:
    """Return low and high yields, a column per metal of METALS; an assumed yield is both.

    Args:
        surrogate: that predicted.
        feed: whose yields they are.
        prediction: as `predict_yields` returned it.
        level: of the interval, as in `Surrogate.interval`.
    """
    known = len(predicted_metals(surrogate))
    if known == len(METALS):
        return surrogate.interval(prediction, level)
    part = replace(prediction, mean=prediction.mean[:, :known], spread=prediction.spread[:, :known])
    low, high = surrogate.interval(part, level)
    assumed = _assumed(feed, known, len(low))
    return np.hstack([low, assumed]), np.hstack([high, assumed])


def assumption(feed: Feed) -> str:
    """Say which yields of a feed are assumed, or nothing."""
    said = ", ".join(f"{metal} {100.0 * value:g} %" for metal, value in feed.assumed_yields.items())
    return f"Assumed, not predicted, are these yields of {feed.name}: {said}." if said else ""


def _assumed(feed: Feed, known: int, n: int) -> Floats:
    return np.tile([feed.assumed_yields.get(metal, np.nan) for metal in METALS[known:]], (n, 1))


@dataclass(frozen=True)
class _SeenFeed:
    """A feed as the surrogate sees it: without the metals that it does not know."""

    Ni: float
    Mn: float
    Co: float
    present: Bools

    @classmethod
    def of(cls, feed: Feed, known: int) -> _SeenFeed:
        return cls(feed.Ni, feed.Mn, feed.Co, feed.present[:known])


@dataclass(frozen=True)
class _SeenAcid:
    """An acid as the surrogate sees it: without the salts of the metals that it does not know."""

    smiles: str
    pKa_values: tuple[float, ...]  # noqa: N815
    n_protons: int
    salt_solubility_values: Floats

    @classmethod
    def of(cls, acid: Acid, known: int) -> _SeenAcid:
        return cls(acid.smiles, acid.pKa_values, acid.n_protons, acid.salt_solubility_values[:known])
