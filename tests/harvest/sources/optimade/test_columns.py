"""Columns of pages: what is written of a page at once is, byte for byte, what is written of it record by record."""

from __future__ import annotations

import copy
import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvest.errors import HarvestError
from harvest.generated_provider import GeneratedProvider, written
from harvest.hostile_pages import hostile_pages
from harvest.records.columns import RecordColumns, parts_of
from harvest.records.rows import records_of
from harvest.records.writer import RecordWriter
from harvest.source import RawObject, Rejected
from harvest.sources.optimade import OptimadeSource, answers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from harvest.source import Plan

SOURCE = OptimadeSource()
GAP = {"property": "band_gap", "unit": "eV", "method": "dft"}
FIELDS = {
    "_gen_band_gap": GAP,
    "_gen_other_gap": {**GAP, "no_value": ["-1", "-1.0"]},
    "_gen_inner.gap": {**GAP, "functional": "HSE06"},
    "_gen_%b_gap": {**GAP, "functional": "50 % of %b"},
    "_gen_kind": {"property": "magnetic_ordering", "unit": "1", "method": "dft"},
}

type Change = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    options = {"base_url": "http://127.0.0.1", "licence": "CC0-1.0", "fields": FIELDS}
    return SOURCE.plan("generated", options, tmp_path_factory.mktemp("recipe"))


def page(*changes: Change, first: int = 0, size: int = 5) -> bytes:
    """Return a page of generated entries; the n-th change is made to the n-th entry."""
    provider = GeneratedProvider(n_entries=100, page_size=size)
    document = provider.document(f"/v1/structures?page_offset={first}&page_limit={size}", "http://127.0.0.1")
    document = copy.deepcopy(document or {})
    for change, entry in zip(changes, document["data"], strict=False):
        change(entry)
    return written(document)


def files_of(plan: Plan, payloads: Sequence[bytes], folder: Path, *, at_once: bool) -> tuple[list[str], dict[str, str]]:
    """Return the hashes of the files that are written of pages, and the hashes of the records."""
    folder.mkdir()
    with RecordWriter(folder, plan) as writer:
        for payload in payloads:
            raw = RawObject(hashlib.sha256(payload).hexdigest(), payload, "application/json", "u", "k")
            for part in parts_of(SOURCE, plan, raw) if at_once else SOURCE.parse(plan, raw):
                writer.add_columns(part, raw) if isinstance(part, RecordColumns) else writer.add(part, raw)
        return [file.sha256 for file in writer.finish([])], writer.records


def same_both_ways(plan: Plan, payloads: Sequence[bytes], folder: Path) -> bool:
    at_once, one_by_one = (files_of(plan, payloads, folder / str(way), at_once=way) for way in (True, False))
    return at_once == one_by_one


def raw_of(payload: bytes) -> RawObject:
    return RawObject("0" * 64, payload, "application/json", "u", "k")


def attribute(name: str, value: object) -> Change:
    return lambda entry: entry["attributes"].__setitem__(name, value)


def test_a_plain_page_comes_at_once_and_holds_the_same_records(plan: Plan) -> None:
    changes = (
        attribute("_gen_other_gap", 1.5),
        attribute("_gen_other_gap", -1),
        attribute("_gen_inner", {"gap": 2.25}),
        attribute("_gen_kind", "FM"),
        attribute("chemical_formula_reduced", None),
    )
    payload = page(*changes)
    (columns,) = parts_of(SOURCE, plan, raw_of(payload))
    assert isinstance(columns, RecordColumns)
    assert list(records_of(columns)) == list(SOURCE.parse(plan, raw_of(payload)))


@pytest.mark.parametrize("digits", ["1.50", "15e-1", "0.10", "1E0", "3", "0", "-0.0", "-0", "12345678901234567890123"])
def test_the_digits_of_the_source_stay(plan: Plan, digits: str) -> None:
    payload = page(attribute("_gen_band_gap", 7.125)).replace(b"7.125", digits.encode())
    raw = raw_of(payload)
    found = [r for p in parts_of(SOURCE, plan, raw) for r in (records_of(p) if isinstance(p, RecordColumns) else [p])]
    assert not isinstance(found[0], Rejected)
    assert found[0].properties[0].text == ("0" if digits == "-0" else digits)
    assert found == list(SOURCE.parse(plan, raw))


