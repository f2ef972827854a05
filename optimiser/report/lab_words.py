"""What the laboratory sheet says: how to do an experiment, and how to fill in the results."""

from __future__ import annotations

#: Doing an experiment, in this order.
STEPS: tuple[str, ...] = (
    "Work in a fume hood with goggles and gloves. Acids and hydrogen peroxide burn; hydrochloric acid "
    "with a cathode gives off chlorine, nitric acid nitrogen oxides. Never close the vessel.",
    "Weigh in the cathode (blue column) and keep it apart.",
    "Measure the water. Give the acid into the water, never the reverse, slowly and with stirring; "
    "dissolve a solid acid in it. Let it cool where it gets warm, then bring it to the temperature.",
    "Add the cathode with stirring. Add the peroxide last and slowly, in portions: it foams and heats. "
    "The time begins when all of it is in.",
    "At the time, take the sample, filter it at once (0.45 µm or finer) and dilute it at once: what "
    "stays with the solid goes on dissolving, and peroxide goes on reacting.",
    "Of an experiment that is sampled at several times, every sample is a row with its own time.",
)
#: Filling in the results.
FILLING: tuple[str, ...] = (
    "A yield is the metal in solution per metal in the cathode that was weighed in: concentration x "
    "volume of the leachant / mass of the metal in the cathode. Write it as a fraction: 0.93, not 93.",
    "A blank cell was not measured; 0 means that nothing had dissolved. Rows without any yield are left out.",
    "Where you set or weighed something else than planned, overwrite the setpoint: what was done is "
    "what counts.",
    "For a repeat, copy the row and give each of them its own label under replicate, such as a and b.",
    "sd is the standard deviation of a yield as you know it, as a fraction (0.02); leave it blank where"
    " you do not.",
    "batch (of cathode), date and note are for you. White and yellow cells may be changed, the headings"
    " must stay.",
    "Blue amounts and grey predictions are not read when the sheet comes back. The predictions stand to"
    " the right of the notes and are not printed.",
)
