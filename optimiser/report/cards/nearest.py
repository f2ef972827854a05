"""Which experiments stand behind the recommended designs, and what nobody has tried there."""

from __future__ import annotations

import pandas as pd

from optimiser.nearest import OWN, SOURCES
from optimiser.report import words
from optimiser.report.card import Block, Card, Table, Words
from optimiser.report.nearest import BREAKS, DISTANCE, beside, made_of, picked_nearest, recommended
from optimiser.search.run import RunResult
from optimiser.systems.system import System
from optimiser.systems.words import vocabulary


def nearest_card(result: RunResult) -> Card:
    """Return the five experiments nearest to each recommended design, and what none of them covers."""
    if result.front is None:
        return Card(not_applicable="no design is recommended.")
    problem, front = result.problem, result.front
    found, blocks = picked_nearest(problem, front), list[Block]()
    own = found.frame[found.frame["design"] == front.answer + 1]
    for pick, gaps in zip(recommended(problem, front), found.gaps, strict=True):
        rows = found.frame[found.frame["design"] == pick.number]
        setpoints = words.setpoints(problem, front.evaluation, pick.row)
        covered = ("Experiments cover its setpoints together.",)
        blocks.append(Words(f"{pick.name}: {setpoints}", gaps or covered))
        if len(rows):
            frame = shown_experiments(beside(problem, front.evaluation, pick.row, rows), problem.system)
            caption = "First the predicted yields, then the measured ones, nearest first."
            blocks.append(Table(f"nearest-{pick.number}", caption, frame, sortable=False))
    flagged = bool((found.frame["breaks_stoichiometry"].fillna(False)).any())
    how = (DISTANCE, SOURCES, *((f"A row marked “too little acid” {BREAKS}.",) if flagged else ()))
    blocks.append(Words("How to read this", how, folded=True))
    return Card(finding=(_finding(own, vocabulary(problem.system).option), found.said), blocks=tuple(blocks))


def _finding(own: pd.DataFrame, option: str) -> str:
    if not len(own):
        return f"No experiment with the recommended {option} is in the data, so its yields are a guess."
    nearest = own.iloc[0]
    parts = made_of(nearest)
    if parts == "nothing":
        return "An experiment was made at the recommended design; its yields are below."
    return (
        f"The experiment nearest to the recommended design is {nearest['distance']:.1f} away from it "
        f"({parts}). Compare predicted and measured yields, and what differs."
    )


def shown_experiments(frame: pd.DataFrame, system: System) -> pd.DataFrame:
    """Return the table of `report.nearest.beside` with the columns that the page shows."""
    marks = ["" if value is not True else ", too little acid" for value in frame["breaks_stoichiometry"]]
    shown = frame.assign(which=frame["which"] + marks)
    shown["differs in"] = ["", *(made_of(row) for _, row in frame.iloc[1:].iterrows())]
    for name in ("row", "study"):
        shown[name] = pd.to_numeric(frame[name], errors="coerce").astype(float)
    own = frame["source"] == OWN
    shown["which"] = shown["which"].where(~own, shown["which"] + ", own")
    yields = [str(name) for name in frame if str(name).startswith("yield_")]
    # the yields first: a phone shows few columns
    return shown[["which", *yields, *system.names, "distance", "differs in", "feed", "row", "study"]]
