"""Formats of data files: generated tables and structures of known truth in, the same records out of every format."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import json
import sqlite3
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from harvest.errors import CardError, ContractError
from harvest.formats.places import table_text
from harvest.formats.rows import rows_of
from harvest.formats.single_row import MissingLibraryError
from harvest.formats.structures import STRUCTURE_FORMATS
from harvest.source import Rejected
from harvest.sources.files import FilesSource
from harvest.testing import SourceContract, _walk
from schemas.provenance import Pointer
from schemas.recipe import RecipeError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harvest.source import Plan
    from schemas.material import MaterialRecord

ORIGIN = '[card]\ntitle = "t"\nlicence = "CC0-1.0"\norigin = "written for the tests"\nattribution = "the tests"\n'
GAP = '[[properties]]\nfield = "gap"\nproperty = "band_gap"\nunit = "eV"\nmethod = "experiment"\n'
TABLE = ORIGIN + '[rows]\nid = "id"\nformula = "formula"\nlabels = { batch = "batch" }\n' + GAP
ROWS = [
    {"id": "a", "formula": "SiO2", "gap": 8.9, "batch": "0"},
    {"id": "b", "formula": "TiO2", "gap": None, "batch": None},
    {"id": "c", "formula": "Qq2", "gap": 1.0, "batch": None},
]
CIF = """\
data_rock_salt
_cell_length_a 5.6402(2)
_cell_length_b 5.6402(2)
_cell_length_c 5.6402(2)
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_space_group_name_H-M_alt 'F m -3 m'
_exptl_crystal_density_diffrn 2.163(5)
_chemical_name_mineral ?
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Na 0 0 0
Cl 0.5 0.5 0.5
"""
POSCAR = """\
caesium chloride
2.0
2.06 0 0
0 2.06 0
0 0 2.06
Cs Cl
1 1
Selective dynamics
Cartesian
0 0 0 T T T
1.03 1.03 1.03 F F F
"""


def _csv(delimiter: str) -> bytes:
    lines = [ROWS[0], *ROWS]
    text = [delimiter.join("" if value is None else str(value) for value in row.values()) for row in lines]
    return "\n".join([delimiter.join(ROWS[0]), *text[1:]]).encode()


def _parquet() -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), buffer)
    return buffer.getvalue()


def _xlsx(rows: list[list[object]] | None = None, *, formats: dict[str, str] | None = None) -> bytes:
    openpyxl = pytest.importorskip("openpyxl")
    workbook = openpyxl.Workbook()
    workbook.active.title = "Data"
    for row in rows or [list(ROWS[0]), *(list(row.values()) for row in ROWS)]:
        workbook.active.append(row)
    for cell, number_format in (formats or {}).items():
        workbook.active[cell].number_format = number_format
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def _zip(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("readme.txt", "nothing")
        archive.writestr(name, content)
    return buffer.getvalue()


def _ase_sqlite() -> bytes:
    """Write what `ase.db.connect(...).write(bulk("NaCl", ...), gap=8.5)` writes, the columns that are read."""
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        database.execute(
            "CREATE TABLE systems (id INTEGER PRIMARY KEY, unique_id TEXT, numbers BLOB, positions BLOB, cell BLOB, "
            "pbc INTEGER, key_value_pairs TEXT, energy REAL, free_energy REAL, magmom REAL, charge REAL)"
        )
        numbers, positions = np.array([11, 17], "<i4"), np.array([[0, 0, 0], [2.82, 0, 0]], "<f8")
        cell = np.array([[0, 2.82, 2.82], [2.82, 0, 2.82], [2.82, 2.82, 0]], "<f8")
        blobs = (numbers.tobytes(), positions.tobytes(), cell.tobytes())
        pairs = json.dumps({"gap": 8.5, "source": "test"})
        row = "INSERT INTO systems VALUES (?, ?, ?, ?, ?, ?, ?, -6.7, NULL, NULL, NULL)"
        database.execute(row, (1, "u1", *blobs, 7, pairs))
        database.execute(row, (2, "u2", *blobs, 3, pairs))
        payload: bytes = database.serialize()
    return payload


def _ase_json() -> bytes:
    def array(kind: str, values: list[Any]) -> dict[str, Any]:
        flat = np.asarray(values)
        return {"__ndarray__": [list(flat.shape), kind, flat.ravel().tolist()]}

    cell = [[0, 2.82, 2.82], [2.82, 0, 2.82], [2.82, 2.82, 0]]
    row = {
        "unique_id": "u1",
        "numbers": array("int64", [11, 17]),
        "positions": array("float64", [[0, 0, 0], [2.82, 0, 0]]),
        "cell": {"array": array("float64", cell), "__ase_objtype__": "cell"},
        "pbc": array("bool", [True, True, True]),
        "key_value_pairs": {"gap": 8.5, "source": "test"},
        "energy": -6.7,
    }
    flat = {**row, "unique_id": "u2", "pbc": array("bool", [True, True, False])}
    return json.dumps({"1": row, "2": flat, "ids": [1, 2], "nextid": 3}).encode()


ASE_CARD = ORIGIN + '[rows]\nid = "id"\nstructure = { field = "atoms", format = "ase" }\n' + GAP
TABLES: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "tsv": ("rows.tsv", lambda: _csv("\t"), TABLE),
    "csv.bz2": ("rows.csv.bz2", lambda: bz2.compress(_csv(",")), TABLE),
    "json": ("rows.json", lambda: json.dumps(ROWS).encode(), TABLE),
    "json at": (
        "rows.json",
        lambda: json.dumps({"x": 1, "d": {"rows": ROWS}}).encode(),
        TABLE.replace("[rows]", '[rows]\nat = "d.rows"'),
    ),
    "jsonl.gz": ("rows.jsonl.gz", lambda: gzip.compress("\n".join(map(json.dumps, ROWS)).encode()), TABLE),
    "parquet": ("rows.parquet", _parquet, TABLE),
    "xlsx": ("rows.xlsx", _xlsx, TABLE),
}


def _plan(folder: Path, name: str, content: bytes, card: str, **options: str) -> Plan:
    (folder / name).write_bytes(content)
    (folder / "card.toml").write_text(card, encoding="utf-8")
    return FilesSource().plan("k", {"path": name, "card": "card.toml", **options}, folder)


def _records(plan: Plan, store: Path) -> tuple[list[MaterialRecord], list[Rejected]]:
    pages = _walk(FilesSource(), plan, store)
    items = [item for page in pages for item in FilesSource().parse(plan, page.raw)]
    return [i for i in items if not isinstance(i, Rejected)], [i for i in items if isinstance(i, Rejected)]


@pytest.mark.parametrize("kind", TABLES)
def test_the_same_rows_come_out_of_every_table_format(kind: str, tmp_path: Path) -> None:
    name, make, card = TABLES[kind]
    records, rejected = _records(_plan(tmp_path, name, make(), card), tmp_path / "store")
    assert [(r.source_id, r.formula, r.labels) for r in records] == [("a", "SiO2", {"batch": "0"}), ("b", "TiO2", {})]
    assert [[(v.property, v.value, v.unit) for v in r.properties] for r in records] == [[("band_gap", 8.9, "eV")], []]
    assert [(r.source_id, "Qq" in r.reasons[0]) for r in rejected] == [("c", True)]


@pytest.mark.parametrize("kind", ["tsv", "parquet", "xlsx"])
def test_a_pointer_leads_back_to_the_cell(kind: str, tmp_path: Path) -> None:
    name, make, card = TABLES[kind]
    payload = make()
    records, _ = _records(_plan(tmp_path, name, payload, card), tmp_path / "store")
    pointer = records[0].properties[0].pointer
    assert str(pointer) == ("sheet=Data;row=1;column=gap" if kind == "xlsx" else "row=1;column=gap")
    assert table_text(payload, pointer) == "8.9"
    assert "TiO2" in table_text(payload, records[1].pointer)
    with pytest.raises(LookupError):
        table_text(payload, Pointer.parse(str(pointer).replace("row=1", "row=9")))


def test_a_member_of_a_zip_is_read_and_named_in_every_pointer(tmp_path: Path) -> None:
    plan = _plan(tmp_path, "all.zip", _zip("deep/rows.csv", _csv(",")), TABLE, member="deep/rows.csv")
    records, rejected = _records(plan, tmp_path / "store")
    assert str(records[0].properties[0].pointer) == "member=deep/rows.csv;row=1;column=gap"
    assert str(rejected[0].pointer) == "member=deep/rows.csv;row=3"


def test_every_cif_of_a_folder_is_a_record_by_the_name_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "cifs").mkdir()
    (tmp_path / "cifs" / "1000.041.cif").write_text(CIF)
    (tmp_path / "cifs" / "broken.cif").write_text("data_x\nloop_\n_a\n_b\n1 2 3\n")
    card = (
        ORIGIN
        + '[rows]\nid = "@name"\nstructure = { field = "@text", format = "cif" }\n'
        + (
            'phase = "_chemical_name_mineral"\n[[properties]]\nfield = "_exptl_crystal_density_diffrn"\n'
            'property = "density"\nunit = "g/cm^3"\nmethod = "experiment"\n'
        )
    )
    (tmp_path / "card.toml").write_text(card)
    plan = FilesSource().plan("k", {"path": "cifs/*.cif", "card": "card.toml"}, tmp_path)
    records, rejected = _records(plan, tmp_path / "store")
    assert [record.source_id for record in records] == ["1000.041"]
    assert records[0].composition() == {"Na": 4.0, "Cl": 4.0}
    assert records[0].phase is None
    density = records[0].properties[0]
    assert (density.value, density.uncertainty, density.text) == (2.163, 0.005, "2.163(5)")
    assert str(density.pointer) == "cif=rock_salt,_exptl_crystal_density_diffrn"
    assert [(r.source_id, r.reasons[0].split(":")[0]) for r in rejected] == [("broken", "unreadable")]


def test_a_new_file_of_the_pattern_is_another_version(tmp_path: Path) -> None:
    before = _plan(tmp_path, "a.csv", _csv(","), TABLE, path="*.csv").declared
    after = _plan(tmp_path, "b.csv", _csv(","), TABLE, path="*.csv").declared
    assert before != after


def test_a_poscar_becomes_its_cell_with_scale_and_cartesian_positions() -> None:
    structure = STRUCTURE_FORMATS["poscar"](POSCAR)
    assert structure.lattice_vectors[0] == (4.12, 0.0, 0.0)
    np.testing.assert_allclose(structure.fractional_positions, [[0, 0, 0], [0.5, 0.5, 0.5]], atol=1e-12)
    assert structure.composition() == {"Cs": 1.0, "Cl": 1.0}
    by_volume = STRUCTURE_FORMATS["poscar"](POSCAR.replace("2.0\n", "-69.934528\n", 1))
    np.testing.assert_allclose(by_volume.lattice_vectors[0], (4.12, 0, 0), rtol=1e-9)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [("Cs Cl\n", "", "names the elements"), ("1 1\n", "1 2\n", "3 positions expected"), ("2.0\n", "0\n", "no volume")],
)
def test_a_poscar_that_does_not_say_it_all_is_refused(old: str, new: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        STRUCTURE_FORMATS["poscar"](POSCAR.replace(old, new, 1))


@pytest.mark.parametrize("cartesian", [True, False])
def test_atoms_of_jarvis_become_the_same_cell_however_written(cartesian: bool) -> None:
    coords = [[0, 0, 0], [2.0, 1.0, 0.5]] if cartesian else [[0, 0, 0], [0.5, 0.25, 0.125]]
    lattice = [[4, 0, 0], [0, 4, 0], [0, 0, 4]]
    atoms = {"lattice_mat": lattice, "coords": coords, "elements": ["Na ", "Cl"], "cartesian": cartesian}
    structure = STRUCTURE_FORMATS["jarvis"](atoms)
    assert structure.fractional_positions[1] == (0.5, 0.25, 0.125)
    assert structure.composition() == {"Na": 1.0, "Cl": 1.0}


@pytest.mark.parametrize("make", [_ase_sqlite, _ase_json])
def test_both_kinds_of_ase_database_are_read_and_slabs_are_rejected(make: Callable[[], bytes], tmp_path: Path) -> None:
    card = ASE_CARD.replace("[rows]", '[rows]\nformat = "ase"')
    records, rejected = _records(_plan(tmp_path, "systems.db", make(), card), tmp_path / "store")
    assert [(record.source_id, record.composition()) for record in records] == [("1", {"Na": 1.0, "Cl": 1.0})]
    assert records[0].properties[0].value == 8.5
    assert records[0].structure is not None
    np.testing.assert_allclose(records[0].structure.fractional_positions[1], (-0.5, 0.5, 0.5))
    assert [(r.source_id, "periodic in three" in r.reasons[0]) for r in rejected] == [("2", True)]


@pytest.mark.filterwarnings("ignore:Setting the shape:DeprecationWarning")  # ase's own
@pytest.mark.parametrize("suffix", ["db", "json"])
def test_a_database_that_ase_itself_wrote_is_read_alike(suffix: str, tmp_path: Path) -> None:
    pytest.importorskip("ase")
    from ase.build import bulk
    from ase.db import connect

    with connect(str(tmp_path / f"systems.{suffix}")) as database:
        database.write(bulk("NaCl", "rocksalt", a=5.64), gap=8.5)
    payload = (tmp_path / f"systems.{suffix}").read_bytes()
    ((_, row),) = rows_of(payload, "ase")
    assert isinstance(row, dict)
    assert row["gap"] == 8.5
    assert STRUCTURE_FORMATS["ase"](row["atoms"]).composition() == {"Na": 1.0, "Cl": 1.0}


def test_a_formula_without_a_stored_value_is_told_not_dropped() -> None:
    payload = _xlsx([["id", "formula", "gap"], ["a", "SiO2", "=1+1"], ["b", "TiO2", 3.0]])
    (_, first), (_, second) = rows_of(payload, "xlsx")
    assert isinstance(first, ValueError)
    assert "C2" in str(first)
    assert second == {"id": "b", "formula": "TiO2", "gap": 3.0}


def test_a_share_shown_in_percent_is_read_in_percent_or_not_at_all(tmp_path: Path) -> None:
    payload = _xlsx([["id", "formula", "gap"], ["a", "SiO2", 0.125]], formats={"C2": "0.0%"})
    rejected = _records(
        _plan(tmp_path, "a.xlsx", payload, TABLE.replace('labels = { batch = "batch" }', "")), tmp_path / "store"
    )[1]
    assert "12.5%" in rejected[0].reasons[0]
    percent = TABLE.replace('labels = { batch = "batch" }', "").replace("band_gap", "relative_density")
    records, _ = _records(_plan(tmp_path, "a.xlsx", payload, percent.replace('"eV"', '"percent"')), tmp_path / "s2")
    assert records[0].properties[0].value == 12.5


def test_whole_shares_are_read_in_percent_as_broken_ones_are_and_truths_are_no_shares(tmp_path: Path) -> None:
    cells = [0.58, 1, 2, 0, True]
    payload = _xlsx(
        [["id", "formula", "gap"], *([str(cell), "SiO2", cell] for cell in cells)],
        formats={f"C{number}": "0%" for number in range(2, 7)},
    )
    card = TABLE.replace('labels = { batch = "batch" }', "").replace("band_gap", "relative_density")
    records, rejected = _records(_plan(tmp_path, "a.xlsx", payload, card.replace('"eV"', '"percent"')), tmp_path / "s")
    assert [record.properties[0].value for record in records] == [58.0, 100.0, 200.0, 0.0]
    assert [row.source_id for row in rejected] == ["True"]


def test_a_percent_sign_that_a_number_format_only_prints_does_not_multiply() -> None:
    payload = _xlsx([["gap"], [58], [58.5], [0.5]], formats={"A2": '0"%"', "A3": "0.0\\%", "A4": '0" "%'})
    assert [row for _, row in rows_of(payload, "xlsx")] == [{"gap": "58%"}, {"gap": "58.5%"}, {"gap": "50%"}]


def test_a_workbook_of_many_sheets_asks_which() -> None:
    openpyxl = pytest.importorskip("openpyxl")
    workbook = openpyxl.Workbook()
    workbook.create_sheet("Other").append(["id"])
    buffer = io.BytesIO()
    workbook.save(buffer)
    with pytest.raises(ContractError, match=r"Sheet, Other.*sheet = 'Sheet'"):
        list(rows_of(buffer.getvalue(), "xlsx"))
    assert list(rows_of(buffer.getvalue(), "xlsx", sheet="Other")) == []
    with pytest.raises(ContractError, match="no sheet 'None of it'"):
        list(rows_of(buffer.getvalue(), "xlsx", sheet="None of it"))


def test_without_its_library_a_workbook_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingLibraryError, match=r"matgranary\[xlsx\]"):
        list(rows_of(b"PK", "xlsx"))


@pytest.mark.parametrize("row_format", ["parquet", "ase", "json"])
def test_bytes_of_another_format_are_told_with_the_name_of_the_file(row_format: str, tmp_path: Path) -> None:
    plan = _plan(tmp_path, "rows.bin", b"PK not this", TABLE.replace("[rows]", f'[rows]\nformat = "{row_format}"'))
    with pytest.raises(ContractError, match=r"^rows\.bin: the file "):
        _records(plan, tmp_path / "store")


def test_a_file_that_unfolds_without_end_is_refused() -> None:
    bomb = gzip.compress(b"[" + b" " * (80 << 20) + b"]")
    with pytest.raises(ContractError, match="unfolds to more bytes"):
        list(rows_of(bomb, "json"))
    with pytest.raises(ContractError, match=r"unfolds to \d+ bytes, more than"):
        list(rows_of(_zip("a.json", b" " * (80 << 20)), "json", member="a.json"))


@pytest.mark.parametrize("cut", [10, 30, -12])
def test_a_cut_gzip_file_is_told(cut: int) -> None:
    with pytest.raises(ContractError, match="damaged or cut"):
        list(rows_of(gzip.compress(_csv(","))[:cut], "csv"))


def test_a_member_that_is_not_there_or_damaged_is_told() -> None:
    whole = _zip("a.csv", _csv(","))
    with pytest.raises(ContractError, match=r"no member 'b\.csv'; it holds readme\.txt, a\.csv"):
        list(rows_of(whole, "csv", member="b.csv"))
    damaged = whole.replace(b"PK\x01\x02", b"PK\x01\x03")
    with pytest.raises(ContractError, match="not a whole zip file"):
        list(rows_of(damaged, "csv", member="a.csv"))


def test_large_json_comes_row_by_row_across_the_pieces_in_which_it_is_read() -> None:
    rows = [{"n": number, "text": "é" * (number % 977)} for number in range(4000)]
    payload = json.dumps({"skip": [1, {"rows": 2}], "rows": rows}, ensure_ascii=False).encode()
    assert len(payload) > 3 << 20
    assert [row for _, row in rows_of(payload, "json", at="rows")] == rows
    assert [str(pointer) for pointer, _ in rows_of(payload, "json", at="rows")][-1] == "json=/rows/3999"
    stream = rows_of(payload[: len(payload) // 2], "json", at="rows")
    assert next(stream)[1] == rows[0]
    with pytest.raises(ContractError, match=r"the file is not JSON: .* \(character \d+\)"):
        list(stream)


def test_a_number_that_is_cut_by_the_end_of_a_piece_is_read_whole() -> None:
    text = "[" + " " * ((1 << 20) - 4) + '1234567, {"n": 1}]'
    (_, first), (_, second) = rows_of(text.encode(), "json")
    assert str(first) == "an object was expected, got 1234567"
    assert second == {"n": 1}


def test_a_label_of_zero_is_kept_and_an_empty_one_left_out(tmp_path: Path) -> None:
    rows = [{"id": 1, "formula": "MgO", "gap": 1, "batch": 0}, {"id": 2, "formula": "MgO", "gap": 1, "batch": ""}]
    records, _ = _records(_plan(tmp_path, "a.json", json.dumps(rows).encode(), TABLE), tmp_path / "store")
    assert [record.labels for record in records] == [{"batch": "0"}, {}]


@pytest.mark.parametrize(
    ("text", "at", "said"),
    [
        ('{"a": 1}', "b", "the file has no 'b'; it has a"),
        ('{"a": {"c": []}}', "a.b", "a has no 'b'; it has c"),
        ('{"a": 1}', "a", "a list of objects, got int"),
        ("[1", "a", "should be an object with 'a', got list"),
    ],
)
def test_a_path_that_leads_to_no_list_is_told(text: str, at: str, said: str) -> None:
    with pytest.raises(ContractError, match=said):
        list(rows_of(text.encode(), "json", at=at))


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(ContractError, match="'gap' more than once"):
        list(rows_of(b"id,gap,gap\n1,2,3\n", "csv"))


def test_a_line_with_a_broken_quote_is_rejected_alone() -> None:
    rows = [row for _, row in rows_of(b'id,gap\na,1\nb,"2"x\nc,3\n', "csv")]
    assert [isinstance(row, ValueError) for row in rows] == [False, True, False]


def test_words_for_no_value_conditions_and_tensors_are_read_as_the_card_says(tmp_path: Path) -> None:
    card = ORIGIN + (
        '[rows]\nid = "id"\nformula = "formula"\nno_value = ["na"]\nconstant_labels = { instrument = "XRD-2" }\n'
        '[[properties]]\nfield = "n"\nproperty = "refractive_index"\nunit = "1"\nmethod = "experiment"\n'
        'conditions = [{ name = "temperature", field = "T", unit = "K" }, { name = "light", text = "589 nm" }]\n'
        '[[properties]]\nfield = "c"\nproperty = "elastic_tensor"\nunit = "GPa"\nmethod = "dft"\noptional = true\n'
    )
    rows = [
        {"id": 1, "formula": "MgO", "n": "1.7355(2)", "T": 293, "c": [[1, 2], [3, 4]]},
        {"id": 2, "formula": "MgO", "n": "na", "T": "na"},
        {"id": 3, "formula": "MgO", "n": 1.7, "T": "na", "c": [[1, 2], [3]]},
        {"id": 4, "formula": "MgO", "T": 293},
    ]
    plan = _plan(tmp_path, "a.json", json.dumps(rows).encode(), card)
    records, rejected = _records(plan, tmp_path / "store")
    n, tensor = records[0].properties
    assert (n.value, n.uncertainty) == (1.7355, 0.0002)
    assert [(c.name, c.value, c.unit, c.text) for c in n.conditions] == [
        ("temperature", 293.0, "K", "293"),
        ("light", None, None, "589 nm"),
    ]
    assert (tensor.tensor, tensor.tensor_shape) == ((1.0, 2.0, 3.0, 4.0), (2, 2))
    assert records[0].labels == {"instrument": "XRD-2"}
    assert records[1].properties == ()
    assert [(r.source_id, r.reasons[0].split(":")[0]) for r in rejected] == [
        ("3", "does_not_fit"),
        ("4", "missing_field"),
    ]


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ('{ name = "temperature", value = 300, field = "T", unit = "K" }', "either `value` or `field`"),
        ('{ name = "temperature", value = 300 }', "with its `unit`"),
        ('{ name = "temperature", field = "T", unit = "kg" }', "kg"),
        ('{ name = "temperatur", field = "T", unit = "K" }', "did you mean temperature"),
    ],
)
def test_a_condition_that_says_too_little_or_too_much_is_refused(condition: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=said):
        _plan(tmp_path, "a.csv", _csv(","), f"{TABLE}conditions = [{condition}]\n")


def test_a_query_of_the_first_formats_keeps_its_identity_so_that_old_locks_hold(tmp_path: Path) -> None:
    rows = TABLE.replace('labels = { batch = "batch" }\n', "")
    card = f'{rows}conditions = [{{ name = "temperature", value = 300.0, unit = "K" }}]\n'
    fingerprint = _plan(tmp_path, "a.csv", b"id\n", card).fingerprint
    assert fingerprint == "a6711f64635a68988d2fe08b109a3136e1c3ba1f9fcef897bb303de48341bfc3"


def test_a_pattern_without_files_and_a_name_without_format_are_told(tmp_path: Path) -> None:
    with pytest.raises(CardError, match="no file matches"):
        _plan(tmp_path, "a.csv", _csv(","), TABLE, path="*.cif")
    with pytest.raises(CardError, match=r"rows\.txt says no format"):
        _plan(tmp_path, "rows.txt", _csv(","), TABLE)


class TestParquet(SourceContract):
    source = FilesSource

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        folder = tmp_path / "project"
        folder.mkdir()
        (folder / "rows.parquet").write_bytes(_parquet())
        (folder / "card.toml").write_text(TABLE)
        return folder

    @pytest.fixture
    def options(self) -> dict[str, Any]:
        return {"path": "rows.parquet", "card": "card.toml"}


class TestCifFolder(SourceContract):
    source = FilesSource

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        folder = tmp_path / "project"
        folder.mkdir()
        for name in ("a", "b"):
            (folder / f"{name}.cif").write_text(CIF)
        rows = '[rows]\nid = "@name"\nstructure = { field = "@text", format = "cif" }\n'
        density = 'field = "_exptl_crystal_density_diffrn"\nproperty = "density"\nunit = "g/cm^3"\n'
        card = f'{ORIGIN}{rows}[[properties]]\n{density}method = "experiment"\n'
        (folder / "card.toml").write_text(card)
        return folder

    @pytest.fixture
    def options(self) -> dict[str, Any]:
        return {"path": "*.cif", "card": "card.toml"}
