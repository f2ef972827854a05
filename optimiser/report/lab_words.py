"""What the laboratory sheet says: how to do an experiment, and how to fill in the results."""

from __future__ import annotations

from optimiser.chemistry.feeds import Feed
from optimiser.chemistry.metals import metals_in_words
from optimiser.problem.feed_words import hydrogen_metals


def weighed_in(feed: Feed) -> str:
    """Return what the blue column is the mass of: the cathode, or the feed with all that is beside it."""
    return "cathode" if feed.cathode_share == 1.0 else "feed"


def steps(feed: Feed) -> tuple[str, ...]:
    """Say how an experiment is done, in this order."""
    what, hydrogen = weighed_in(feed), _hydrogen(feed)
    slowly = " slowly and in portions," if hydrogen else ""
    return (
        "Work in a fume hood with goggles and gloves. Acids and hydrogen peroxide burn; hydrochloric acid "
        "with a cathode gives off chlorine, nitric acid nitrogen oxides. Never close the vessel." + hydrogen,
        f"Weigh in the {what} (blue column) and keep it apart.",
        "Measure the water. Give the acid into the water, never the reverse, slowly and with stirring; "
        "dissolve a solid acid in it. Let it cool where it gets warm, then bring it to the temperature.",
        f"Add the {what}{slowly} with stirring. Add the peroxide last and slowly, in portions: it foams and "
        "heats. The time begins when all of it is in.",
        "At the time, take the sample, filter it at once (0.45 µm or finer) and dilute it at once: what "
        "stays with the solid goes on dissolving, and peroxide goes on reacting.",
        "Of an experiment that is sampled at several times, every sample is a row with its own time.",
    )


def _hydrogen(feed: Feed) -> str:
    """Warn of hydrogen where the feed holds a metal that gives it with acid."""
    held = hydrogen_metals(feed)
    if not held:
        return ""
    return (
        f" {metals_in_words(held).capitalize()} can give hydrogen with the acid: explosive with air. Add the "
        "feed slowly, ventilate, and keep ignition away."
    )


def filling(feed: Feed) -> tuple[str, ...]:
    """Say how the results are filled in."""
    what = weighed_in(feed)
    salt = " Lithium of electrolyte salt counts in neither." if feed.reading.excess_lithium > 0.0 else ""
    return (
        f"A yield is the metal in solution per metal in the {what} that was weighed in: concentration x "
        f"volume of the leachant / mass of the metal in the {what}.{salt} Write it as a fraction: 0.93, not "
        "93.",
        "A blank cell was not measured; 0 means that nothing had dissolved. Rows without any yield are left "
        "out.",
        "Where you set or weighed something else than planned, overwrite the setpoint: what was done is "
        "what counts.",
        "For a repeat, copy the row and give each of them its own label under replicate, such as a and b.",
        "sd is the standard deviation of a yield as you know it, as a fraction (0.02); leave it blank where"
        " you do not.",
        f"batch (of {what}), date and note are for you. White and yellow cells may be changed, the headings"
        " must stay.",
        "Blue amounts and grey predictions are not read when the sheet comes back. The predictions stand to"
        " the right of the notes and are not printed.",
    )
