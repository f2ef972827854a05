"""Look for inputs that end in a traceback, a crash or endless work: ``make fuzz`` (10 minutes by default).

What a user may give (problems, configs, tables of scenarios, of acids, prices and impacts, fronts, option
texts) is taken as it ships and spoilt, in its content or in its bytes; the command must answer, or refuse in
one clear block. A failure is shrunk and printed, and its input kept. Not a part of ``make test``.
"""

from __future__ import annotations

import argparse
import datetime
import faulthandler
import io
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from optimiser._io import builtin
from optimiser.chemistry.acids import load_acids
from optimiser.chemistry.reagents import load_reagents
from optimiser.tables.export import tables as exported
from tests.command import optimiser

#: Seconds of the processor that one answer may take.
SOON = 60.0
HEADER = "acid,temperature,acid_concentration,h2o2,solid_liquid_ratio,time"
DESIGNS = (
    f"{HEADER},feed\nsulfuric,60,2,2,50,60,NMC111\nHCl,80,4,0,20,30,LCO\ncitric,25,0.5,0,10,120,NMC622\n"
)
TEMPLATE = (
    "temp,acidC,H2O2_conc,solidToLiquid,time,inputNi,inputMn,inputCo,SMILES,pKa1,pKa2,pKa3,nProtons,Mr_acid\n"
    "60,2,2,50,60,0.33,0.33,0.33,OS(=O)(=O)O,-3,1.99,,2,98.08\n25,1,0,20,30,0,0,1,CC(=O)O,4.76,,,1,60.05\n"
)
CONFIG = "problem: mine.yaml\nsearch: {population: 8, generations: 1, seeds: [1], per_acid: 0}\n"
NASTY = (
    None,
    True,
    False,
    -1,
    0,
    1,
    10**18,
    10**309,
    1e-320,
    1e-9,
    1e9,
    1e308,
    -1e308,
    float("nan"),
    float("inf"),
    "",
    " ",
    "off",
    "none",
    "inside",
    "NMC111",
    "sulfuric",
    "HCl",
    "1e-3",
    "5 %",
    "900 %",
    "x" * 2000,
    "\u202e",
    "é",
    "*",
    "C" * 400,
    "[H][H]",
    "[U]",
    "OC(=O)C(F)(F)F",
    "=1+1",
    "-",
    "nan",
    "inf",
    "#REF!",
    [],
    {},
    [[]],
    [1, 0],
    [0, 1e308],
    ["sulfuric", "H2SO4"],
    {"value": 1},
    {"value": True, "unit": "x"},
    {"name": "x", "Ni": 1},
    datetime.date(2026, 1, 1),
    b"x",
)
KEYS = ["acids", "process", "tolerances", "constraints", "confidence", "mass", "oxygen", "price"]
TOKENS = [
    "&a ",
    "*a",
    "!!int ",
    "!!set ",
    "!!omap ",
    "!!timestamp ",
    "<<: ",
    "? ",
    "- ",
    ": ",
    "|",
    ">",
    "[",
    "]",
    "{",
    "}",
    '"',
    "'",
    "#",
    "\t",
    "\n",
    "\r",
    "\0",
    "\ufeff",
    "%",
    "---\n",
    "...\n",
    ",",
    ";",
    "9" * 500,
    "0x",
    "1:2",
    "~",
    '"\\ud800"',
    "é",
]
SMILES = [
    "C",
    "O",
    "N",
    "S",
    "P",
    "F",
    "[Na+]",
    "[Cl-]",
    "[O-]",
    "[NH4+]",
    "[U]",
    "[2H]",
    "*",
    "=",
    "#",
    "(",
    ")",
    "1",
    "2",
    "%12",
    "c1ccccc1",
    "C(=O)O",
    ".",
    "@",
    "@@",
    "[C@H]",
    "/",
    "\\",
    "[",
    "]",
    "+",
    "-",
    ":",
    "~",
    "$",
    "->",
    ">>",
    "|",
    " ",
    "é",
]


def shipped(kind: str) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted(builtin.folder(kind).glob("*.yaml"))]


PROBLEMS, CONFIGS = shipped("problems"), shipped("configs")
OWN = {name: frame.to_csv(index=False) for name, frame in exported(load_acids(), load_reagents()).items()}
OWN_YAML = {
    "acids": "acids:\n  mine: {smiles: OC(=O)C(F)(F)F, pKa: [0.2], stock: {purity: 0.9, density: 1.4}}\n",
    "prices": "currency: EUR\nprices: {sulfuric: 0.2, heat: {value: 0.1}, hydrogen_peroxide: 1}\n",
    "impacts": "impacts: {climate change: {unit: kg CO2-eq/kg, factors: {sulfuric: 0.1, water: null}}}\n",
}


