"""What made a page: the last card of every report but a run's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from optimiser.report.card import Card, Table


def command_card(pinned: Mapping[str, Any]) -> Card:
    """Return the options, model, versions and seed that made a page, as its manifest has them."""
    git = pinned["git"]
    rows = {
        "options": ", ".join(f"{k} {v}" for k, v in pinned["options"].items()) or "none",
        "surrogate": f"{pinned['artefact']['name']}, sha256 {pinned['artefact']['sha256']}",
        "seed": str(pinned.get("seed", "none")),
        "written": pinned["written"],
        "product": f"{pinned['product']} {pinned['version']}",
        "git commit": git["commit"] + (" with local changes" if git["modified"] else "")
        if git
        else "not a checkout",
        "packages": ", ".join(f"{k} {v}" for k, v in pinned["packages"].items()),
    }
    frame = pd.DataFrame({"what": list(rows), "value": list(rows.values())})
    return Card(blocks=(Table("run-table", "manifest.json holds all of it.", frame, sortable=False),))
