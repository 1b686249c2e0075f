"""Repository files: records of four shapes on loopback; what is fetched is what the record says, or nothing is.

The answers are written after the documentation of Zenodo (developers.zenodo.org), InvenioRDM
(inveniordm.docs.cern.ch/reference) and figshare (docs.figshare.com); they are no recorded traffic.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from harvest import Mode, Store
from harvest.errors import ContractError, DriftError, ForbiddenHostError, IntegrityError, TransportError
from harvest.sources.repository_files import RepositoryFilesSource
from harvest.testing import SourceContract
from schemas.recipe import RecipeError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Provider

ROWS = b"id,formula,n\n1,SiO2,1.544\n2,MgO,1.7355\n3,Qq,1\n"
CARD = """\
[card]
title = "Refractive indices"
licence = "CC-BY-4.0"
origin = "doi:10.5281/zenodo.101"
attribution = "A. Example"
[rows]
id = "id"
formula = "formula"
[[properties]]
field = "n"
property = "refractive_index"
unit = "1"
method = "experiment"
"""
RECIPE = """\
[dataset]
name = "repository"
title = "From a repository"
licence = "CC-BY-4.0"
[[sources]]
source = "repository_files"
name = "indices"
card = "card.toml"
"""


def _zenodo(origin: str, content: bytes, **metadata: object) -> dict[str, dict[str, Any]]:
    url = f"{origin}/api/records/101/files/indices.csv/content"
    file = {"id": "x", "key": "indices.csv", "size": len(content), "checksum": _md5(content), "links": {"self": url}}
    described = {"version": "1.0", "license": {"id": "cc-by-4.0"}, **metadata}
    record = {"id": 101, "conceptrecid": "100", "metadata": described, "files": [file], "stats": {"downloads": 7}}
    return {"/api/records/101": record}


def _invenio(origin: str, content: bytes, **metadata: object) -> dict[str, dict[str, Any]]:
    links = {"self": f"{origin}/api/records/101/files/indices.csv"}
    entry = {"key": "indices.csv", "size": len(content), "checksum": _md5(content), "links": links}
    rights = [{"id": "cc-by-4.0", "props": {"url": "https://creativecommons.org/licenses/by/4.0/legalcode"}}]
    record = {
        "id": "101",
        "metadata": {"rights": rights, **metadata},
        "files": {"enabled": True},
        "stats": {"views": 7},
    }
    return {"/api/records/101": record, "/api/records/101/files": {"enabled": True, "entries": [entry]}}


def _invenio_with_entries(origin: str, content: bytes, **metadata: object) -> dict[str, dict[str, Any]]:
    pages = _invenio(origin, content, **metadata)
    listed = pages.pop("/api/records/101/files")["entries"]
    pages["/api/records/101"]["files"] = {"enabled": True, "entries": {entry["key"]: entry for entry in listed}}
    return pages


def _figshare(origin: str, content: bytes, **_: object) -> dict[str, dict[str, Any]]:
    url = f"{origin}/api/records/101/files/indices.csv/content"
    md5 = _md5(content).removeprefix("md5:")
    file = {"id": 5, "name": "indices.csv", "size": len(content), "is_link_only": False, "download_url": url}
    licence = {"value": 1, "name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"}
    record = {"id": 101, "version": 2, "license": licence, "files": [{**file, "computed_md5": md5}], "views": 7}
    return {"/v2/articles/101/versions/2": record}


def _md5(content: bytes) -> str:
    return f"md5:{hashlib.md5(content, usedforsecurity=False).hexdigest()}"


CONTENT = "/api/records/101/files/indices.csv/content"
SHAPES: dict[str, tuple[str, Callable[..., dict[str, dict[str, Any]]], str]] = {
    "zenodo": ('repository = "zenodo"\nrecord = "101"\n', _zenodo, "records/101 version 1.0"),
    "invenio": ('repository = "zenodo"\nrecord = "101"\n', _invenio_with_entries, "records/101 version ?"),
    "materials_cloud": ('repository = "materials_cloud"\nrecord = "101"\n', _invenio, "records/101 version ?"),
    "figshare": ('repository = "figshare"\nrecord = "101"\nversion = 2\n', _figshare, "articles/101 version 2"),
}


@pytest.fixture
def serve(provider: Provider) -> Callable[..., None]:
    """Return a function that serves a record and its file, in place of what was served before."""

    def served(shape: str = "zenodo", content: bytes = ROWS, said: bytes | None = None, **changes: object) -> None:
        provider.forget()
        for path, page in SHAPES[shape][1](provider.origin, said or content, **changes.pop("metadata", {})).items():
            provider.answer(path, json.dumps({**page, **(changes if path.count("/") == 3 else {})}).encode())
        provider.answer(CONTENT, content)

    return served


@pytest.fixture
def recipe(tmp_path: Path, provider: Provider) -> Callable[..., Path]:
    def write(shape: str = "zenodo", **options: str) -> Path:
        (tmp_path / "card.toml").write_text(CARD)
        fixed = {"file": "indices.csv", "base_url": provider.origin}
        lines = [f'{name} = "{value}"\n' for name, value in {**fixed, **options}.items()]
        (tmp_path / "recipe.toml").write_text(RECIPE + SHAPES[shape][0] + "".join(lines))
        return tmp_path / "recipe.toml"

    return write


@pytest.mark.parametrize("shape", SHAPES)
def test_a_file_of_a_record_is_harvested_once_and_replayed_offline(
    shape: str, serve: Callable[..., None], recipe: Callable[..., Path], store: Store, provider: Provider
) -> None:
    serve(shape)
    path = recipe(shape)
    first = store.harvest(path)
    (source,) = first.records.sources
    version = f"{SHAPES[shape][0].split('"')[1]} {SHAPES[shape][2]}, sha256:{hashlib.sha256(ROWS).hexdigest()}"
    assert (source.pin.version, source.pin.records, source.licence) == (version, 3, "CC-BY-4.0")
    entries = pq.read_table(store.folder / source.folder / "entries.parquet").to_pylist()
    assert [row["source_id"] for row in entries] == ["1", "2"]
    asked = len(provider.asked)
    provider.forget()
    second = store.harvest(path, mode=Mode(locked=True, offline=True))
    assert (second.records, second.fetched, provider.asked) == (first.records, {}, [])
    assert asked == source.pin.pages


def test_another_machine_gets_the_same_records_though_the_record_counted_downloads(
    serve: Callable[..., None], recipe: Callable[..., Path], store: Store, tmp_path: Path
) -> None:
    serve()
    first = store.harvest(recipe())
    serve(stats={"downloads": 8})
    with Store(tmp_path / "other") as other:
        second = other.harvest(recipe(), mode=Mode(locked=True))
    assert second.fetched == {"indices": 2}
    assert second.records.sources[0].pin.records_root == first.records.sources[0].pin.records_root


def test_other_bytes_under_the_lock_are_drift(
    serve: Callable[..., None], recipe: Callable[..., Path], store: Store, tmp_path: Path
) -> None:
    serve()
    store.harvest(recipe())
    serve(content=ROWS.replace(b"1.544", b"1.545"))
    with Store(tmp_path / "other") as other, pytest.raises(DriftError, match=r"harvest\.lock says version"):
        other.harvest(recipe())


@pytest.mark.usefixtures("sleepless_walks")
def test_a_torn_transfer_is_tried_again(
    serve: Callable[..., None], recipe: Callable[..., Path], store: Store, provider: Provider
) -> None:
    serve()
    good = provider.replies.pop(CONTENT)
    provider.answer(CONTENT, ROWS[:-1] + b"?")
    provider.replies[CONTENT] += good
    assert store.harvest(recipe()).records.sources[0].pin.records == 3
    assert provider.asked.count(CONTENT) == 2


@pytest.mark.usefixtures("sleepless_walks")
@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        (ROWS[:-2] + b"?\n", {}, "md5 [0-9a-f]{32} expected, got"),
        (ROWS[:-1], {}, "46 bytes expected, got 45"),
        (ROWS, {"sha256": "0" * 64}, "sha256 0{64} expected, got"),
    ],
)
def test_bytes_that_stay_wrong_are_refused_and_not_archived(
    content: bytes,
    options: dict[str, str],
    said: str,
    serve: Callable[..., None],
    recipe: Callable[..., Path],
    store: Store,
    provider: Provider,
) -> None:
    serve(content=content, said=ROWS)
    with pytest.raises(IntegrityError, match=said) as caught:
        store.harvest(recipe(**options))
    assert caught.value.exit_code == 7
    assert provider.asked.count(CONTENT) == 3
    assert f"{provider.origin}{CONTENT}" not in {exchange.uri for exchange in store.ledger.exchanges()}
    assert not list((store.folder / "records").glob("indices/*"))
    serve()
    if not options:
        assert store.harvest(recipe()).records.sources[0].pin.records == 3


@pytest.mark.usefixtures("sleepless_walks")
def test_after_the_authors_corrected_their_record_the_next_run_takes_it(
    serve: Callable[..., None], recipe: Callable[..., Path], store: Store
) -> None:
    corrected = ROWS.replace(b"1.544", b"1.545")
    serve(content=corrected, said=ROWS)
    with pytest.raises(IntegrityError):
        store.harvest(recipe())
    serve(content=corrected)
    assert store.harvest(recipe(), mode=Mode(update=True)).records.sources[0].pin.records == 3


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({"license": {"id": "cc-by-nc-4.0"}}, "the record is under CC-BY-NC-4.0, the card says CC-BY-4.0"),
        ({"license": {"id": "other-open"}}, "the record is under other-open"),
        ({"license": None}, "the record states no single licence"),
        ({"rights": [{"id": "cc-by-4.0"}, {"id": "mit"}]}, "the record states no single licence"),
    ],
)
def test_a_card_with_another_licence_than_its_record_is_refused(
    metadata: dict[str, Any], said: str, serve: Callable[..., None], recipe: Callable[..., Path], store: Store
) -> None:
    serve(metadata=metadata)
    with pytest.raises(ContractError, match=said):
        store.harvest(recipe())
    serve()
    assert store.harvest(recipe()).records.sources[0].pin.records == 3


def test_the_number_of_a_series_of_versions_is_refused(
    serve: Callable[..., None], recipe: Callable[..., Path], store: Store
) -> None:
    serve(id=102)
    with pytest.raises(ContractError, match="record 101 was asked for, 102 came"):
        store.harvest(recipe())


def test_a_file_that_the_record_does_not_have_is_told_with_those_it_has(
    serve: Callable[..., None], recipe: Callable[..., Path], store: Store
) -> None:
    serve()
    with pytest.raises(ContractError, match=r"no file 'other\.csv'; it has indices\.csv"):
        store.harvest(recipe(file="other.csv"))


@pytest.mark.parametrize("page", [{"id": 101}, {"id": 101, "metadata": {}, "files": [{"size": 1}]}])
def test_an_answer_of_another_shape_is_told(
    page: dict[str, Any], recipe: Callable[..., Path], store: Store, provider: Provider
) -> None:
    provider.answer("/api/records/101", json.dumps(page).encode())
    provider.answer("/api/records/101/files", b"{}")
    with pytest.raises(ContractError, match="no record as zenodo documents it"):
        store.harvest(recipe())


@pytest.mark.usefixtures("sleepless_walks")
def test_a_page_for_people_is_no_record(recipe: Callable[..., Path], store: Store, provider: Provider) -> None:
    provider.answer("/api/records/101", b"<html>maintenance</html>")
    with pytest.raises(TransportError, match="not JSON"):
        store.harvest(recipe())


def test_a_download_that_leads_away_from_the_repository_is_refused(
    serve: Callable[..., None], recipe: Callable[..., Path], store: Store, provider: Provider
) -> None:
    serve()
    provider.replies.pop(CONTENT)
    provider.answer(CONTENT, status=302, headers={"Location": "http://127.0.0.9:1/indices.csv"})
    with pytest.raises(ForbiddenHostError, match=r"127\.0\.0\.9"):
        store.harvest(recipe())


def test_a_member_of_a_zip_file_at_an_address_is_read_with_its_name_in_the_pointers(
    tmp_path: Path, store: Store, provider: Provider
) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("data/indices.csv", ROWS)
    provider.answer("/all.zip", buffer.getvalue())
    sha256 = hashlib.sha256(buffer.getvalue()).hexdigest()
    options = f'repository = "url"\nfile = "{provider.origin}/all.zip"\nmember = "data/indices.csv"\n'
    (tmp_path / "card.toml").write_text(CARD)
    (tmp_path / "recipe.toml").write_text(f'{RECIPE}{options}sha256 = "{sha256}"\n')
    (source,) = store.harvest(tmp_path / "recipe.toml").records.sources
    assert source.pin.version == f"sha256:{sha256}"
    values = pq.read_table(store.folder / source.folder / "properties.parquet").to_pylist()
    assert [row["pointer"] for row in values] == [f"member=data/indices.csv;row={n};column=n" for n in (1, 2)]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ('repository = "url"\nfile = "http://127.0.0.1/a.csv"\n', "needs its `sha256` or `md5`"),
        ('repository = "zenodo"\nfile = "a.csv"\n', "give a `record`"),
        ('repository = "zenodo"\nrecord = "1"\nversion = 2\nfile = "a.csv"\n', "`version` is for figshare"),
        ('repository = "zenodo"\nrecord = "1"\nfile = "a.bin"\n', r"a\.bin says no format"),
        ('repository = "dryad"\nrecord = "1"\nfile = "a.csv"\n', "'dryad'"),
    ],
)
def test_options_that_do_not_name_one_file_are_refused(options: str, said: str, tmp_path: Path, store: Store) -> None:
    (tmp_path / "card.toml").write_text(CARD)
    (tmp_path / "recipe.toml").write_text(RECIPE + options)
    with pytest.raises(RecipeError, match=said):
        store.harvest(tmp_path / "recipe.toml")


class TestRepositoryFiles(SourceContract):
    source = RepositoryFilesSource

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        folder = tmp_path / "project"
        folder.mkdir()
        (folder / "card.toml").write_text(CARD)
        return folder

    @pytest.fixture
    def options(self, serve: Callable[..., None], provider: Provider) -> dict[str, Any]:
        serve()
        fixed = {"repository": "zenodo", "record": "101", "file": "indices.csv"}
        return {**fixed, "card": "card.toml", "base_url": provider.origin}
