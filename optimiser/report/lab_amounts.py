"""From a design to the bench: what to weigh in and pipette at setpoints that a laboratory can set."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from optimiser._io.errors import InputError
from optimiser.chemistry.acids import Acid
from optimiser.chemistry.feeds import Feed
from optimiser.chemistry.metals import METALS
from optimiser.chemistry.mixtures import mass_shares
from optimiser.chemistry.reagents import Reagents, load_reagents
from optimiser.learning.setpoints import LONG as LONG
from optimiser.learning.setpoints import STEPS as STEPS
from optimiser.learning.setpoints import laboratory_setpoints as laboratory_setpoints
from optimiser.process.balance import mass_balance
from optimiser.process.inputs import process_inputs
from optimiser.process.parameters import ProcessParameters, process_parameters
from optimiser.report.lab_words import weighed_in
from optimiser.report.numbers import number, percent
from optimiser.tables.missing import with_blanks
from optimiser.variables import Designs

#: Leachant of one experiment, mL, where nobody says otherwise; the most that is no experiment any more.
VOLUME, MOST_VOLUME = 100.0, 100_000.0
AMOUNTS: tuple[str, ...] = (
    "amount_acid_stock [mL]",
    "amount_solid_acid [g]",
    "amount_peroxide_stock [mL]",
    "amount_water [mL]",
)


def amounts(
    feed: Feed,
    acids: Sequence[Acid],
    designs: Designs,
    volume_ml: float = VOLUME,
    *,
    reagents: Reagents | None = None,
    parameters: ProcessParameters | None = None,
) -> pd.DataFrame:
    """Return what each design takes, for one volume of leachant: acid, peroxide and water together.

    The sums are those of the mass balance: volumes add up, peroxide is a mass fraction of the leachant, and
    the solid-to-liquid ratio is g of all that is charged per L of leachant before it is in it.

    Args:
        feed: what is leached.
        acids: in the order that ``designs.acid`` indexes; none needs a price.
        designs: n designs.
        volume_ml: leachant of one experiment, mL.
        reagents: whose stocks of peroxide and water are used; None for the shipped ones.
        parameters: of the process; None for the shipped ones.

    Returns:
        n rows with the columns ``amount_cathode [g]`` (``amount_feed [g]`` of a feed with more than its
        cathode) and `AMOUNTS`. An acid is a stock to pipette where it mixes with water in all
        proportions, and else a solid to weigh in (also where its solubility is not known); the other of the
        two cells is NaN. All but the first are NaN where the acid's stock is not known.

    Raises:
        InputError: an impossible volume; a design that asks for more acid or peroxide than the volume can
            take.
    """
    check_volume(volume_ml)
    inputs = process_inputs(
        feed, [with_blanks(acid) for acid in acids], parameters or process_parameters(), reagents
    )
    # nothing is taken to dissolve: what goes in does not depend on what comes out
    balance = mass_balance(designs, np.zeros((len(designs), len(METALS))), inputs)
    share = volume_ml / balance.volume  # mL of this experiment per L of the balance; so are g per kg
    water = balance.water / inputs.reagents.water_density * share
    if (short := np.flatnonzero(water < -1e-6 * volume_ml)).size:
        i = int(short[0])
        acid = acids[designs.acid[i]]
        raise InputError(
            f"Experiment {i + 1} cannot be made up: {designs.acid_concentration[i]:g} mol/L of {acid.label} "
            f"and {designs.h2o2[i]:g} wt% of peroxide take more than the whole volume of their stocks.",
            allowed=f"up to {acid.max_molarity:.3g} mol/L of this acid's stock, and less with peroxide",
            remedy="take less of one of them, or stronger stocks",
        )
    pipetted = np.array([math.isinf(acid.solubility_molar) for acid in acids])
    pipetted &= np.array([acid.solubility is not None for acid in acids])
    pipetted &= np.array([len(acid.components) == 1 for acid in acids])  # a mixture's stocks are weighed
    liquid = pipetted[designs.acid]
    solid = f"amount_{weighed_in(feed)} [g]"
    columns = (
        designs.solid_liquid_ratio * volume_ml / 1000.0,
        np.where(liquid, balance.acid_stock_volume * share, np.nan),
        np.where(liquid, np.nan, balance.acid_stock * share),
        balance.peroxide_stock_volume * share,
        np.maximum(water, 0.0),
    )
    return pd.DataFrame(dict(zip((solid, *AMOUNTS), columns, strict=True)))


def _weighed(acid: Acid) -> str:
    """Say how much of each stock 100 g of a mixture's stocks hold: ``66.3 g of sulfuric acid (98 wt%)``."""
    of_pure = mass_shares(acid)
    return ", ".join(
        f"{number(100.0 * of_pure[part.name] * acid.purity / part.purity, figures=3)} g of {part.label} "
        f"({number(100.0 * part.purity, figures=3)} wt%)"
        for part, _ in acid.components
    )


def check_volume(volume_ml: float) -> None:
    """Refuse a volume of leachant that is no experiment.

    Raises:
        InputError: says what is.
    """
    if not 0.0 < volume_ml <= MOST_VOLUME:
        raise InputError(
            f"A volume of {volume_ml:g} mL is no experiment.",
            allowed=f"above 0 and up to {MOST_VOLUME:,.0f} mL of leachant",
            remedy="give the volume in mL",
        )


def assumptions(
    feed: Feed,
    acids: Sequence[Acid],
    volume_ml: float = VOLUME,
    *,
    reagents: Reagents | None = None,
    parameters: ProcessParameters | None = None,
) -> dict[str, str]:
    """Say what `amounts` takes for granted, by what it is about."""
    known, strength = reagents or load_reagents(), (parameters or process_parameters()).peroxide_strength
    peroxide, what = known.h2o2, weighed_in(feed)
    said = {
        "Volume": f"{number(volume_ml)} mL of leachant, that is acid, peroxide and water together, before "
        f"the {what} is added. Volumes are taken to add up.",
        what.capitalize(): f"{feed.name}, dry, pure and without binder or carbon. Weigh in more where it "
        "holds less: what counts is g of cathode per L of leachant."
        if feed.cathode_share == 1.0
        else f"{feed.name} as it is charged, with all that is beside the cathode; its moisture is counted "
        "as water. What counts is g of it per L of leachant.",
    }
    for acid in acids:
        stock = f"{number(100.0 * acid.purity, figures=3)} wt%"
        if math.isnan(acid.purity * acid.density):
            said[acid.label] = "its stock is not known, so that no amount can be given."
        elif len(acid.components) > 1:
            said[acid.label] = f"its stocks are weighed in: 100 g of them are {_weighed(acid)}."
        elif acid.solubility is not None and math.isinf(acid.solubility_molar):
            said[acid.label] = (
                f"a stock of {stock}, {number(acid.density, figures=4)} kg/L "
                f"({number(acid.max_molarity, figures=3)} mol/L)."
            )
        else:
            said[acid.label] = f"weighed in; {stock} of it is the acid, with any crystal water in the rest."
    said[peroxide.label] = (
        f"a stock of {percent(peroxide.purity)} by mass, {number(peroxide.density, figures=4)} kg/L. From "
        f"another strength, take so many g of it that there is as much pure peroxide, and less water."
    )
    if strength != 1.0:
        said[peroxide.label] += f" The setpoint is nominal: {percent(strength)} of it is dosed."
    return said
