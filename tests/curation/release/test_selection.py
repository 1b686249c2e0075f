"""Rows that may not be released are left out when that is wished, and counted; addresses of people never get in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curation import open_dataset
from curation.errors import LicenceError
from curation.release.find import open_release
from curation.release.package import package
from curation.release.terms import ReleaseTerms
from curation.release.verify import verify_release
from curation.release.withhold import withhold_addresses
from schemas.licence import LICENCES, clash, refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from curation.build import BuildReport

    Command = Callable[..., tuple[int, str, str]]

FREE = ("CC0-1.0", "CC-BY-4.0")
MIXED = {"lab": "CC-BY-4.0", "other": "CC-BY-NC-4.0"}


@pytest.fixture
def mixed(tmp_path: Path, made: Callable[..., BuildReport], write_rows: Callable[..., Path]) -> Path:
    """A store with three rows under CC-BY and one, of the material of the first, under a non-commercial licence."""
    made(write_rows(tmp_path / "project", MIXED), tmp_path / "store")
    return tmp_path / "store"


def test_a_row_that_may_not_be_released_is_named(mixed: Path) -> None:
    with pytest.raises(LicenceError, match=r"1 rows of other: CC-BY-NC-4\.0 forbids commercial use.* \(a\)") as caught:
        package(open_dataset(mixed), mixed)
    assert "--allow-licences" in str(caught.value)


def test_it_is_left_out_when_that_is_wished_and_counted(mixed: Path) -> None:
    dataset = open_dataset(mixed)
    released = package(dataset, mixed, ReleaseTerms(allow_licences=FREE))
    assert [(one.source, one.licence, one.rows) for one in released.left_out] == [("other", "CC-BY-NC-4.0", 1)]
    inside = open_release(released.folder)
    assert {row["licence"] for row in inside.sql("SELECT DISTINCT licence FROM entries").rows()} == {"CC-BY-4.0"}
    assert inside.sql("SELECT count(*) AS n FROM properties WHERE source = 'other'").rows() == [{"n": 0}]
    (salt,) = inside.sql("SELECT * FROM materials WHERE formula = 'NaCl'").rows()
    assert (salt["n_entries"], salt["n_values"], salt["sources"]) == (1, 1, ["lab"])
    assert inside.sql("SELECT count(*) AS n FROM duplicates").rows() == [{"n": 0}]
    assert "| other | CC-BY-NC-4.0 | 1 |" in (released.folder / "README.md").read_text(encoding="utf-8")
    assert all(result.passed for result in verify_release(released.folder))
    assert inside.manifest.content_sha256 != dataset.manifest.content_sha256
    assert package(dataset, mixed, ReleaseTerms(allow_licences=FREE)).left_out == released.left_out


def test_a_material_goes_with_the_record_that_describes_it(
    tmp_path: Path, made: Callable[..., BuildReport], write_rows: Callable[..., Path]
) -> None:
    licences = {"lab": "CC-BY-NC-4.0", "other": "CC-BY-4.0"}
    dataset = made(write_rows(tmp_path / "project", licences), tmp_path / "store").dataset
    released = package(dataset, tmp_path, ReleaseTerms(allow_licences=FREE))
    left = [(one.source, one.licence, one.rows) for one in released.left_out]
    assert left == [("lab", "CC-BY-NC-4.0", 3), ("other", "CC-BY-4.0", 1)]
    for table in ("materials", "entries", "properties", "structures"):
        assert open_release(released.folder).sql(f"SELECT count(*) AS n FROM {table}").rows() == [{"n": 0}]  # noqa: S608 — a name of ours


def test_the_command_says_how_many(mixed: Path, command: Command) -> None:
    code, _, said = command("release", "--store", mixed)
    assert (code, "1 rows of other" in said) == (6, True)
    code, text, _ = command("release", "--store", mixed, "--allow-licences", "CC0-1.0,CC-BY-4.0", "--json")
    assert code == 0
    assert json.loads(text)["left_out"] == [{"source": "other", "licence": "CC-BY-NC-4.0", "rows": 1}]


def test_an_unknown_licence_is_no_term(mixed: Path, command: Command) -> None:
    code, _, said = command("release", "--store", mixed, "--allow-licences", "CC-BY")
    assert (code, "'CC-BY' is not a data licence that is known here" in said) == (2, True)


def test_share_alike_of_two_kinds_never_stand_together() -> None:
    assert clash(["CC-BY-SA-4.0", "ODbL-1.0", "CC0-1.0"]) == [
        "CC-BY-SA-4.0 and ODbL-1.0 each ask for their own licence alone"
    ]
    assert clash(["CC-BY-SA-4.0", "CC-BY-4.0", "LicenseRef-mine"]) == []


@pytest.mark.parametrize("release", sorted(LICENCES))
def test_no_release_holds_what_its_licence_does_not_allow(release: str) -> None:
    """The whole table, against the rules said in another way."""
    for row in LICENCES.values():
        to = LICENCES[release]
        allowed = row.spdx == release or not row.share_alike
        allowed &= to.non_commercial or not row.non_commercial
        allowed &= to.attribution or not row.attribution
        assert (refusal(row.spdx, release) is None) == allowed, (row.spdx, release)
    assert refusal("LicenseRef-mine", release) is not None
    assert refusal("NOASSERTION", release) is not None


def test_addresses_are_withheld_at_any_depth_and_nothing_else_changes() -> None:
    kind = pa.struct([("name", pa.string()), ("text", pa.string())])
    rows = pa.table(
        {
            "entry_id": ["a@b.org"],
            "text": ["ask ada@example.org, Fe2O3@SiO2 at 1.5"],
            "labels": pa.array([[("by", "bob@example.org")]], pa.map_(pa.string(), pa.string())),
            "conditions": pa.array([[{"name": "T", "text": "tel. 030 1234567"}, None]], pa.list_(kind)),
            "value": [1.5],
        }
    )
    clean, count = withhold_addresses(rows)
    assert count == 3
    assert clean.schema == rows.schema
    assert clean.to_pylist() == [
        {
            "entry_id": "a@b.org",
            "text": "ask [address withheld], Fe2O3@SiO2 at 1.5",
            "labels": [("by", "[address withheld]")],
            "conditions": [{"name": "T", "text": "[address withheld]"}, None],
            "value": 1.5,
        }
    ]


@pytest.mark.parametrize(
    "text", ["Ag@TiO2.Pt", "1.23 +4 5", "CsPbBr3@ZIF-8", "+300 K", "10.1038/s41597-020-00637-5", "tellurium 1234567"]
)
def test_what_is_no_address_stays(text: str) -> None:
    rows = pa.table({"text": [text]})
    clean, count = withhold_addresses(rows)
    assert (clean.to_pylist(), count) == ([{"text": text}], 0)


def test_a_planted_address_is_in_no_file_of_a_release(
    tmp_path: Path, made: Callable[..., BuildReport], write_rows: Callable[..., Path]
) -> None:
    planted = "canary@example.org"
    rows: dict[str, list[dict[str, Any]]] = {
        "lab": [{"id": "1", "formula": "NaCl", "value": 1.5, "note": f"by {planted}"}],
        "other": [{"id": "a", "formula": "Qq", "value": 1.5, "note": planted}],
    }
    store = tmp_path / "store"
    dataset = made(write_rows(tmp_path / "project", {"lab": "CC0-1.0", "other": "CC0-1.0"}, rows), store).dataset
    assert planted in str(dataset.sql("SELECT phase FROM entries").rows())
    released = package(dataset, store).folder
    assert json.loads((released / "release.json").read_text(encoding="utf-8"))["withheld_addresses"] >= 2
    for path in released.rglob("*"):
        if path.is_file():
            text = str(pq.read_table(path, partitioning=None).to_pylist()) if path.suffix == ".parquet" else ""
            assert planted not in text, path
            assert planted.encode() not in path.read_bytes(), path


@pytest.mark.parametrize("name", ["ro-crate-metadata.json", "prov.json", "datapackage.json", "landing/provenance.ttl"])
def test_a_source_without_a_row_in_the_release_is_not_named_as_its_origin(mixed: Path, name: str) -> None:
    dataset = open_dataset(mixed)
    whole = package(dataset, mixed.parent / "whole", ReleaseTerms(licence="CC-BY-NC-4.0")).folder / name
    reduced = package(dataset, mixed.parent / "reduced", ReleaseTerms(allow_licences=FREE)).folder / name
    assert "Rows of other" in whole.read_text(encoding="utf-8")
    assert "Rows of other" not in reduced.read_text(encoding="utf-8")
    assert "Rows of lab" in reduced.read_text(encoding="utf-8")
