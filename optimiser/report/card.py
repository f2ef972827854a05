"""What a report is made of: cards, each one question, with its finding in words and what shows it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pandas as pd


@dataclass(frozen=True)
class Figure:
    """A drawing.

    Attributes:
        name: unique on the page.
        about: what is drawn, for those who listen, and for those who read unless there is a title.
        drawing: a plotly figure.
        title: short heading above it; a small figure among others has that instead of a caption.
        log: its axes that are logarithmic, ``x`` or ``y``; a button makes them linear.
        legend: whether it only says what colours and shapes of the figures after it mean.
        least_width: in pixels; where the page is narrower, the figure scrolls inside its own box.
        linked: whether its marks are designs of the front, which can be chosen: ``customdata`` of such
            a trace has the row of front.csv of each mark, from 0, and -1 where it is not on the front.
    """

    name: str
    about: str
    drawing: Any
    title: str = ""
    log: tuple[str, ...] = ()
    legend: bool = False
    least_width: int = 0
    linked: bool = False
    kind: ClassVar[str] = "figure"


@dataclass(frozen=True)
class Panels:
    """Figures of one kind side by side where there is room, one below the other where there is not."""

    figures: tuple[Figure, ...]
    kind: ClassVar[str] = "panels"


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        name: unique on the page.
        caption: what it lists.
        frame: the rows; columns as `optimiser.report.columns.column` knows them, text where it does not.
        shown: the columns in their order; where empty, all.
        minor: columns that paper has no room for.
        tall: has many rows, so it scrolls inside its own box.
        sortable: whether its headings sort it; not where the order of the rows is what it says.
        linked: whether its rows are those of front.csv, which can be chosen.
    """

    name: str
    caption: str
    frame: pd.DataFrame
    shown: tuple[str, ...] = ()
    minor: tuple[str, ...] = ()
    tall: bool = False
    sortable: bool = True
    linked: bool = False
    kind: ClassVar[str] = "table"


@dataclass(frozen=True)
class Rows:
    """A long table, of which the page shows a part at a time, to be searched and sorted.

    Attributes:
        name: unique on the page.
        caption: what it lists.
        noun: what one row is.
        data: ``count`` of rows and ``columns``, as `optimiser.report.sweep.rows.row_data` makes them.
    """

    name: str
    caption: str
    noun: str
    data: Mapping[str, Any]
    kind: ClassVar[str] = "rows"


@dataclass(frozen=True)
class Choice:
    """What the designs of a front are chosen by, in all linked figures and tables of a page at once.

    Attributes:
        name: unique on the page.
        what: options are called, e.g. ``acids``.
        options: of which there is a design: name, label and colour.
        of: the option of each design, in the order of front.csv.
        said: each design in a few words.
        table: the rows of front.csv.
    """

    name: str
    what: str
    options: tuple[tuple[str, str, str], ...]
    of: tuple[str, ...]
    said: tuple[str, ...]
    table: pd.DataFrame
    kind: ClassVar[str] = "choice"

    @property
    def data(self) -> dict[str, Any]:
        """What the page's script reads: ``of``, ``said``, and of front.csv ``columns`` and ``rows``."""
        rows = [[_plain(value) for value in row] for row in self.table.to_dict("split")["data"]]
        return {"of": self.of, "said": self.said, "columns": list(self.table.columns), "rows": rows}


def _plain(value: Any) -> Any:
    """Return a cell of a table as JSON has it, and as a CSV file writes it: nothing for NaN."""
    if isinstance(value, bool) or (isinstance(value, float) and math.isinf(value)):
        return str(value)
    return None if isinstance(value, float) and math.isnan(value) else value


@dataclass(frozen=True)
class Repricing:
    """Sliders of prices that rank known designs anew in the page.

    Attributes:
        name: unique on the page.
        noun: what an option is, such as ``acid``.
        data: what the page's script reads, as `cards.reprice.prices_data` makes it.
    """

    name: str
    noun: str
    data: Mapping[str, Any]
    kind: ClassVar[str] = "repricing"


@dataclass(frozen=True)
class Tile:
    """One figure of merit, large: its name, its value with unit, and its interval."""

    label: str
    value: str
    unit: str
    detail: str = ""


@dataclass(frozen=True)
class Words:
    """A few statements under a heading, folded away until asked for if they only explain."""

    heading: str
    lines: tuple[str, ...]
    folded: bool = False
    kind: ClassVar[str] = "words"


@dataclass(frozen=True)
class Verbatim:
    """A text as it was written, such as a config, folded away until asked for."""

    heading: str
    text: str
    kind: ClassVar[str] = "verbatim"


Block = Figure | Panels | Table | Rows | Choice | Repricing | Words | Verbatim


@dataclass(frozen=True)
class Card:
    """One question of the reader's, answered.

    Attributes:
        key: unique on the page, used in links; a maker's card takes the maker's.
        title: the question, short; likewise.
        finding: what was found, in sentences; the first one matters most.
        tiles: the figures of merit that go with it.
        warnings: what must be known before acting on it.
        blocks: what shows it.
        files: whether links to the tables beside the page stand in it.
        appendix: whether it stands in the appendix, which is folded; a maker's card takes the maker's.
        not_applicable: why this card has nothing to show, so that it is left out; or empty.
        error: what went wrong while it was made, or empty.
    """

    key: str = ""
    title: str = ""
    finding: tuple[str, ...] = ()
    tiles: tuple[Tile, ...] = ()
    warnings: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()
    files: bool = False
    appendix: bool = False
    not_applicable: str = ""
    error: str = ""

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All figures, those in panels too."""
        found: list[Figure] = []
        for block in self.blocks:
            if isinstance(block, Panels):
                found.extend(block.figures)
            elif isinstance(block, Figure):
                found.append(block)
        return tuple(found)


@dataclass(frozen=True)
class Maker:
    """One entry of a report's list of cards.

    Attributes:
        key: of the card.
        title: of the card.
        make: makes it.
        appendix: whether it stands in the appendix.
    """

    key: str
    title: str
    make: Callable[[], Card]
    appendix: bool = False


def make_cards(makers: Iterable[Maker]) -> list[Card]:
    """Return the cards of a report in order; one that fails says so and does not lose the others.

    A card that is not applicable is left out.

    >>> [made] = make_cards([Maker("cost", "What it costs", lambda: Card(finding=(str(1 / 0),)))])
    >>> made.title, made.error
    ('What it costs', 'ZeroDivisionError: division by zero')
    """
    made = []
    for maker in makers:
        try:
            card = maker.make()
        except Exception as error:  # whatever it is: the other cards are still worth reading
            card = failed(error)
        if not card.not_applicable:
            made.append(replace(card, key=maker.key, title=maker.title, appendix=maker.appendix))
    return made


def failed(error: Exception, key: str = "", title: str = "") -> Card:
    """Return the card that takes the place of one that could not be made or drawn."""
    return Card(key, title, error=f"{type(error).__name__}: {error}")


def failures(cards: Iterable[Card]) -> list[str]:
    """Say which cards could not be made, and why."""
    return [f"The card {card.title!r} could not be made ({card.error})." for card in cards if card.error]
