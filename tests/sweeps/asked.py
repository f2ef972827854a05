"""Small sweeps: a base of two acids, searched in a moment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from optimiser._io.yamlfile import Document
from optimiser.sweeps.plan import Base, Job, plan
from optimiser.sweeps.spec import read_sweep
from tests.command import optimiser

#: What every run of a small sweep is searched with.
SEARCH = {"population": 8, "generations": 2, "seeds": [1], "per_acid": 0}
ACIDS = ["sulfuric", "hydrochloric"]


def asked(**blocks: Any) -> dict[str, Any]:
    """A sweep of the built-in problem of NMC622; ``set`` adds to what makes it small."""
    varied = [key for block in ("grid", "zip") for key in blocks.get(block, {})]
    small = {"variables.acid": ACIDS, "search": SEARCH}
    small = {key: value for key, value in small.items() if key not in varied}
    return {"base": "nmc622", **blocks, "set": {**small, **blocks.get("set", {})}}


def write(path: Path, **blocks: Any) -> Path:
    """Write a small sweep as YAML."""
    path.write_text(yaml.safe_dump(asked(**blocks), sort_keys=False))
    return path


def keys(path: Path, **blocks: Any) -> list[str]:
    """The keys of the runs of a small sweep, which is written to a file."""
    return list(plan(read_sweep(write(path, **blocks))).keys)


def swept(*arguments: object, cwd: Path) -> str:
    """Make a sweep by the command and return what it printed."""
    done = optimiser("sweep", *arguments, "--no-report", cwd=cwd)
    assert done.returncode in (0, 3), done.stderr
    return done.stdout


def frame(store: Path) -> pd.DataFrame:
    """The rows of a store as users read them, without what differs from time to time."""
    rows = pd.read_parquet(store / "runs")
    rows["inputs"] = [json.dumps(json.loads(said), sort_keys=True) for said in rows["inputs"]]
    return rows.sort_values("key", ignore_index=True).drop(columns=["seconds", "written"])


def document(data: Any) -> Document:
    return Document(Path("base.yaml"), "", data, {})


#: A base of which nothing is read.
NO_BASE = Base(document({}), document({}))


def job(key: str) -> Job:
    return Job(key, {})