ODD: dict[str, Change] = {
    "a number in words": attribute("_gen_band_gap", "1.5(2)"),
    "a truth for a number": attribute("_gen_band_gap", True),  # noqa: FBT003 — what the provider sends
    "no number": attribute("_gen_band_gap", {"value": 1.0}),
    "the field is named in a text": attribute("chemical_formula_reduced", "_gen_band_gap"),
    "an identifier that is a number": lambda entry: entry.__setitem__("id", 12345678901234567890123),
    "an identifier with a line break": lambda entry: entry.__setitem__("id", "a\nb"),
    "an empty identifier": lambda entry: entry.__setitem__("id", ""),
    "an identifier of another alphabet": lambda entry: entry.__setitem__("id", "結晶 é \u2028"),
    "no attributes": lambda entry: entry.pop("attributes"),
    "an entry that is none": lambda entry: entry.clear(),
    "two dimensions": attribute("dimension_types", [1, 1, 0]),
    "a cell without volume": attribute("lattice_vectors", [[1, 0, 0], [1, 0, 0], [0, 0, 1]]),
    "a cell of two vectors": attribute("lattice_vectors", [[1, 0, 0], [0, 1, 0]]),
    "a cell in words": attribute("lattice_vectors", [["4", "0", "0"], ["0", "4", "0"], ["0", "0", "4"]]),
    "whole numbers": attribute("lattice_vectors", [[4, 0, 0], [0, 4, 0], [0, 0, 4]]),
    "positions of two numbers": attribute("cartesian_site_positions", [[0, 0]] * 12),
    "a position in one word": attribute("cartesian_site_positions", ["123"] * 8),
    "a position inside of a position": attribute("cartesian_site_positions", [[0, [0], 0]] * 8),
    "positions of three numbers in other lists": attribute("cartesian_site_positions", [[[0, 0], [0], []]] * 8),
    "a cell inside of a cell": attribute("lattice_vectors", [[[4], 0, 0], [0, [4], 0], [0, 0, [4]]]),
    "a truth for a coordinate": attribute("lattice_vectors", [[4, 0, False], [0, 4, 0], [0, 0, 4]]),
    "a missing position": attribute("cartesian_site_positions", [[0, 0, 0]] * 7),
    "no sites": lambda entry: entry["attributes"].update(cartesian_site_positions=[], species_at_sites=[]),
    "an unknown species": attribute("species_at_sites", ["Uuo"] * 8),
    "an unknown element": attribute("species", [{"name": "a", "chemical_symbols": ["Xx"], "concentration": [1]}]),
    "a time that is a number": attribute("last_modified", 20260101),
    "a formula that is a list": attribute("chemical_formula_reduced", ["Na", "Cl"]),
}


@pytest.mark.parametrize("what", ODD)
def test_an_odd_entry_among_plain_ones_is_written_the_same_both_ways(plan: Plan, tmp_path: Path, what: str) -> None:
    payloads = [page(first=0), page(lambda _: None, ODD[what], first=5), page(first=10)]
    assert same_both_ways(plan, payloads, tmp_path)


@pytest.mark.parametrize("name", ["id", "lattice_vectors", "_gen_band_gap", "species_at_sites"])
def test_a_name_that_stands_twice_is_read_the_same_both_ways(plan: Plan, tmp_path: Path, name: str) -> None:
    entry = json.loads(page(size=1))["data"][0]
    given = entry.get(name, entry["attributes"].get(name))
    other = {"id": "gen-twice", "_gen_band_gap": 9.5, "lattice_vectors": [[9, 0, 0], [0, 9, 0], [0, 0, 9]]}
    twice = f'"{name}": {json.dumps(given)}, "{name}": {json.dumps(other.get(name) or given[::-1])}'
    payload = page(size=1).replace(f'"{name}": {json.dumps(given)}'.encode(), twice.encode())
    assert payload.count(f'"{name}"'.encode()) == 2
    assert same_both_ways(plan, [payload], tmp_path)


def test_data_that_stand_twice_are_read_the_same_both_ways(plan: Plan, tmp_path: Path) -> None:
    other = json.dumps(json.loads(page(first=5, size=3))["data"])
    twice = page(size=2).replace(b'"links":', b'"data": %b, "links":' % other.encode())
    assert twice.count(b'"data":') == 2
    assert same_both_ways(plan, [twice], tmp_path)
    listing = answers.page(twice)
    assert listing.n_entries == len(listing.entries) == 3