def places(data: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the key of every part of a document."""
    yield at
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in pairs:
        yield from places(value, (*at, key))


@st.composite
def spoilt_data(draw: st.DrawFn, texts: list[str]) -> bytes:
    """A YAML document with some of its parts replaced, removed, or added."""
    data = yaml.safe_load(draw(st.sampled_from(texts)))
    for _ in range(draw(st.integers(1, 3))):
        *path, last = draw(st.sampled_from(list(places(data))[1:] or [("x",)]))
        inner: Any = data
        for key in path:
            inner = inner[key]
        value = draw(
            st.sampled_from(NASTY) | st.floats() | st.text(max_size=20) | st.integers(-(10**6), 10**6)
        )
        what = draw(st.sampled_from(["replace", "replace", "remove", "add", "wrap"]))
        if what == "remove" and isinstance(inner, dict | list) and len(inner) > 0:
            inner.pop(last)
        elif what == "add" and isinstance(inner, dict):
            inner[draw(st.text(max_size=10) | st.sampled_from(KEYS))] = value
        elif what == "wrap" and (isinstance(inner, list) or last in inner):
            inner[last] = [inner[last], value]
        else:
            inner[last] = value
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False).encode("utf-8", "surrogatepass")


@st.composite
def spoilt_text(draw: st.DrawFn, texts: list[str]) -> bytes:
    """A text with pieces of it cut out, doubled, or replaced by what means something to a parser."""
    text = draw(st.sampled_from(texts))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        piece = draw(st.sampled_from(TOKENS) | st.text(max_size=8) | st.just(text[start:end] * 2))
        text = text[:start] + piece + text[end:]
    return text.encode("utf-8", "surrogatepass")


def spoilt(texts: list[str]) -> st.SearchStrategy[bytes]:
    return spoilt_data(texts) | spoilt_text(texts)


def cells(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text), dtype=object)


@st.composite
def spoilt_frame(draw: st.DrawFn, texts: list[str]) -> pd.DataFrame:
    """A table with some cells replaced, columns renamed, removed or doubled, and rows of other lengths."""
    frame = cells(draw(st.sampled_from(texts)))
    for _ in range(draw(st.integers(1, 3))):
        row, column = draw(st.integers(0, len(frame) - 1)), draw(st.integers(0, len(frame.columns) - 1))
        what = draw(st.sampled_from(["cell", "cell", "cell", "name", "drop", "double"]))
        if what == "cell":
            plain = [v for v in NASTY if not isinstance(v, list | dict | bytes)]
            frame.iloc[row, column] = draw(st.sampled_from(plain) | st.floats() | st.text(max_size=10))
        elif what == "name":
            names = list(frame.columns)
            names[column] = draw(st.text(max_size=12))
            frame.columns = pd.Index(names)
        elif what == "drop" and len(frame.columns) > 1:
            frame = frame.iloc[:, [k for k in range(len(frame.columns)) if k != column]]
        else:
            frame = frame.iloc[:, [*range(len(frame.columns)), column]]
    return frame


@st.composite
def spoilt_table(draw: st.DrawFn, texts: list[str], suffixes: tuple[str, ...]) -> tuple[str, bytes]:
    """A spoilt table as a file: its suffix and its content, which may be spoilt in its bytes, too."""
    suffix = draw(st.sampled_from(suffixes))
    if suffix == ".csv" and draw(st.booleans()):
        return suffix, draw(spoilt_text(texts))
    frame, file = draw(spoilt_frame(texts)), io.BytesIO()
    try:
        if suffix == ".csv":
            file.write(frame.to_csv(index=False).encode("utf-8", "surrogatepass"))
        elif suffix == ".xlsx":
            frame.to_excel(file, index=False)
        else:
            frame.astype(str).to_parquet(file)
    except Exception:  # what no such file can hold
        return ".csv", b""
    content = bytearray(file.getvalue())
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 3, 30]))):
        # a workbook holds the time of writing, so its length may differ when it is made again
        content[draw(st.integers(0, 2**20)) % len(content)] = draw(st.integers(0, 255))
    return suffix, bytes(content)


def answered(folder: Path, *arguments: object) -> None:
    """Run the command.

    Raises:
        AssertionError: it does not end in an answer or a refusal, or takes too long.
    """
    start = time.process_time()
    done = optimiser(*arguments, cwd=folder)
    took = time.process_time() - start
    assert done.returncode in (0, 2, 3), done.stderr
    assert (done.returncode == 2) == done.stderr.startswith(("Error: ", "Usage: ")), done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    assert len(done.stderr) < 10_000, done.stderr[:1000]
    assert took < SOON, f"{took:.0f} s"


def yaml_file(*arguments: str) -> Callable[[Path, bytes], None]:
    def check(folder: Path, content: bytes) -> None:
        (folder / "mine.yaml").write_bytes(content)
        answered(folder, *arguments)

    return check


def table_file(*arguments: str) -> Callable[[Path, tuple[str, bytes]], None]:
    def check(folder: Path, file: tuple[str, bytes]) -> None:
        suffix, content = file
        (folder / f"mine{suffix}").write_bytes(content)
        answered(folder, *(a.replace("mine.*", f"mine{suffix}") for a in arguments))

    return check


def option(*arguments: str) -> Callable[[Path, str], None]:
    def check(folder: Path, text: str) -> None:
        answered(folder, *(a.replace("TEXT", text) for a in arguments))

    return check


def acid(folder: Path, smiles: str) -> None:
    """Give an acid of any structure to a problem, and predict with it."""
    entry = {"smiles": smiles, "pKa": [1.0], "stock": {"purity": 0.9, "density": 1.2}, "price": 1}
    (folder / "mine.yaml").write_text(yaml.safe_dump({"acids": {"mine": entry}}), encoding="utf-8")
    (folder / "mine.csv").write_text(f"{HEADER}\nmine,60,2,2,50,60\n")
    answered(folder, "predict", "mine.csv", "--feed", "NMC111", "--acids", "mine.yaml")


PIECES = [*"0123456789:,-.e= ", "temperature", "time", "25:90", "nan", "inf", "٣"]
WAYS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
GRID = ("--set=acid=sulfuric", "--set=acid_concentration=2", "--set=h2o2=0", "--set=solid_liquid_ratio=50")
DESIGN_TABLES, CSV = [DESIGNS, TEMPLATE], (".csv",)
#: What is spoilt, and how it is given to the command.
TARGETS: dict[str, tuple[Any, Any]] = {
    "problems": (spoilt(PROBLEMS), yaml_file("check", "mine.yaml", "--json")),
    "problems predicted": (spoilt(PROBLEMS), yaml_file("predict", "designs.csv", "--problem", "mine.yaml")),
    "problems searched": (spoilt(PROBLEMS), yaml_file("run", "config.yaml", "--out", "out", "--force")),
    "configs": (spoilt(CONFIGS), yaml_file("check", "mine.yaml")),
    "scenarios": (
        spoilt_table(DESIGN_TABLES, (".csv", ".xlsx", ".parquet")),
        table_file("predict", "mine.*", "--json"),
    ),
    "reports": (spoilt_table(DESIGN_TABLES, CSV), table_file("predict", "mine.*", "--report=out", "--force")),
    "fronts": (spoilt_table([DESIGNS], CSV), table_file("nearest", "nmc111", "--front", "mine.*", "--row=1")),
    "steps": (WAYS, option("scenarios", *GRID, "--set=time=60", "--vary=temperature=TEXT")),
    "conditions": (WAYS, option("scenarios", *GRID, "--vary=TEXT")),
    "curves": (
        WAYS,
        option("kinetics", "--acid=HCl", "--feed=NMC622", "--time=TEXT", "--out=out", "--force"),
    ),
    "structures": (st.lists(st.sampled_from(SMILES), max_size=30).map("".join), acid),
}
for _kind in ("acids", "prices", "impacts"):
    _given = ("predict", "designs.csv", f"--{_kind}")
    TARGETS[f"{_kind} as YAML"] = (spoilt([OWN_YAML[_kind]]), yaml_file(*_given, "mine.yaml"))
    _tables = spoilt_table([OWN[_kind]], (".csv", ".xlsx"))
    TARGETS[f"{_kind} as tables"] = (_tables, table_file(*_given, "mine.*"))


def hunt(name: str, number: int, examples: int, keep: Path) -> str:
    """Try one target; return the traceback of the smallest failure found, or nothing."""
    strategy, check = TARGETS[name]
    folder = keep / name.replace(" ", "_")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "designs.csv").write_text(DESIGNS)
    (folder / "config.yaml").write_text(CONFIG)

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given(strategy)
    def tried(given: Any) -> None:
        check(folder, given)

    try:
        tried()
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return "".join(traceback.format_exception(error))
    return ""


def main() -> int:
    """Try all targets in turn until the time is over; return how many of them failed."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--minutes", type=float, default=10.0)
    asked.add_argument("--seed", type=int, default=int(time.time()))
    asked.add_argument("--examples", type=int, default=20, help="of one target before the next has its turn")
    asked.add_argument("--only", choices=TARGETS, action="append", help="targets; all if left out")
    options = asked.parse_args()
    faulthandler.enable()
    keep = Path(tempfile.mkdtemp(prefix="fuzz-"))
    print(f"seed {options.seed}; the last input of each target is in {keep}", flush=True)
    end, number = time.monotonic() + 60.0 * options.minutes, options.seed
    failed: dict[str, str] = {}
    tried = dict.fromkeys(options.only or TARGETS, 0)
    while time.monotonic() < end and len(failed) < len(tried):
        for name in tried:
            if name in failed or time.monotonic() >= end:
                continue
            if found := hunt(name, number, options.examples, keep):
                failed[name] = found
                print(f"\n=== {name} (seed {number})\n{found}", flush=True)
            tried[name] += options.examples
        number += 1
    print(f"{sum(tried.values())} inputs; " + ", ".join(f"{name}: {n}" for name, n in tried.items()))
    print(f"{len(failed)} targets failed: {', '.join(failed)}" if failed else "Nothing found.")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
