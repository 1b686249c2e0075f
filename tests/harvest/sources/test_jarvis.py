"""JARVIS: a file like those on figshare, on loopback; "na" is no value, and another file is refused.

The entries are written after the documentation of the data (jarvis-materials-design.github.io/dbdocs, the list of
property keys under Downloads) and of `jarvis.core.atoms`; they are no recorded traffic.
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
from harvest.errors import ContractError, IntegrityError, TransportError
from harvest.sources.jarvis import JarvisSource
from harvest.testing import SourceContract
from schemas.properties import load_properties
from schemas.recipe import RecipeError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Provider

MEMBER = "jdft_3d-12-12-2022.json"
FILE = "/files/38521619"
SILICON = {
    "lattice_mat": [[0.0, 2.73, 2.73], [2.73, 0.0, 2.73], [2.73, 2.73, 0.0]],
    "coords": [[0.0, 0.0, 0.0], [0.25, 0.25, 0.25]],
    "elements": ["Si", "Si"],
    "abc": [3.86, 3.86, 3.86],
    "angles": [60.0, 60.0, 60.0],
    "cartesian": False,
    "props": ["", ""],
}
UNKNOWN = dict.fromkeys(
    ["hse_gap", "ehull", "exfoliation_energy", "slme", "mepsx", "mepsy", "n-Seebeck", "spillage"], "na"
)
ENTRIES = [
    {
        "jid": "JVASP-1002",
        "atoms": SILICON,
        "formation_energy_peratom": 0.0,
        "optb88vdw_bandgap": 0.73,
        "mbj_bandgap": 1.277,
        "bulk_modulus_kv": 87.27,
        "shear_modulus_gv": 63.53,
        "magmom_oszicar": 0,
        "epsx": 12.7,
        "epsy": 12.8,
        "epsz": 12.9,
        "mepsz": "11.9",
        "p-Seebeck": 213.0,
        **UNKNOWN,
    },
    {"jid": "JVASP-2", "atoms": SILICON, "formation_energy_peratom": "na", "optb88vdw_bandgap": 1.0, **UNKNOWN},
    {"jid": "JVASP-3", "atoms": {**SILICON, "elements": ["Si"]}, "formation_energy_peratom": 0, "optb88vdw_bandgap": 0},
    {"jid": "JVASP-4", "atoms": SILICON, "optb88vdw_bandgap": 1.0},
]


def _zip(entries: list[dict[str, Any]], member: str = MEMBER) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(member), json.dumps(entries))
    return buffer.getvalue()


@pytest.fixture
def recipe(tmp_path: Path, provider: Provider) -> Callable[..., Path]:
    def write(**options: object) -> Path:
        lines = [f"{name} = {json.dumps(value)}\n" for name, value in {"base_url": provider.origin, **options}.items()]
        header = '[dataset]\nname = "jarvis"\ntitle = "JARVIS"\nlicence = "CC-BY-4.0"\n[[sources]]\nsource = "jarvis"\n'
        (tmp_path / "recipe.toml").write_text(header + "".join(lines))
        return tmp_path / "recipe.toml"

    return write


def _hashes(payload: bytes) -> dict[str, str]:
    md5 = hashlib.md5(payload, usedforsecurity=False).hexdigest()
    return {"md5": md5, "sha256": hashlib.sha256(payload).hexdigest()}


def test_entries_become_records_with_units_functionals_and_places(
    recipe: Callable[..., Path], store: Store, provider: Provider
) -> None:
    payload = _zip(ENTRIES)
    provider.answer(FILE, payload)
    (source,) = store.harvest(recipe(**_hashes(payload))).records.sources
    folder = store.folder / source.folder
    entries = pq.read_table(folder / "entries.parquet").to_pylist()
    assert [(row["source_id"], row["elements"], row["amounts"]) for row in entries] == [
        ("JVASP-1002", ["Si"], [2.0]),
        ("JVASP-2", ["Si"], [2.0]),
    ]
    rows = [row for row in pq.read_table(folder / "properties.parquet").to_pylist() if "=/0/" in row["pointer"]]
    said = {
        (row["pointer"].rpartition("/")[2], row["property"], row["value"], row["unit"], row["functional"])
        for row in rows
    }
    assert said == {
        ("formation_energy_peratom", "formation_energy", 0.0, "eV/atom", "OptB88vdW"),
        ("optb88vdw_bandgap", "band_gap", 0.73, "eV", "OptB88vdW"),
        ("mbj_bandgap", "band_gap", 1.277, "eV", "TBmBJ"),
        ("bulk_modulus_kv", "bulk_modulus_voigt", 87.27, "GPa", "OptB88vdW"),
        ("shear_modulus_gv", "shear_modulus_voigt", 63.53, "GPa", "OptB88vdW"),
        ("magmom_oszicar", "total_magnetization", 0.0, "bohr_magneton", "OptB88vdW"),
        ("epsx", "dielectric_constant_electronic", 12.7, "1", "OptB88vdW"),
        ("epsy", "dielectric_constant_electronic", 12.8, "1", "OptB88vdW"),
        ("epsz", "dielectric_constant_electronic", 12.9, "1", "OptB88vdW"),
        ("mepsz", "dielectric_constant_electronic", 11.9, "1", "TBmBJ"),
        ("p-Seebeck", "seebeck_coefficient", 213.0, "uV/K", "OptB88vdW"),
    }
    assert {row["method"] for row in rows} == {"dft"}
    conditions = {
        row["pointer"].rpartition("/")[2]: [c["text"] or c["value"] for c in row["conditions"]] for row in rows
    }
    assert conditions["epsy"] == ["y"]
    assert conditions["p-Seebeck"] == [600.0, 1e20, "holes"]
    assert rows[0]["pointer"] == f"member={MEMBER};json=/0/formation_energy_peratom"
    rejected = pq.read_table(folder / "rejected.parquet").to_pylist()
    assert [(row["source_id"], row["reasons"][0].split(":")[0]) for row in rejected] == [
        ("JVASP-3", "does_not_fit"),
        ("JVASP-4", "missing_field"),
    ]


def test_a_file_is_fetched_once_pinned_by_its_id_and_hash_and_replayed_offline(
    recipe: Callable[..., Path], store: Store, provider: Provider
) -> None:
    payload = _zip(ENTRIES)
    provider.answer(FILE, payload)
    path = recipe(**_hashes(payload))
    first = store.harvest(path)
    pin = first.records.sources[0].pin
    assert pin.version == f"figshare file 38521619, sha256:{hashlib.sha256(payload).hexdigest()}"
    provider.forget()
    assert store.harvest(path).fetched == {}
    assert store.harvest(path, mode=Mode(locked=True, offline=True)).records == first.records
    assert provider.asked == []


@pytest.mark.usefixtures("sleepless_walks")
def test_another_file_under_the_id_that_the_card_knows_is_refused(
    recipe: Callable[..., Path], store: Store, provider: Provider
) -> None:
    provider.answer(FILE, _zip(ENTRIES))
    with pytest.raises(IntegrityError, match="md5 fb3e1eb80339a70ff313af1c644c1777 expected, got") as caught:
        store.harvest(recipe())
    assert caught.value.exit_code == 7
    assert store.ledger.exchanges() == []


@pytest.mark.usefixtures("sleepless_walks")
def test_without_known_hash_the_lock_holds_the_bytes_and_a_page_for_people_is_no_file(
    recipe: Callable[..., Path], store: Store, provider: Provider, tmp_path: Path
) -> None:
    path = recipe(file_id=7, member="d2.json", licence="CC0-1.0")
    provider.answer("/files/7", b"<html>wait</html>")
    with pytest.raises(TransportError, match="begins with b'PK' expected, got b'<html>"):
        store.harvest(path)
    provider.forget()
    provider.answer("/files/7", _zip(ENTRIES[:2], "d2.json"))
    (source,) = store.harvest(path).records.sources
    assert (source.licence, source.pin.version, source.pin.records) == ("CC0-1.0", "figshare file 7", 2)
    provider.forget()
    provider.answer("/files/7", _zip(ENTRIES[:1], "d2.json"))
    with Store(tmp_path / "other") as other, pytest.raises(IntegrityError, match=r"harvest\.lock says raw root"):
        other.harvest(path)


def test_a_zip_file_without_the_member_is_told(recipe: Callable[..., Path], store: Store, provider: Provider) -> None:
    payload = _zip(ENTRIES, "other.json")
    provider.answer(FILE, payload)
    with pytest.raises(ContractError, match=r"no member 'jdft_3d-12-12-2022\.json'; it holds other\.json"):
        store.harvest(recipe(**_hashes(payload)))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"dataset": "dft_4d"}, r"no file 'dft_4d' is known; known are dft_3d, dft_3d_2025"),
        ({"file_id": 7, "member": "a.json"}, "with the `member` of the zip file and its `licence`"),
        ({"properties": ["band_gapp"]}, "did you mean band_gap"),
        ({"sha256": "12"}, "sha256"),
    ],
)
def test_options_that_name_no_file_or_property_are_refused(
    options: dict[str, object], said: str, recipe: Callable[..., Path], store: Store
) -> None:
    with pytest.raises(RecipeError, match=said):
        store.harvest(recipe(**options))


def test_the_card_maps_to_units_of_the_dictionary_and_knows_its_files() -> None:
    card = JarvisSource.card
    assert {column.property for column in card.properties} <= set(load_properties().ids)
    assert len({column.field for column in card.properties}) == len(card.properties)
    assert card.datasets["dft_3d"].file_id == 38521619


class TestJarvis(SourceContract):
    source = JarvisSource

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path / "project"

    @pytest.fixture
    def options(self, provider: Provider) -> dict[str, Any]:
        payload = _zip(ENTRIES)
        provider.answer(FILE, payload)
        return {"base_url": provider.origin, "properties": ["band_gap"], **_hashes(payload)}