def test_values_of_one_identity_are_written_the_same_both_ways(plan: Plan, tmp_path: Path) -> None:
    changes = [attribute("_gen_other_gap", 1.5), attribute("_gen_%b_gap", 2.5)] * 2
    assert same_both_ways(plan, [page(*changes), page(*changes, first=5)], tmp_path)


@pytest.mark.parametrize("digits", ["1e999", "-1e999", "NaN", "5e-324", "1e22", "18446744073709551616"])
def test_a_number_at_the_edge_is_read_the_same_both_ways(plan: Plan, tmp_path: Path, digits: str) -> None:
    in_field = page(attribute("_gen_band_gap", 7.125)).replace(b"7.125", digits.encode())
    in_cell = page(attribute("lattice_vectors", [[7.125, 0, 0], [0, 4, 0], [0, 0, 4]]))
    unread = page(attribute("_gen_unread", 7.125)).replace(b"7.125", digits.encode())
    for number, payload in enumerate((in_field, in_cell.replace(b"7.125", digits.encode()), unread)):
        (folder := tmp_path / str(number)).mkdir()
        assert same_both_ways(plan, [payload], folder)


def test_a_zero_with_a_sign_is_not_taken_for_one_without(plan: Plan, tmp_path: Path) -> None:
    def share(zero: float) -> Change:
        species = [
            {"name": "Ag", "chemical_symbols": ["Ag", "vacancy"], "concentration": [1.0, zero]},
            {"name": "I", "chemical_symbols": ["I"], "concentration": [1.0]},
        ]
        sites = ["Ag"] * 4 + ["I"] * 4
        return lambda entry: entry["attributes"].update(species=species, species_at_sites=sites)

    assert same_both_ways(plan, [page(share(-0.0)), page(share(0.0), first=5), page(share(-0.0), first=10)], tmp_path)


def test_the_digits_are_those_of_the_field_also_where_its_name_is_escaped(plan: Plan, tmp_path: Path) -> None:
    payload = page(attribute("_gen_band_gap", 3.75), size=1)
    escaped = b'"_gen_band_ga\\u0070": 3.750, "other": {"_gen_band_gap": 3.75}'
    payload = payload.replace(b'"_gen_band_gap": 3.75', escaped)
    assert escaped in payload
    (record,) = SOURCE.parse(plan, raw_of(payload))
    assert not isinstance(record, Rejected)
    assert record.properties[0].text == "3.750"
    assert same_both_ways(plan, [payload], tmp_path)


def test_what_comes_twice_is_written_the_same_both_ways(plan: Plan, tmp_path: Path) -> None:
    again, other = page(), page(attribute("_gen_band_gap", 9.0))
    twice = json.loads(page(first=5))
    twice["data"].append(twice["data"][0])
    assert same_both_ways(plan, [page(), again, other, written(twice), page(first=10)], tmp_path)


def test_hostile_pages_are_written_the_same_both_ways(plan: Plan, tmp_path: Path) -> None:
    for number, (what, payload) in enumerate(hostile_pages(page(), ["data", "0"])):
        try:
            list(SOURCE.parse(plan, raw_of(payload)))
        except HarvestError as error:  # the page is refused as a whole: the other way has to refuse it too
            with pytest.raises(type(error)):
                list(parts_of(SOURCE, plan, raw_of(payload)))
            continue
        (folder := tmp_path / str(number)).mkdir()
        assert same_both_ways(plan, [payload], folder), what


finite = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e6, max_value=1e6)
vectors = st.lists(st.lists(finite, min_size=3, max_size=3), min_size=3, max_size=3)


@given(st.lists(st.tuples(vectors, vectors, finite), min_size=1, max_size=4))
def test_any_numbers_give_the_same_records_both_ways(plan: Plan, cells: list[tuple[Any, Any, float]]) -> None:
    def change(lattice: object, sites: list[object], gap: float) -> Change:
        return lambda entry: entry["attributes"].update(
            lattice_vectors=lattice,
            cartesian_site_positions=sites,
            species_at_sites=entry["attributes"]["species_at_sites"][-len(sites) :],
            _gen_band_gap=gap,
        )

    raw = raw_of(page(*(change(*cell) for cell in cells)))
    found = [r for p in parts_of(SOURCE, plan, raw) for r in (records_of(p) if isinstance(p, RecordColumns) else [p])]
    assert found == list(SOURCE.parse(plan, raw))
