"""Card rows: a header that lacks what the card names ends the run with the column, the header, and what to do."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from harvest.errors import ContractError
from harvest.formats.file_card import read_file_card
from harvest.formats.row_columns import parts_of_rows
from harvest.formats.row_records import records_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harvest.formats.file_card import FileCard
    from harvest.store import Store

ORIGIN = '[card]\ntitle = "t"\nlicence = "CC0-1.0"\norigin = "o"\nattribution = "a"\n'
ROWS = '[rows]\nid = "id"\nformula = "formula"\nlabels = { batch = "batch" }\n'
GAP = (
    '[[properties]]\nfield = "gap"\nproperty = "band_gap"\nunit = "eV"\nuncertainty = "error"\nmethod = "experiment"\n'
)
T = 'conditions = [{ name = "temperature", field = "T", unit = "K" }]\n'
CARD = ORIGIN + ROWS + GAP + T
HEADER = "id,formula,batch,gap,error,T"
ROW = "a,SiO2,b,8.9,0.1,300"


@pytest.fixture
def card(tmp_path: Path) -> Callable[[str], FileCard]:
    """Return a function that reads a card."""

    def read(text: str) -> FileCard:
        (tmp_path / "card.toml").write_text(text, encoding="utf-8")
        return read_file_card(tmp_path / "card.toml")

    return read


@pytest.mark.parametrize(
    ("header", "says"),
    [
        (
            HEADER.replace("gap", "band_gap"),
            r"no column 'gap' \(field in \[\[properties\]\]\), did you mean 'band_gap'\?",
        ),
        (
            HEADER.replace("id", "Id"),
            r"no column 'id' \(id in \[rows\]\), did you mean 'Id'\?; it names 'Id', 'formula'",
        ),
        (HEADER.replace("formula", "Formel"), r"'formula' \(formula in \[rows\]\), did you mean 'Formel'"),
        (HEADER.replace("batch", "x"), r"'batch' \(labels\.batch in \[rows\]\); it names"),
        (HEADER.replace("error", "x"), r"'error' \(uncertainty in \[\[properties\]\]\); it"),
        (HEADER.replace(",T", ",x"), r"'T' \(conditions in \[\[properties\]\]\); it"),
        (HEADER.replace(",", ";"), r"""; if ';' parts the columns, say delimiter = ";" in \[rows\]"""),
        (HEADER.replace(",", "\t"), r"""parts the columns, say delimiter = "\\t" in \[rows\]"""),
        ("sep=;\n" + HEADER.replace(",", ";"), 'say skip_rows = 1 and delimiter = ";"'),
        ("# measured,on Monday\n" + HEADER, r"""if that line is a comment, say comment = "#" in \[rows\]"""),
        ("Table 1,,,,x,\n" + HEADER, "names '' more than once"),
        ("Table 1,of two\n" + HEADER, r"if the header stands further down, say skip_rows in \[rows\]"),
        ("", "the file is empty; its first line has to name the columns"),
        ("\n\n", "the file is empty"),
    ],
)
def test_a_column_that_is_not_in_the_header_is_told(card: Callable[..., FileCard], header: str, says: str) -> None:
    payload = f"{header}\n{ROW}\n".encode() if header.strip() else header.encode()
    for read in (records_of, parts_of_rows):
        with pytest.raises(ContractError, match=says):
            list(read(payload, card(CARD), "csv"))


def test_blanks_around_the_names_of_a_header_are_no_part_of_them(card: Callable[..., FileCard]) -> None:
    (record,) = records_of(f" {HEADER.replace(',', ' , ')} \n{ROW}\n".encode(), card(CARD), "csv")
    (value,) = getattr(record, "properties")  # noqa: B009 — a rejected row has none, and fails here
    assert (value.value, str(value.pointer)) == (8.9, "row=1;column=gap")


def test_columns_that_the_card_calls_optional_may_be_absent_but_not_all_that_hold_values(
    card: Callable[..., FileCard],
) -> None:
    optional = ORIGIN + ROWS + (GAP + T).replace("unit", "optional = true\nunit", 1)
    more = '[[properties]]\nfield = "rho"\nproperty = "density"\nunit = "g/cm^3"\noptional = true\nmethod = "dft"\n'
    (record,) = records_of(b"id,formula,batch,rho\na,SiO2,b,2.6\n", card(optional + more), "csv")
    assert [value.property for value in getattr(record, "properties")] == ["density"]  # noqa: B009 — as above
    with pytest.raises(ContractError, match=r"no column 'gap' .*; 'rho' \(field in"):
        list(records_of(b"id,formula,batch,roh\na,SiO2,b,2.6\n", card(optional + more), "csv"))


@pytest.mark.parametrize("row_format", ["xlsx", "parquet"])
def test_headers_of_binary_tables_are_held_to_the_card_too(card: Callable[..., FileCard], row_format: str) -> None:
    names = HEADER.replace("gap", "band_gap").split(",")
    buffer = io.BytesIO()
    if row_format == "xlsx":
        workbook = pytest.importorskip("openpyxl").Workbook()
        workbook.active.append(names)
        workbook.active.append(ROW.split(","))
        workbook.save(buffer)
    else:
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.table({name: [cell] for name, cell in zip(names, ROW.split(","), strict=True)}), buffer)
    with pytest.raises(
        ContractError, match=r"no column 'gap' .*did you mean 'band_gap'.*; it names 'id', [^;]*; correct"
    ):
        list(records_of(buffer.getvalue(), card(CARD), row_format))


@pytest.mark.parametrize(("magic", "name"), [(b"PAR1", "parquet"), (b"PK\x03\x04", "xlsx"), (b"\x89HDF\r\n", "hdf5")])
def test_another_format_under_the_name_of_a_table_is_told(
    card: Callable[..., FileCard], magic: bytes, name: str
) -> None:
    with pytest.raises(ContractError, match=f'the bytes are not csv but {name}; say format = "{name}"'):
        list(records_of(magic + b"\x00" * 90, card(CARD), "csv"))


def test_the_run_ends_with_the_code_for_another_shape_and_the_bytes_are_archived(tmp_path: Path, store: Store) -> None:
    (tmp_path / "card.toml").write_text(CARD, encoding="utf-8")
    (tmp_path / "rows.csv").write_text(f"{HEADER.replace('gap', 'band_gap')}\n{ROW}\n", encoding="utf-8")
    (tmp_path / "recipe.toml").write_text(
        '[dataset]\nname = "d"\ntitle = "D"\nlicence = "CC-BY-4.0"\n'
        '[[sources]]\nsource = "files"\npath = "rows.csv"\ncard = "card.toml"\n',
        encoding="utf-8",
    )
    with pytest.raises(ContractError, match=r"^rows\.csv: the header has no column 'gap'") as raised:
        store.harvest(tmp_path / "recipe.toml")
    assert raised.value.exit_code == 6
    assert list((store.folder / "raw").glob("*.warc.gz"))
    (tmp_path / "card.toml").write_text(CARD.replace('"gap"', '"band_gap"'), encoding="utf-8")
    assert store.harvest(tmp_path / "recipe.toml").records.sources[0].pin.records == 1
