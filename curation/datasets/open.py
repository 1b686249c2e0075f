"""Open: a dataset version to be asked; read-only, and shut off from everything outside of its own folder."""

from __future__ import annotations

import contextlib
import re
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from curation.datasets.layout import (
    REPRESENTATIONS,
    SPLITS,
    only_dataset,
    parts_of,
    read_manifest,
    version_folder,
)
from curation.datasets.tables import TABLES
from curation.datasets.views import VIEWS
from curation.errors import QueryRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from schemas.dataset import Manifest

# EXPLAIN ANALYZE runs what it explains. No comment is read over here: it could hide where the options end.
_EXPLAIN = re.compile(
    r"EXPLAIN\b\s*(?:(?:ANALYZE|VERBOSE)\b\s*)*(?:\([\w\s,]*\)\s*)?(?P<explained>.*)", re.DOTALL | re.IGNORECASE
)


class Answer:
    """The answer to a question, in the form that the reader wants.

    The question runs when a form is asked for: each raises QueryRefusedError where it fails then.
    """

    def __init__(self, relation: duckdb.DuckDBPyRelation) -> None:
        """Hold the answer."""
        self._relation = relation

    def df(self) -> pd.DataFrame:
        """Return a pandas data frame."""
        with _refused():
            frame: pd.DataFrame = self._relation.df()
        return frame

    def pl(self) -> pl.DataFrame:
        """Return a polars data frame; polars is the extra `polars`."""
        with _refused():
            frame: pl.DataFrame = self._relation.pl()
        return frame

    def arrow(self) -> pa.Table:
        """Return an Arrow table."""
        with _refused():
            table: pa.Table = self._relation.to_arrow_table()
        return table

    def rows(self) -> list[dict[str, object]]:
        """Return a list of dictionaries; for small answers."""
        return self.arrow().to_pylist()


class Dataset:
    """A version of a dataset, on disk.

    Attributes:
        folder: the folder of the version.
        manifest: what it consists of and was made from.
    """

    def __init__(self, folder: Path | str) -> None:
        """Open the folder of a version."""
        self.folder = Path(folder).resolve()
        self.manifest: Manifest = read_manifest(self.folder)

    @property
    def id(self) -> str:
        """The identity, `name@version`."""
        return f"{self.manifest.dataset}@{self.manifest.version}"

    def sql(self, question: str) -> Answer:
        """Ask one question.

        The tables are those of `curation.datasets.tables`, the views those of `curation.datasets.views`, one for each
        representation (material_id, vector), and `split_NAME` for each split (material_id, group, fold).

        Raises:
            QueryRefusedError: not one SELECT or EXPLAIN of a SELECT, or DuckDB refuses it; says why.
        """
        with _refused():
            if not _is_question(question):
                message = f"one SELECT or EXPLAIN is expected, of a SELECT alone, got {question.strip()[:200]!r}"
                raise QueryRefusedError(message)
            return Answer(self._connection.sql(question))

    def add(self, tables: Mapping[str, pa.Table]) -> None:
        """Let tables be asked beside those of the version, under their names; nothing is written to disk."""
        for name, table in tables.items():
            self._connection.register(name, table)

    @cached_property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect()
        for statement in self._definitions():
            connection.execute(statement).fetchall()
        inside = str(self.folder).replace("'", "''")
        for statement in (
            f"SET allowed_directories = ['{inside}/']",
            "SET enable_external_access = false",
            "SET lock_configuration = true",
        ):
            connection.execute(statement).fetchall()
        return connection

    def _definitions(self) -> list[str]:
        views = []
        for table in TABLES:
            files = ", ".join(self._quoted(part.path) for part in parts_of(self.manifest, table.name))
            views.append(f"CREATE VIEW {table.name} AS SELECT * FROM read_parquet([{files}])")
        made = sorted((self.folder / REPRESENTATIONS).glob("*/representation.json"))
        split = [
            f'CREATE VIEW "split_{path.parent.name}" AS SELECT * FROM read_parquet({self._quoted(path.as_posix())})'
            for path in sorted(self.folder.glob(f"{SPLITS}/[!.]*/*.parquet"))
        ]
        return [*views, *(self._representation(path.parent) for path in made), *split, *VIEWS]

    def _representation(self, folder: Path) -> str:
        """Return the view of a representation: Parquet lists of one length become arrays, which DuckDB can compare."""
        import pyarrow.parquet as pq  # noqa: PLC0415 — only where there are representations

        first = next(iter(sorted(folder.glob("part-*.parquet"))))
        schema = pq.read_schema(first)
        files = self._quoted(f"{REPRESENTATIONS}/{folder.name}/part-*.parquet")
        chosen = "*"
        if "vector" in schema.names:
            chosen = f"* REPLACE (vector::FLOAT[{schema.field('vector').type.list_size}] AS vector)"
        return f'CREATE VIEW "{folder.name}" AS SELECT {chosen} FROM read_parquet({files})'

    def _quoted(self, path: str) -> str:
        return "'" + str(self.folder / path).replace("'", "''") + "'"


def open_dataset(store: Path | str, reference: str | None = None) -> Dataset:
    """Open `name`, `name@version`, or the only dataset of a store.

    Raises:
        UnknownDatasetError: there is no such dataset; the message says what there is.
    """
    root = Path(store)
    return Dataset(version_folder(root, reference or only_dataset(root)))


def _is_question(question: str) -> bool:
    """Tell whether a text is one SELECT, or an EXPLAIN of one."""
    kinds = [statement.type for statement in duckdb.extract_statements(question)]
    if kinds == [duckdb.StatementType.EXPLAIN]:
        explain = _EXPLAIN.fullmatch(question.strip())
        kinds = [s.type for s in duckdb.extract_statements(explain["explained"])] if explain else []
    return kinds == [duckdb.StatementType.SELECT]


@contextlib.contextmanager
def _refused() -> Iterator[None]:
    """Turn what DuckDB says of a question into an error of ours."""
    try:
        yield
    except duckdb.Error as error:
        raise QueryRefusedError(str(error)) from error
