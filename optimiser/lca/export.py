"""Inventories for Brightway: as JSON for ``bw2data``, and as a workbook for ``bw2io.ExcelImporter``."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from optimiser._io.errors import InputError
from optimiser._io.output import check_file_target, placed
from optimiser.lca.inventory import UNITS, Inventory

#: The database that an inventory goes into.
DATABASE = "leaching"
SUFFIXES = (".json", ".xlsx")
_COLUMNS = ("name", "amount", "unit", "location", "database", "type", "comment")


def datasets(inventories: Sequence[Inventory]) -> list[dict[str, Any]]:
    """Return inventories as ``bw2data`` takes them, the keys as lists so that JSON can hold them.

    Each is a process with its product and its exchanges; amounts are in the units of the activities. What is
    not linked stands under ``not linked``, and Brightway does not count it.
    """
    return [
        {
            "key": [DATABASE, made.code],
            "name": made.title,
            "unit": UNITS[made.per][1],
            "location": "GLO",
            "reference product": UNITS[made.per][0],
            "type": "process",
            "comment": made.comment,
            "exchanges": [
                {"input": [DATABASE, made.code], "amount": 1.0, "type": "production"},
                *(
                    {
                        "input": [flow.behind["database"], flow.behind["code"]],
                        "amount": flow.amount,
                        "unit": flow.behind["unit"],
                        "name": flow.behind["activity"],
                        "type": "technosphere",
                        "comment": f"{flow.substance}: {flow.ours:.9g} {flow.behind['per']}",
                    }
                    for flow in made.linked
                ),
            ],
            "not linked": [
                {
                    "substance": left.substance,
                    "amount": None if math.isnan(left.amount) else left.amount,
                    "unit": left.unit,
                    "activity": left.name or None,
                    "why": left.why,
                }
                for left in made.open
            ],
        }
        for made in inventories
    ]


def as_json(inventories: Sequence[Inventory]) -> str:
    """Return inventories as the text of a JSON file, which docs/lca.md reads into ``bw2data`` in five lines.

    Raises:
        InputError: an exchange has no key in Brightway, as those of a workbook's table.
    """
    for made in inventories:
        for flow in made.linked:
            if not flow.behind.get("code") or not flow.behind.get("database"):
                raise InputError(
                    f"The activity for {flow.substance} has no key in Brightway.",
                    where="--impacts",
                    allowed="a table of `optimiser impacts import brightway`",
                    remedy="export to .xlsx, which bw2io links by name",
                )
    content = {"database": DATABASE, "activities": datasets(inventories)}
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def as_workbook(inventories: Sequence[Inventory]) -> bytes:
    """Return inventories as a workbook in the layout of ``bw2io.ExcelImporter``.

    Its first sheet is the database, with an activity below the other; what is not linked stands on a sheet of
    its own that begins with ``skip``, which the importer leaves out.
    """
    import xlsxwriter

    plain = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, plain) as book:
        sheet = book.add_worksheet("leaching")
        rows: list[Sequence[Any]] = [("Database", DATABASE), ()]
        for made in inventories:
            product, unit = UNITS[made.per]
            rows += [
                ("Activity", made.title),
                ("code", made.code),
                ("location", "GLO"),
                ("reference product", product),
                ("unit", unit),
                ("type", "process"),
                ("comment", made.comment),
                ("Exchanges",),
                _COLUMNS,
                (made.title, 1.0, unit, "GLO", DATABASE, "production", ""),
                *(
                    (
                        flow.behind["activity"],
                        flow.amount,
                        flow.behind["unit"],
                        flow.behind.get("location", ""),
                        flow.behind.get("database", ""),
                        "technosphere",
                        f"{flow.substance}: {flow.ours:.9g} {flow.behind['per']}",
                    )
                    for flow in made.linked
                ),
                (),
            ]
        for i, row in enumerate(rows):
            sheet.write_row(i, 0, row)
        sheet.set_column(0, 0, 60)
        left = book.add_worksheet("not linked")
        left.write_row(0, 0, ("skip", "what no activity stands for, per functional unit"))
        left.write_row(
            1, 0, ("design", "substance", "amount", "unit", "activity that may stand for it", "why")
        )
        lacking = [(made.code, entry) for made in inventories for entry in made.open]
        for i, (code, entry) in enumerate(lacking, start=2):
            amount = "not known" if math.isnan(entry.amount) else entry.amount
            left.write_row(i, 0, (code, entry.substance, amount, entry.unit, entry.name, entry.why))
        left.set_column(0, 5, 24)
    return content.getvalue()


def write_inventories(inventories: Sequence[Inventory], out: Path, force: bool = False) -> Path:
    """Write inventories as JSON or a workbook, by the suffix, whole or not at all.

    Raises:
        InputError: another suffix, ``out`` cannot be written or replaced, or JSON lacks a key.
    """
    check_file_target(out, force, SUFFIXES)
    json_wanted = out.suffix.lower() == ".json"
    content = as_json(inventories).encode() if json_wanted else as_workbook(inventories)
    with placed(out) as temporary:
        temporary.write_bytes(content)
    return out
