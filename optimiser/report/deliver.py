"""One delivery for every command: cards, tables and a manifest become a folder, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from optimiser._io.output import MANIFEST, check_folder, placed
from optimiser.report.card import Card, failures
from optimiser.report.formulas import without_formulas
from optimiser.report.images import Kind, write_images
from optimiser.report.manifest import plain_json
from optimiser.report.page import draw, page_of
from optimiser.report.workbook import write_sheets

#: A table by the name of its file: a frame for ``.csv``, frames by sheet for ``.xlsx``, or the content.
Tables = Mapping[str, pd.DataFrame | Mapping[str, pd.DataFrame] | bytes]


@dataclass(frozen=True)
class Delivery:
    """A folder that was written.

    Attributes:
        folder: holds ``manifest.json``, the tables, and ``report.html`` if there are cards.
        notes: what to tell the user: cards that could not be made, figures that were written.
    """

    folder: Path
    notes: tuple[str, ...] = ()

    @property
    def page(self) -> Path:
        """The page, ``report.html``."""
        return self.folder / "report.html"


def deliver(
    out: Path,
    *,
    manifest: Mapping[str, Any],
    cards: Sequence[Card] = (),
    tables: Tables | None = None,
    title: str = "",
    name: str = "",
    description: str = "",
    figures: Kind | None = None,
    force: bool = False,
    option: str = "--out",
) -> Delivery:
    """Write a report into the folder ``out``, which appears complete, by one rename, or not at all.

    A card that could not be made or drawn says so on the page, in the manifest's warnings and in the notes.

    Args:
        out: the folder.
        manifest: what pins the result; ``manifest.json`` is always written.
        cards: of the page, as `card.make_cards` makes them; without any there is no ``report.html``.
        tables: by the name of their file, e.g. ``{"front.csv": frame, "front.xlsx": {"front": frame}}``.
        title: heading of the page.
        name: of the config, problem or table, above the heading.
        description: below the heading.
        figures: also write each figure of the cards as a file of this kind, into ``figures/``.
        force: replace an existing ``out``, once the new one is complete.
        option: by which ``out`` was given.

    Raises:
        InputError: ``out`` cannot be written or replaced.
    """
    check_folder(out, force, option)
    with placed(out, f"choose another {option}") as folder:
        folder.mkdir()
        for file, table in (tables or {}).items():
            if isinstance(table, pd.DataFrame):
                without_formulas(table).to_csv(folder / file, index=False)
            elif isinstance(table, bytes):
                (folder / file).write_bytes(table)
            else:
                write_sheets(table, folder / file)
        beside = tuple(file for file, table in (tables or {}).items() if not isinstance(table, bytes))
        drawn = [draw(card, beside) for card in cards]
        failed = failures([card for card, _ in drawn])
        pinned = plain_json(manifest)
        if failed:
            pinned["warnings"] = [*pinned.get("warnings", ()), *failed]
        if drawn:
            html = page_of(drawn, pinned, title=title, name=name, description=description, files=beside)
            (folder / "report.html").write_text(html, encoding="utf-8")
        pinned["files"] = sorted(
            {
                *(tables or {}),
                MANIFEST,
                *(["report.html"] if drawn else []),
                *(["figures"] if figures else []),
            }
        )
        text = json.dumps(pinned, indent=2, ensure_ascii=False, allow_nan=False)
        (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
        notes = list(failed)
        if figures is not None:
            every = [figure for card in cards for figure in card.figures]
            notes.append(write_images(every, folder / "figures", figures))
    return Delivery(out, tuple(notes))
