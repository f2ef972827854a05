"""Learn from own results: a published model and a table of results become a site model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import numpy as np
import pandas as pd

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import Acid
from optimiser.chemistry.feeds import Feed
from optimiser.problem.tolerances import default_tolerances
from optimiser.problem.yields import check_yields
from optimiser.surrogate.artefact import POINTS, Surrogate
from optimiser.surrogate.calibration import widening
from optimiser.surrogate.encoding import SystemEncoding
from optimiser.surrogate.features import acid_features
from optimiser.surrogate.fitted import Fitted
from optimiser.surrogate.site import OwnData, build, prior_of_base
from optimiser.systems.system import Option, System
from optimiser.tables.own_results import OwnResults, numbered
from optimiser.tables.own_results_layout import layout_of
from optimiser.variables import Designs, Floats, Ints


def learn(results: OwnResults, base: Surrogate, name: str = "my-plant") -> Surrogate:
    """Return what a published model becomes with own results, without a file.

    Args:
        results: measured.
        base: the published model.
        name: of the site model.

    Raises:
        InputError: the base is a site model itself, a rival that is not compiled, or of another system.
    """
    check_base(base)
    check_system(results, base)
    prior, _ = prior_of_base(base)
    return build(base, prior, own_data(results, base), name)


def check_base(base: Surrogate) -> None:
    """Refuse a base that nothing can be learned on.

    Raises:
        InputError: it is a site model, or a rival of the model that ships.
    """
    if base.site is not None:
        raise InputError(
            f"{base.name} is a site model already: it cannot be the base of another.",
            where="--base",
            allowed="a published model, such as pd-gbr",
            remedy=f"add results to it: optimiser learn RESULTS.csv --add --name {base.name}",
        )
    if not isinstance(base.fitted, Fitted):
        raise InputError(
            f"{base.name} is a rival of the default and is not compiled: a site model of it could not be "
            "searched.",
            where="--base",
            allowed="pd-gbr, or what `optimiser train` fits without --model",
            remedy="leave --base out",
        )


def check_system(results: OwnResults, base: Surrogate) -> None:
    """Refuse results on another system than the base's.

    Raises:
        InputError: they are.
    """
    if results.system.name != base.system.name:
        raise InputError(
            f"The results are on {results.system.name}, and {base.name} is a model of {base.system.name}.",
            where=results.source,
            allowed=f"results on {base.system.name}",
            remedy="name the model that belongs to them: --base NAME",
        )


def own_data(results: OwnResults, base: Surrogate) -> OwnData:
    """Return results with what a published model says of them.

    Yields above 1 count as 1, and those below 0 as 0. Predictions are over the usual tolerances, as those of
    a search are.
    """
    told, n = results.scenarios, len(results)
    for leached in told.feeds:
        if isinstance(leached, Feed):
            check_yields(base, leached)
    mean, scale = np.full((2, n, len(base.system.responses)), np.nan)
    compositions = np.array([feed.place for feed in told.feeds], dtype=np.float64)
    tolerances = default_tolerances(base.system)
    for k, leached in enumerate(told.feeds):
        mine = np.flatnonzero(told.feed == k)
        designs = Designs(told.acid[mine], told.continuous[mine], base.system.variables)
        varied = np.array([base.domain.neighbourhood(leached, acid).varied for acid in told.acids])
        moved = tolerances.moved(designs.continuous, POINTS["high"], varied[designs.acid])
        said = base.predict(leached, told.acids, designs, moved=moved)
        wider = widening(said.domain_ratio, base.calibration.growth)
        mean[mine], scale[mine] = said.mean, said.scale / wider[:, None]
    keys = [acid.key for acid in told.acids]
    described = [_described(base, acid) for acid in told.acids]
    run, experiment, conditions = groups(results.frame, base.system)
    whole = np.array([feed.cathode_share for feed in told.feeds], dtype=np.float64)
    protons = [
        acid.usable_protons if isinstance(acid, Acid) and len(acid.components) > 1 else np.nan
        for acid in told.acids
    ]
    return OwnData(
        acid=np.array(keys)[told.acid],
        acid_features=np.array(described)[told.acid],
        feed=compositions[told.feed],
        continuous=told.continuous,
        run=run,
        experiment=experiment,
        conditions=conditions,
        yields=results.yields.clip(0.0, 1.0),
        sd=results.sd,
        mean=mean,
        scale=scale,
        impurities=results.impurities,
        cathode_share=whole[told.feed],
        protons=np.array(protons, dtype=np.float64)[told.acid],
    )


def _described(base: Surrogate, acid: Acid | Option) -> Floats:
    """Return the features of an acid or option as the base sees it."""
    if isinstance(acid, Acid):
        return base.acids.get(acid.key, acid_features(acid))
    assert isinstance(base.encoding, SystemEncoding)
    return base.acids.get(acid.key, base.encoding.option_row(acid))


def groups(frame: pd.DataFrame, system: System) -> tuple[Ints, Ints, Ints]:
    """Return which run, experiment and conditions each row of stored results belongs to, shape (n,) each.

    A run is one leach, from which samples may be taken at several times; replicates are runs of their own.
    """
    layout = layout_of(system)
    return (
        numbered(frame, (*layout.fixed, "replicate", "batch"), layout.choices),
        numbered(frame, layout.fixed, layout.choices),
        numbered(frame, system.names, layout.choices),
    )


def joined_data(parts: Sequence[OwnData], frame: pd.DataFrame, system: System) -> OwnData:
    """Return the rows of several results as one, numbered by the table that holds them all."""
    run, experiment, conditions = groups(frame, system)
    columns: dict[str, Floats] = {
        f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(OwnData)
    }
    return OwnData(**{**columns, "run": run, "experiment": experiment, "conditions": conditions})  # type: ignore[arg-type]
