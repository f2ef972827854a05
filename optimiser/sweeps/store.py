"""The store of runs: a folder with a Parquet file per run, named by what determines the run.

`runs/KEY.parquet` has one row, `fronts/KEY.parquet` the front of the run, `sweeps/NAME.parquet` which runs a
sweep consists of. A file appears whole or not at all, and the row last: a run that has its row is there. Any
number of sweeps may write into one store at once, since what two of them write under one name is the same.
"""

from __future__ import annotations

import io
import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimiser._io.errors import InputError
from optimiser._io.extras import needs
from optimiser._io.output import PRODUCT, check_writable
from optimiser._io.reading import MOST_YAML, read_text, said
from optimiser.sweeps.rows import RUN, Made, schema
from optimiser.sweeps.table import SweepTable

FORMAT = 1
_MARK = "store.json"
RUNS, FRONTS, SWEEPS, _INCOMING = "runs", "fronts", "sweeps", ".incoming"
#: Files that are read at a time, so that progress can be told.
_PIECE = 500
_META = b"sweep"
#: Columns of a run's row that a sweep's table has, beside the answer.
_TOLD = ("key", "status", "reason", "seconds", "evaluations", "designs", "hypervolume", "acid")
_OTHER = "choose another --out"


@dataclass(frozen=True)
class Store:
    """A folder of runs; made by `open_store`."""

    folder: Path

    def __contains__(self, key: str) -> bool:
        return self.row_file(key).exists()

    def row_file(self, key: str) -> Path:
        """Return where the row of a run stands."""
        return self.folder / RUNS / f"{key}.parquet"

    def front_file(self, key: str) -> Path:
        """Return where the front of a run stands."""
        return self.folder / FRONTS / f"{key}.parquet"

    def runs(self) -> list[str]:
        """Return the keys of all runs, sorted."""
        return sorted(path.stem for path in (self.folder / RUNS).glob("*.parquet"))

    def sweeps(self) -> list[str]:
        """Return the names of the sweeps that were made into it, sorted."""
        return sorted(path.stem for path in (self.folder / SWEEPS).glob("*.parquet"))

    def begin(self) -> None:
        """Make the folders of a store that are not there yet.

        Raises:
            InputError: the system refuses.
        """
        mark = self.folder / _MARK
        try:
            (self.folder / _INCOMING).mkdir(parents=True, exist_ok=True)
            if not mark.exists():  # first: without it the folder is none of ours
                self._write(mark, json.dumps({"product": PRODUCT, "format": FORMAT}).encode())
            for name in (RUNS, FRONTS, SWEEPS):
                (self.folder / name).mkdir(exist_ok=True)
        except OSError as error:
            raise InputError(f"{self.folder} cannot be written: {said(error)}.", remedy=_OTHER) from None

    def put(self, run: Made) -> None:
        """Keep a run: its front first, then its row.

        Raises:
            InputError: the system refuses, as where the disk is full; what was there stays.
        """
        if run.front is not None:
            self._write(self.front_file(run.key), run.front)
        self._write(self.row_file(run.key), run.row)

    def remove(self, keys: Iterable[str]) -> None:
        """Remove runs: the row first, then the front.

        Raises:
            InputError: something that is no file has come into the place of one; nothing is removed then.
        """
        keys = list(keys)
        for file in (file for key in keys for file in (self.row_file(key), self.front_file(key))):
            if file.is_dir():
                raise InputError(
                    f"{file} is a folder, which no sweep has made.",
                    where=str(file),
                    remedy="move it away; nothing was removed",
                )
        for key in keys:
            self.row_file(key).unlink(missing_ok=True)
            self.front_file(key).unlink(missing_ok=True)

    def _write(self, path: Path, content: bytes) -> None:
        temporary = self.folder / _INCOMING / f"{path.parent.name}-{path.stem}.{secrets.token_hex(4)}"
        try:
            temporary.write_bytes(content)
            temporary.replace(path)
        except BaseException as error:
            temporary.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise InputError(
                    f"A run cannot be written to {self.folder}: {said(error)}.",
                    where=str(path),
                    remedy="make room, then go on with --resume: the runs that are in the store stay",
                ) from None
            raise

    # --- what is in it --------------------------------------------------------------------------------------

    def read(
        self,
        keys: Sequence[str] | None = None,
        progress: Callable[[int, int], None] | None = None,
        columns: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Return the rows of runs in the order of their keys.

        Args:
            keys: of runs that are there; None for all.
            progress: told how many rows of how many are read.
            columns: of ``rows.schema``, ``key`` among them; None for all. Few are read faster.

        Returns:
            A row per run; a text that is none is None.

        Raises:
            InputError: a file is cut off, or is none of a run.
        """
        import pyarrow as pa
        import pyarrow.dataset as ds

        keys = self.runs() if keys is None else keys
        tables = []
        for start in range(0, len(keys), _PIECE):
            files = [str(self.row_file(key)) for key in keys[start : start + _PIECE]]
            try:
                table = ds.dataset(files, schema=schema(), format="parquet").to_table(
                    columns=columns and list(columns)
                )
                if table.num_rows != len(files) or table["key"].to_pylist() != keys[start : start + _PIECE]:
                    raise pa.ArrowInvalid("a file holds another run than its name says")
            except (pa.ArrowException, OSError) as error:
                raise self._damaged(files, error) from None
            tables.append(table)
            if progress is not None:
                progress(min(start + _PIECE, len(keys)), len(keys))
        whole = pa.concat_tables(tables) if tables else schema().empty_table()
        frame: pd.DataFrame = whole.to_pandas()
        for field in whole.schema:  # newer pandas has NaN for a text that is none, which counts as true
            if pa.types.is_string(field.type):
                texts = frame[field.name].astype(object)
                frame[field.name] = texts.where(texts.notna(), None)
        return frame

    def damaged(self, keys: Iterable[str]) -> Iterator[str]:
        """Yield the keys of runs whose row or front cannot be read, is missing, or is that of another run."""
        for key in keys:
            status = _status(self.row_file(key), key)
            if status is None or (status == "done" and not _is_front(self.front_file(key), key)):
                yield key

    def _damaged(self, files: Sequence[str], error: Exception) -> InputError:
        broken = [file for file in files if _status(Path(file), Path(file).stem) is None]
        return InputError(
            f"{len(broken) or 'Some'} of the runs in {self.folder} cannot be read: cut off, or not of a run.",
            where=broken[0] if broken else said(error),
            remedy=f"remove them with `optimiser runs prune {self.folder} --damaged`, then --resume makes "
            "them again",
        )

    def front(self, key: str) -> pd.DataFrame:
        """Return the front of a run, in the columns of ``front.csv``; empty where nothing was feasible.

        Raises:
            InputError: its file is cut off.
        """
        file = self.front_file(key)
        if not file.exists():
            return pd.DataFrame()
        try:
            if not _is_front(file, key):
                raise ValueError("it is cut off, or the front of another run")
            return pd.read_parquet(file)
        except Exception as error:
            raise InputError(
                f"The front of run {key[:12]} cannot be read: {said(error)}.",
                where=str(file),
                remedy=f"optimiser runs prune {self.folder} --damaged --yes, then make the sweep again",
            ) from None

    # --- sweeps ---------------------------------------------------------------------------------------------

    def keep_sweep(self, table: SweepTable) -> None:
        """Keep which runs a sweep consists of; one of the same name is replaced.

        Args:
            table: of whose frame ``run``, ``key`` and the varied keys are kept.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        plain = pa.Table.from_pandas(table.frame[["run", "key", *table.varied]], preserve_index=False)
        metadata = {**(plain.schema.metadata or {}), _META: json.dumps(table.about).encode()}
        sink = io.BytesIO()
        pq.write_table(plain.replace_schema_metadata(metadata), sink, compression="zstd")
        self._write(self.folder / SWEEPS / f"{table.name}.parquet", sink.getvalue())

    def sweep(self, name: str, progress: Callable[[int, int], None] | None = None) -> SweepTable:
        """Return the runs of a sweep with what is known of each by now.

        Raises:
            InputError: there is no such sweep, or a file is cut off.
        """
        about, members = self._kept(name)
        return self.table(about, members, progress)

    def table(
        self,
        about: Mapping[str, Any],
        members: pd.DataFrame,
        progress: Callable[[int, int], None] | None = None,
    ) -> SweepTable:
        """Return a sweep with what is known of each of its runs by now.

        Args:
            about: name, description and so on, as `SweepTable` has them.
            members: ``run``, ``key`` and the varied keys, a row per run.
            progress: told how many rows of how many are read.

        Raises:
            InputError: a file is cut off.
        """
        there = [key for key in dict.fromkeys(members["key"]) if key in self]
        return joined(about, members, self.read(sorted(there), progress, (*_TOLD, "answer")))

    def members(self, name: str) -> list[str]:
        """Return the keys of the runs of a sweep, in its order."""
        return list(self._kept(name)[1]["key"])

    def _kept(self, name: str) -> tuple[dict[str, Any], pd.DataFrame]:
        import pyarrow.parquet as pq

        file = self.folder / SWEEPS / f"{name}.parquet"
        if not file.exists():
            raise InputError(
                f"{self.folder} has no sweep {name!r}.",
                allowed=", ".join(self.sweeps()) or "none yet",
                remedy=f"optimiser runs list {self.folder}",
            )
        try:
            table = pq.read_table(file)
            return json.loads(table.schema.metadata[_META]), table.to_pandas()
        except Exception as error:
            raise InputError(
                f"{file} cannot be read: {said(error)}.",
                remedy="remove the file, or make the sweep again: its runs are reused",
            ) from None


def joined(about: Mapping[str, Any], members: pd.DataFrame, rows: pd.DataFrame) -> SweepTable:
    """Return the table of a sweep: what varies of each run, what became of it, and its answer.

    Args:
        about: name, description and so on, as `SweepTable` has them.
        members: ``run``, ``key`` and the varied keys, a row per run.
        rows: of those runs that are there, as `Store.read` returns them.
    """
    said = [json.loads(a) if isinstance(a, str) else {} for a in rows["answer"]]  # else None, or NaN
    answers = pd.DataFrame(said, index=rows.index)
    plain = [*_TOLD]
    # a system of one's own has a column per choice, and none of an acid
    known = rows[plain].join(answers.drop(columns=[c for c in answers if c in plain]))
    known = known.drop(columns=[c for c in members.columns if c != "key" and c in known])
    frame = members.merge(known, on="key", how="left")
    for name in (*about["objectives"], "acid"):  # also where no run has an answer
        if name not in frame:
            frame[name] = np.nan if name != "acid" else None
    frame["status"] = frame["status"].fillna("missing")
    frame["reason"] = frame["reason"].fillna("")
    lists = {name: tuple(about[name]) for name in ("varied", "objectives", "directions")}
    return SweepTable(**{**about, **lists}, frame=frame)


def open_store(folder: Path, *, make: bool = False) -> Store:
    """Return the store in a folder; nothing is written yet.

    Args:
        folder: of the store.
        make: whether it need not be there yet, and will be written to, after `Store.begin`.

    Raises:
        InputError: it is none, or of a newer version of the program; it cannot be written to; pyarrow is not
            installed.
    """
    needs("parquet")
    mark = folder / _MARK
    inside = next((parent for parent in folder.absolute().parents if (parent / _MARK).is_file()), None)
    if make and inside is not None:
        raise InputError(f"{folder} lies inside of the store {inside}.", remedy=_OTHER)
    if mark.exists():
        try:
            known = json.loads(read_text(mark, MOST_YAML, allowed="the mark of a store"))
            number = known["format"] if known["product"] == PRODUCT else None
        except (ValueError, KeyError, TypeError):
            number = None
        if type(number) is not int or number < 1:
            raise InputError(f"{folder} is no store of runs.", where=str(mark), allowed="another folder")
        if number > FORMAT:
            raise InputError(
                f"{folder} was written by a newer version: its format is {number}, this version reads "
                f"{FORMAT}.",
                where=str(mark),
                remedy="update leaching-optimiser, or choose another folder",
            )
    elif folder.exists() and (not folder.is_dir() or any(not _new(path) for path in folder.iterdir())):
        raise InputError(
            f"{folder} is no store of runs.",
            allowed="a folder that does not exist yet, is empty, or that a sweep has written",
            remedy="choose another folder",
        )
    elif not make:
        raise InputError(
            f"There is no store {folder}.", remedy="optimiser sweep SWEEP --out FOLDER makes one"
        )
    store = Store(folder)
    if make:
        check_writable(folder, _OTHER)
        for part in (folder, store.folder / RUNS):
            if part.exists():
                check_writable(part, _OTHER, inside=True)
    return store


def _new(path: Path) -> bool:
    """Return whether a path is what a store begins with, which another process may be making now."""
    return path.name == _INCOMING


def _status(file: Path, key: str) -> str | None:
    """Return how a run ended; None where its row cannot be read, or is that of another run."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        row = pq.read_table(file).to_pylist()
    except (pa.ArrowException, OSError):
        return None
    return row[0].get("status") if len(row) == 1 and row[0].get("key") == key else None


def _is_front(file: Path, key: str) -> bool:
    """Return whether a file is the whole front of a run."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return bool((pq.read_table(file).schema.metadata or {}).get(RUN) == key.encode())
    except (pa.ArrowException, OSError):
        return False
