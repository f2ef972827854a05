"""Measure the app, and write benchmarks/results/app.json: `make bench-app`, some minutes.

    python -m benchmarks.app [budget] [load] [drag] [gap]

Each part can be made alone; its figures replace those of the same names in the file.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.serving.budget import budget
from benchmarks.serving.drag import drag, gap
from benchmarks.serving.load import load

RESULTS = Path(__file__).parent / "results" / "app.json"
#: What each figure may be at most.
MOST = {
    "first_paint_ms_worst": 1000,
    "page_bytes_most": 3_000_000,
    "load_answer_ms_p95": 300,
    "drag_first_answer_s": 5,
    "drag_ms_p95": 200,
    "gap_percent_worst": 2,
}


def main() -> None:
    parts: dict[str, Callable[[Path], dict[str, Any]]] = {
        "budget": budget,
        "load": load,
        "drag": drag,
        "gap": gap,
    }
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(parts)}; all if left out")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(parts):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    for part in [part for part in parts if part in (asked.parts or parts)]:
        with tempfile.TemporaryDirectory(prefix="bench-app-") as folder:
            print(f"## {part}", flush=True)
            keep(parts[part](Path(folder, "workspace")))


def keep(figures: dict[str, Any]) -> None:
    """Print figures, and write them beside those of other parts."""
    known = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for name, value in figures.items():
        most = MOST.get(name)
        print(f"{name}: {value}{'' if most is None else f' (at most {most})'}", flush=True)
    text = json.dumps({**known, **figures}, indent=2, sort_keys=True)
    RESULTS.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
