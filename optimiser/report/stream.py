"""Long tables written piece by piece: CSV or Parquet in bounded memory, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from optimiser._io.errors import InputError
from optimiser._io.extras import needs
from optimiser._io.output import placed
from optimiser.report.formulas import without_formulas

#: Kinds of file that a table can be streamed to.
STREAMED = (".csv", ".parquet")
Append = Callable[[pd.DataFrame], None]


@contextmanager
def streamed_table(out: Path) -> Iterator[Append]:
    """Open a table to append pieces to; it appears under its name when all of them are written.

    Yields:
        What to call with each piece; all have the columns of the first one.

    Raises:
        InputError: the suffix is neither .csv nor .parquet, Parquet lacks its extra, or the file cannot be
            written.
    """
    if out.suffix.lower() not in STREAMED:
        raise InputError(f"{out.name} cannot be written piece by piece.", allowed=" or ".join(STREAMED))
    if out.suffix.lower() == ".parquet":
        needs("parquet")
    with placed(out) as temporary:
        opened = _parquet if out.suffix.lower() == ".parquet" else _csv
        with opened(temporary) as append:
            yield append


@contextmanager
def _csv(path: Path) -> Iterator[Append]:
    with path.open("w", encoding="utf-8", newline="") as file:
        yield lambda piece: without_formulas(piece).to_csv(file, index=False, header=file.tell() == 0)


@contextmanager
def _parquet(path: Path) -> Iterator[Append]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    writers: list[pq.ParquetWriter] = []

    def append(piece: pd.DataFrame) -> None:
        if not writers:
            schema = pa.Table.from_pandas(piece, preserve_index=False).schema.remove_metadata()
            writers.append(pq.ParquetWriter(path, schema))
        table = pa.Table.from_pandas(piece, schema=writers[0].schema, preserve_index=False)
        writers[0].write_table(table.replace_schema_metadata())

    try:
        yield append
    finally:
        for writer in writers:
            writer.close()
