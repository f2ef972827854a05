"""Every kind of bad input ends in one clear block, soon: no traceback, no crash, no endless work."""

from __future__ import annotations

import os
import socket
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from optimiser._io import builtin, reading
from tests.command import assert_one_clear_block, optimiser

#: Seconds of the processor that a refusal may take.
SOON = 30.0
DESIGN = "acid=sulfuric,temperature=60,acid_concentration=1,h2o2=1,solid_liquid_ratio=50,time=60"
HEADER = "acid,temperature,acid_concentration,h2o2,solid_liquid_ratio,time\n"
ROW = "sulfuric,60,2,2,50,60\n"
GRID = [
    f"--set={part}" for part in ("acid=sulfuric", "acid_concentration=2", "h2o2=0", "solid_liquid_ratio=50")
]
NMC111 = (
    (builtin.folder("problems") / "nmc111.yaml").read_text().replace("{name: NMC111, mass: 1000}", "NMC111")
)
NEW = "  mine: {smiles: SMILES, pKa: [2], stock: {purity: 0.9, density: 1.1}, price: 1, climate_change: 1}\n"


POSIX = pytest.mark.skipif(os.name != "posix", reason="pipes, sockets and devices have names on POSIX only")


def refused(*arguments: object, cwd: Path, message: str) -> None:
    before = sorted(path.name for path in cwd.iterdir())
    start = time.process_time()
    done = optimiser(*arguments, cwd=cwd)
    assert time.process_time() - start < SOON
    assert_one_clear_block(done)
    assert message in done.stderr, done.stderr
    assert len(done.stderr) < 6000
    assert sorted(path.name for path in cwd.iterdir()) == before


def with_acids(text: str, smiles: str = "OC(=O)C(F)(F)F") -> str:
    return NMC111 + "acids:\n" + text.replace("SMILES", smiles)


def nested_aliases(row: str) -> str:
    lines = ["a0: &a0 " + row.format("x: 1", ",".join(["x"] * 9))]
    for i in range(1, 30):
        lines.append(
            f"a{i}: &a{i} "
            + row.format(f"<<: [{','.join([f'*a{i - 1}'] * 9)}]", ",".join([f"*a{i - 1}"] * 9))
        )
    return "\n".join(lines)


YAML: dict[str, tuple[str | bytes, str]] = {
    "recursive": ("a: &x [*x]", "stands inside of what it names"),
    "recursive key": ("&x a: {b: 1, c: &y {d: *y}}", "stands inside of what it names"),
    "nested": ("a: " + "[" * 100_000, "nested more than"),
    "nested blocks": ("- " * 100_000, "nested more than"),
    "alias bomb": (nested_aliases("[{1}]"), "keys and values"),
    "merge bomb": (nested_aliases("{{{0}}}"), "keys and values"),
    "10 MB": ("k: 1\n" * 2_000_000, "has 10 MB"),
    "a million keys": ("".join(f"k{i}: 1\n" for i in range(400_000)), "keys and values"),
    "tag int": ("feed: !!int x", "cannot be read as int"),
    "tag float": ("feed: !!float x", "cannot be read as float"),
    "tag bool": ("feed: !!bool perhaps", "cannot be read as bool"),
    "tag timestamp": ("feed: !!timestamp x", "cannot be read as timestamp"),
    "tag of Python": ("feed: !!python/object:os.system x", "could not determine a constructor"),
    "date": ("feed: 2026-13-45", "cannot be read as timestamp"),
    "hexadecimal": ("feed: 0x_", "cannot be read as int"),
    "400 digits": ("feed: " + "9" * 400, "cannot be read as int"),
    "5000 digits": ("feed: " + "9" * 5000, "cannot be read as int"),
    "key of no text": ("1: 2", "is not text"),
    "key of a list": ("? [a]\n: 2", "is not text"),
    "surrogate": ('feed: "\\ud800"', "not valid YAML"),
    "surrogate in bytes": (b"feed: \xed\xa0\x80", "not UTF-8"),
    "NUL": ("feed: \0", "not valid YAML"),
    "long value": (NMC111.replace("feed: NMC111", "feed: " + "x" * 100_000), "There is no feed"),
    "long key": ("k" * 1000 + ": 1", "Unknown key"),
    "mass": (NMC111.replace("feed: NMC111", "feed: {name: NMC111, mass: 1e+308}"), "feed.mass"),
    "mass of true": (NMC111.replace("feed: NMC111", "feed: {name: NMC111, mass: true}"), "not a number"),
    "true of a metal": (NMC111.replace("feed: NMC111", "feed: {name: x, Ni: true}"), "not a number"),
    "true of a parameter": (NMC111 + "process: {heat_loss: true}\n", "not a number"),
    "true of an acid": (with_acids("  sulfuric: {stock: {purity: {value: true}}}\n"), "not a number"),
    "price without end": (with_acids("  sulfuric: {price: 1.0e+300}\n"), "can be paid"),
    "SMILES of anything": (with_acids(NEW, "'*'"), "not a SMILES"),
    "huge SMILES": (with_acids(NEW, "C(" * 100_000 + "C" + ")" * 100_000), "too long"),
    "two names": (with_acids("  HCl: {price: 1}\n  hydrochloric: {price: 2}\n"), "given again"),
    "two new names": (with_acids(NEW + NEW.replace("mine", "Mine")), "given again"),
    "25,000 acids": (with_acids("".join(NEW.replace("mine", f"a{i}") for i in range(25_000))), "keys and"),
    "5,000 acids": (with_acids("".join(f"  a{i}: {{price: 1}}\n" for i in range(5_000))), "at most 1000"),
    "too many acids chosen": (NMC111.replace("acid: [", f"acid: [{','.join(['x'] * 2000)},"), "at most 1000"),
}


