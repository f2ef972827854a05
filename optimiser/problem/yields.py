"""Yields of every metal of a feed: predicted where the surrogate knows the metal, else assumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import Acid
from optimiser.chemistry.feeds import Feed
from optimiser.chemistry.metals import METALS
from optimiser.surrogate.artefact import Fidelity, Surrogate, YieldPrediction
from optimiser.surrogate.features import Leachant
from optimiser.systems.system import Option, SystemFeed
from optimiser.variables import Bools, Designs, Floats


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
    surrogate: Surrogate,
    feed: Feed | SystemFeed,
    acids: Sequence[Acid | Option],
    designs: Designs,
    *,
    fidelity: Fidelity = "high",
    moved: Floats | None = None,
    quantile: float | None = None,
) -> YieldPrediction:
    """Return the prediction of the yields of designs, a column per metal of METALS.

    An assumed yield is its own mean, without spread. Arguments and errors as of `Surrogate.predict`.
    """
    known = len(predicted_metals(surrogate))
    if not _assumable(surrogate):
        return surrogate.predict(feed, acids, designs, fidelity=fidelity, moved=moved, quantile=quantile)
    assert isinstance(feed, Feed)
    seen = [_SeenAcid.of(acid, known) for acid in acids if isinstance(acid, Acid)]
    part = surrogate.predict(
        _SeenFeed.of(feed, known), seen, designs, fidelity=fidelity, moved=moved, quantile=quantile
    )
    assumed = _assumed(surrogate, feed, len(designs))
    sure = np.where(np.isnan(assumed), np.nan, 0.0)
    columns = {name: np.hstack([values, sure]) for name, values in _by_metal(part).items()}
    if part.over is not None:
        known_too = np.repeat(assumed[:, None], part.over.shape[1], axis=1)
        part = replace(part, over=np.concatenate([part.over, known_too], axis=2))
    return replace(part, **columns | {"mean": np.hstack([part.mean, assumed])})


def located(surrogate: Surrogate, prediction: YieldPrediction) -> YieldPrediction:
    """Return a prediction whose further questions (quantiles, chances) are answered several times faster."""
    known = len(predicted_metals(surrogate))
    at = surrogate.located(_predicted(prediction, known)).location
    assert at is not None
    return replace(prediction, location=np.hstack([at, prediction.mean[:, known:]]))


def yield_quantile(
    surrogate: Surrogate, feed: Feed | SystemFeed, prediction: YieldPrediction, p: float
) -> Floats:
    """Return the yields that are not reached with probability ``p``, a column per metal of METALS.

    An assumed yield is taken for certain. ``prediction`` as `predict_yields` returned it.
    """
    known = len(predicted_metals(surrogate))
    told = surrogate.quantile(_predicted(prediction, known), p)
    return np.hstack([told, _assumed(surrogate, feed, len(told))])


def yield_interval(
    surrogate: Surrogate, feed: Feed | SystemFeed, prediction: YieldPrediction, level: float
) -> tuple[Floats, Floats]:
    """Return low and high yields as `Surrogate.interval`, a column per metal of METALS.

    An assumed yield is both. ``prediction`` as `predict_yields` returned it.
    """
    known = len(predicted_metals(surrogate))
    low, high = surrogate.interval(_predicted(prediction, known), level)
    assumed = _assumed(surrogate, feed, len(low))
    return np.hstack([low, assumed]), np.hstack([high, assumed])


def drawn_yields(
    surrogate: Surrogate, feed: Feed | SystemFeed, prediction: YieldPrediction, scores: Floats
) -> Floats:
    """Return yields with the errors of some held-out rows, a column per metal of METALS, shape (n, r, m).

    An assumed yield has no error.

    Args:
        surrogate: that predicted.
        feed: the cathode.
        prediction: as `predict_yields` returned it.
        scores: rows of the calibration's scores, shape (r, 4).
    """
    known = len(predicted_metals(surrogate))
    told = surrogate.drawn(_predicted(prediction, known), scores)
    assumed = np.broadcast_to(
        _assumed(surrogate, feed, 1)[:, None], (*told.shape[:2], len(_assumable(surrogate)))
    )
    return np.concatenate([told, assumed], axis=2)


def slacks(
    surrogate: Surrogate, prediction: YieldPrediction, targets: Floats, number: int | None = None
) -> Floats:
    """Return by how much all targets at once are exceeded with each held-out row's errors, shape (n, r).

    Args:
        surrogate: that predicted.
        prediction: as `predict_yields` returned it.
        targets: a number per metal of METALS, NaN where it has none; assumed yields are not looked at.
        number: of rows that stand for all; None for all.
    """
    known = len(predicted_metals(surrogate))
    return surrogate.slacks(_predicted(prediction, known), targets[:known], number)


def joint_probability(surrogate: Surrogate, prediction: YieldPrediction, targets: Floats) -> Floats:
    """Return the probability that every predicted yield reaches its target at once, shape (n,).

    Args:
        surrogate: that predicted.
        prediction: as `predict_yields` returned it.
        targets: a number per metal of METALS, NaN where it has none; assumed yields are not looked at.
    """
    known = len(predicted_metals(surrogate))
    return surrogate.joint_probability(_predicted(prediction, known), targets[:known])


def assumption(feed: Feed) -> str:
    """Say which yields of a feed are assumed, or nothing."""
    said = ", ".join(f"{metal} {100.0 * value:g} %" for metal, value in feed.assumed_yields.items())
    return f"Assumed, not predicted, are these yields of {feed.name}: {said}." if said else ""


def _by_metal(prediction: YieldPrediction) -> dict[str, Floats]:
    """Return the arrays of a prediction that have a column per metal."""
    arrays = {field.name: getattr(prediction, field.name) for field in fields(prediction)}
    return {name: values for name, values in arrays.items() if values is not None and values.ndim == 2}


def _predicted(prediction: YieldPrediction, known: int) -> YieldPrediction:
    """Return a prediction as the surrogate made it, without the columns of assumed yields."""
    columns = {name: values[:, :known] for name, values in _by_metal(prediction).items()}
    return replace(prediction, **columns)


def _assumable(surrogate: Surrogate) -> tuple[str, ...]:
    """Return the metals of a cathode that the surrogate does not know; none of any other system."""
    return METALS[len(predicted_metals(surrogate)) :] if surrogate.system.is_cathode else ()


def _assumed(surrogate: Surrogate, feed: Feed | SystemFeed, n: int) -> Floats:
    return np.tile(
        [feed.assumed_yields.get(metal, np.nan) for metal in _assumable(surrogate)], (n, 1)
    ).reshape(n, len(_assumable(surrogate)))


@dataclass(frozen=True)
class _SeenFeed:
    """A feed as the surrogate sees it: without the metals that it does not know."""

    Ni: float
    Mn: float
    Co: float
    present: Bools
    cathode_share: float
    impurities: Mapping[str, float]

    @property
    def place(self) -> tuple[float, ...]:
        """Mol Ni, Mn, Co per mol Li."""
        return self.Ni, self.Mn, self.Co

    @classmethod
    def of(cls, feed: Feed, known: int) -> _SeenFeed:
        told = feed.cathode_share, feed.impurities
        return cls(feed.Ni, feed.Mn, feed.Co, feed.present[:known], *told)


@dataclass(frozen=True)
class _SeenAcid:
    """An acid as the surrogate sees it: without the salts of the metals that it does not know."""

    smiles: str
    key: str
    components: tuple[tuple[Leachant, float], ...]
    pKa_values: tuple[float, ...]  # noqa: N815
    n_protons: int
    salt_solubility_values: Floats

    @classmethod
    def of(cls, acid: Acid, known: int) -> _SeenAcid:
        parts = acid.components
        told = [(cls.of(part, known), share) for part, share in parts] if len(parts) > 1 else []
        salts = acid.salt_solubility_values[:known]
        seen = cls(acid.smiles, acid.key, tuple(told), acid.pKa_values, acid.n_protons, salts)
        return seen if told else replace(seen, components=((seen, 1.0),))