@pytest.mark.parametrize("name", YAML)
def test_problems(name: str, tmp_path: Path) -> None:
    text, message = YAML[name]
    (tmp_path / "mine.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    refused("check", "mine.yaml", cwd=tmp_path, message=message)


CONFIGS = {
    "population: true": "not a number",
    "generations: true": "not a number",
    "seeds: true": "not a number",
    "seeds: [1, true]": "not a number",
    "seeds: -1": "at least 0",
    "seeds: [1, -3]": "at least 0",
    "seeds: 99999999999999999999": "below",
}


@pytest.mark.parametrize("search", CONFIGS)
def test_configs(search: str, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(f"problem: nmc111\nsearch: {{{search}}}\n")
    refused("check", "mine.yaml", cwd=tmp_path, message=CONFIGS[search])


def fifo(path: Path) -> None:
    os.mkfifo(path)


def unix_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(os.path.relpath(path))


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(20_000_000_000)


def loop(path: Path) -> None:
    path.symlink_to(path)


SPECIAL: dict[str, tuple[Callable[[Path], None], str]] = {
    "pipe": (fifo, "is a pipe"),
    "socket": (unix_socket, "is a socket"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "is a device"),
    "proc": (lambda path: path.symlink_to("/proc/self/status"), ""),  # on Linux alone
    "sparse": (sparse, "has 20,000 MB"),
    "folder": (Path.mkdir, "is a directory"),
    "loop": (loop, ""),
    "nothing": (lambda path: path.write_bytes(b"") and None, "is empty"),
}
READERS = {
    "config": ("run", "in.yaml"),
    "problem": ("check", "in.yaml"),
    "table": ("predict", "in.csv", "--feed", "NMC111"),
    "workbook": ("predict", "in.xlsx", "--feed", "NMC111"),
    "parquet": ("predict", "in.parquet", "--feed", "NMC111"),
    "own acids": ("check", "nmc111", "--acids", "in.csv"),
    "own prices": ("check", "nmc111", "--prices", "in.xlsx"),
    "own impacts": ("check", "nmc111", "--impacts", "in.yaml"),
    "front": ("nearest", "nmc111", "--front", "in.csv"),
    "training table": ("nearest", "nmc111", "--design", DESIGN, "--table", "in.xlsx"),
    "download": ("data", "install", "--from", "in.xlsx"),
}


@POSIX
@pytest.mark.parametrize("special", SPECIAL)
@pytest.mark.parametrize("reader", READERS)
def test_files_that_are_none(
    reader: str, special: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make, message = SPECIAL[special]
    path = tmp_path / next(a for a in READERS[reader] if a.startswith("in."))
    make(path)
    refused(*READERS[reader], cwd=tmp_path, message=message)


@pytest.mark.parametrize("reader", [*READERS, "surrogate"])
@pytest.mark.parametrize("name", ["a" * 300, "a" * 3000, "b/" * 3000 + "c", "file/below"])
def test_names_that_cannot_be(reader: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    arguments = READERS.get(reader, ("kinetics", "--acid", "hydrochloric", "--surrogate", "in."))
    named = [name + Path(a).suffix if a.startswith("in.") else a for a in arguments]
    refused(*named, cwd=tmp_path, message="")


TABLES = {
    "extra cell": (HEADER + ROW + ROW.replace("\n", ",7\n"), "Row 3 has 7 cells"),
    "extra cell in the first row": (HEADER + ROW.replace("\n", ",7\n"), "Row 2 has 7 cells"),
    "huge field": (HEADER + ROW + "x" * 200_000 + ",1,1,1,1,1\n", "field larger than field limit"),
    "open quotation": (HEADER + ROW + '"' + ROW * 10_000, "cannot be read"),
    "true": (HEADER + "sulfuric,TRUE,2,2,50,60\n", "not a number"),
    "true somewhere": (HEADER + ROW + "sulfuric,60,True,2,50,60\n", "not a number"),
    "infinite": (HEADER + "sulfuric,inf,2,2,50,60\n", "Temperature"),
    "huge": (HEADER + f"sulfuric,{'9' * 5000},2,2,50,60\n", "Temperature"),
    "huge name": (HEADER + ROW.replace("sulfuric", "x" * 100_000), "There is no acid"),
    "NUL": (HEADER + "sul\0furic,60,2,2,50,60\n", ""),
    "not text": (b"\xff\xfe\x00" + HEADER.encode(), "UTF-8"),
}


@pytest.mark.parametrize("name", TABLES)
def test_tables(name: str, tmp_path: Path) -> None:
    text, message = TABLES[name]
    (tmp_path / "in.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    refused("predict", "in.csv", "--feed", "NMC111", cwd=tmp_path, message=message)


OWN = {
    "extra cell": ("acids", "acid,smiles\nsulfuric,,7\n", "cells"),
    "huge field": ("acids", f"acid,label\nsulfuric,{'x' * 200_000}\n", "field larger than field limit"),
    "same acid": ("acids", "acid,label\nHCl,a\nhydrochloric,b\n", "listed twice"),
    "huge SMILES": ("acids", f"acid,smiles\nmine,{'C(' * 20_000}\n", "too long"),
    "many acids": ("acids", "acid,label\n" + "".join(f"a{i},x\n" for i in range(20_000)), "too many"),
    "true": ("acids", "acid,purity [kg/kg]\nsulfuric,TRUE\n", "not a number"),
    "huge": ("prices", "substance,price [EUR/kg]\nsulfuric,1e300\n", "outside what is possible"),
    "high": ("prices", "substance,price [EUR/kg]\nsulfuric,1e12\n", "can be paid"),
    "NUL": ("prices", "substance,price [EUR/kg]\nsul\0furic,1\n", ""),
}


@pytest.mark.parametrize("name", OWN)
def test_own_tables(name: str, tmp_path: Path) -> None:
    kind, text, message = OWN[name]
    (tmp_path / "in.csv").write_text(text)
    refused("check", "nmc111", f"--{kind}", "in.csv", cwd=tmp_path, message=message)


def workbook(path: Path, sheet: str, times: int = 1) -> None:
    """Write a workbook with a sheet of our own making."""
    pd.DataFrame({"acid": ["sulfuric"]}).to_excel(path.with_name("plain.xlsx"), index=False)
    with zipfile.ZipFile(path.with_name("plain.xlsx")) as plain, zipfile.ZipFile(path, "w", 8) as book:
        for name in plain.namelist():
            if not name.startswith("xl/worksheets/"):
                book.writestr(name, plain.read(name))
        with book.open("xl/worksheets/sheet1.xml", "w") as file:
            file.write(
                b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
            )
            for _ in range(times):
                file.write(sheet.encode())
            file.write(b"</sheetData></worksheet>")
    path.with_name("plain.xlsx").unlink()


@pytest.mark.parametrize("reader", ["workbook", "own prices", "training table"])
def test_workbooks_without_end(reader: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workbook(tmp_path / "in.xlsx", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    refused(*READERS[reader], cwd=tmp_path, message="1,048,576 rows and 16,384 columns")
    monkeypatch.setattr(reading, "MOST_UNPACKED", 50_000_000)
    workbook(tmp_path / "in.xlsx", "<row>" + "<c/>" * 250_000 + "</row>", times=51)
    refused(*READERS[reader], cwd=tmp_path, message="unpacks to 51 MB")


NINES = "9" * 4000
LATIN = ("scenarios", *GRID, "--set", "time=60", "--vary", "temperature=25:90", "--lhs")
CURVES = ("kinetics", "--acid", "hydrochloric", "--feed", "NMC622", "--time")
MANY = "temperature=25:90:3000000", "time=1:60:3000000"
OPTIONS = {
    "steps of 5000 digits": (("scenarios", *GRID, "--vary", f"time=5:9:{NINES}9"), "count of steps"),
    "billions of rows": (("scenarios", *GRID, "--vary", MANY[0], "--vary", MANY[1]), "rows cannot be made"),
    "rows of 4000 digits": ((*LATIN, NINES), "rows cannot be made"),
    "rows of 5000 digits": ((*LATIN, NINES * 2), "--lhs"),
    "negative seed": ((*LATIN, "3", "--seed", "-1"), "--seed"),
    "millions of times": ((*CURVES, "1:60:3000000"), "2 to 200"),
    "times of 5000 digits": ((*CURVES, f"1:60:{NINES}9"), "2 to 200"),
    "a list of times": ((*CURVES, ",".join(map(str, range(9000)))), "up to 200"),
    "row of 4000 digits": (("nearest", "nmc111", "--front", "in.csv", "--row", NINES), "has no design"),
    "long option": (("list", "x" * 100_000), "is not one of"),
    "not UTF-8": (("run", "\udcff.yaml"), "not UTF-8"),
    "basis": (("predict", "in.csv", "--feed", "NMC111", "--basis", "nan"), "--basis"),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_options(name: str, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(HEADER + ROW)
    arguments, message = OPTIONS[name]
    refused(*arguments, cwd=tmp_path, message=message)


TARGETS = {
    "run": ("run", "nmc111_cost_vs_recovery", "--out", "out"),
    "predict": ("predict", "in.csv", "--feed", "NMC111", "--out", "out.csv"),
    "predict, report": ("predict", "in.csv", "--feed", "NMC111", "--report", "out"),
    "scenarios": (
        "scenarios",
        *GRID,
        "--vary",
        "temperature=25:90:3",
        "--set",
        "time=60",
        "--out",
        "out.csv",
    ),
    "kinetics": ("kinetics", "--acid", "hydrochloric", "--feed", "NMC622", "--out", "out"),
    "explain": ("explain", "--out", "out"),
    "train": ("train", "--out", "out"),
    "tables": ("tables", "export", "."),
}


@POSIX
@pytest.mark.parametrize("special", ["pipe", "socket", "link", "dangling", "loop"])
@pytest.mark.parametrize("command", TARGETS)
def test_force_replaces_nothing_special(
    command: str, special: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("optimiser.surrogate.data.installed", lambda: tmp_path / "in.csv")
    (tmp_path / "in.csv").write_text(HEADER + ROW)
    arguments = TARGETS[command]
    out = tmp_path / ("acids.csv" if command == "tables" else arguments[-1])
    if special in SPECIAL:
        SPECIAL[special][0](out)
    else:
        out.symlink_to("in.csv" if special == "link" else "nowhere")
    before = out.lstat()
    refused(*arguments, "--force", cwd=tmp_path, message="is not replaced")
    assert out.lstat() == before
    assert (tmp_path / "in.csv").read_text() == HEADER + ROW


def test_outputs_in_each_others_way(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(HEADER + ROW)
    for out, report in (("a.csv", "a.csv"), ("a/b.csv", "a"), ("a.csv", "a.csv/b"), ("x/../a.csv", "a.csv")):
        arguments = ("predict", "in.csv", "--feed", "NMC111", "--out", out, "--report", report)
        refused(*arguments, cwd=tmp_path, message="in each other's way")
