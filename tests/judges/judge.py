"""Judge: a release folder against validators that others wrote; runs in the environment that `judges.txt` locks.

One line of JSON in, `{"judge": NAME, "folder": PATH}`; one out, the list of what is wrong with the release.
Nothing is fetched: what a validator would look up in the network is in its package, and is handed to it from there.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
type Json = Any
CRATE_CONTEXT = "https://w3id.org/ro/crate/1.3/context"


def read(path: Path) -> Json:
    return json.loads(path.read_text(encoding="utf-8"))


def datacite(folder: Path) -> list[str]:
    from datacite import schema45

    return [error.message for error in schema45.validator.iter_errors(read(folder / "datacite.json"))]


def ro_crate(folder: Path) -> list[str]:
    """RO-Crate 1.3 at the level `recommended`; that the DOI resolves (51.1) cannot be known without a network."""
    with tempfile.TemporaryDirectory() as room:
        cache = seeded_cache(Path(room))
        report = Path(room) / "report.json"
        options = ["--offline", "--cache-path", cache, "-p", "ro-crate-1.3", "-l", "recommended"]
        options += ["-s", "ro-crate-1.3_51.1", "-f", "json", "-o", str(report)]
        program = Path(sys.executable).with_name("rocrate-validator")
        done = subprocess.run(
            [program, "-y", "validate", *options, folder], capture_output=True, text=True, check=False
        )
        if not report.exists():
            return [done.stdout[-2000:] + done.stderr[-2000:]]
        said = read(report)
    issues = [f"{one['check']['identifier']}: {one['message']}" for one in said["issues"]]
    return issues if issues or said["passed"] else ["not passed"]


def seeded_cache(room: Path) -> str:
    """Put the context of RO-Crate, which the package `rocrate` holds, where the validator would find a download."""
    import requests
    import rocrate
    import urllib3
    from requests_cache import CachedSession

    name = str(room / "cache")
    session = CachedSession(cache_name=name, backend="sqlite", expire_after=-1)
    context = (Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld").read_bytes()
    raw = urllib3.HTTPResponse(
        body=io.BytesIO(context),
        status=200,
        headers={"Content-Type": "application/ld+json"},
        request_url=CRATE_CONTEXT,
        preload_content=False,
    )
    request = requests.Request("GET", CRATE_CONTEXT).prepare()
    session.cache.save_response(requests.adapters.HTTPAdapter().build_response(request, raw))
    session.close()
    return name


def croissant(folder: Path) -> list[str]:
    """Every record set is loaded, and each row that Croissant can say is compared with what DuckDB reads."""
    import duckdb
    import mlcroissant

    dataset = mlcroissant.Dataset(jsonld=folder / "croissant.json")
    wrong = [*dataset.metadata.ctx.issues.errors, *dataset.metadata.ctx.issues.warnings]
    described = read(folder / "croissant.json")
    mandatory = ("@context", "@type", "conformsTo", "name", "description", "license", "url", "creator", "datePublished")
    wrong += [f"no {key}" for key in mandatory if key not in described]
    wrong += [f"{one['@id']}: hash differs" for one in described["distribution"] if not hash_holds(folder, one)]
    for record_set in described["recordSet"]:
        name = record_set["@id"]
        columns = [field["name"] for field in record_set["field"]]
        loaded = [{key.partition("/")[2]: value for key, value in row.items()} for row in dataset.records(name)]
        quoted = ", ".join(f'"{column}"' for column in columns)
        sql = f"SELECT {quoted} FROM read_parquet('{folder}/data/{name}/*.parquet')"  # noqa: S608
        rows = [dict(zip(columns, row, strict=True)) for row in duckdb.sql(sql).fetchall()]
        if sorted(map(plain, loaded)) != sorted(map(plain, rows)):
            wrong.append(f"{name}: {len(loaded)} rows, of which not all are the {len(rows)} of DuckDB")
    return wrong


def hash_holds(folder: Path, one: dict[str, Any]) -> bool:
    """mlcroissant looks at the hashes of what it downloads, not of what stands beside the description."""
    import hashlib

    return "sha256" not in one or one["sha256"] == hashlib.sha256((folder / one["contentUrl"]).read_bytes()).hexdigest()


def plain(row: dict[str, Any]) -> str:
    return json.dumps({key: value_of(value) for key, value in sorted(row.items())})


def value_of(value: Json) -> Json:
    """Return what a loader hands over as plain JSON: bytes are text, not-a-number is missing."""
    if isinstance(value, bytes):
        return value.decode()
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [value_of(one) for one in value]
    if isinstance(value, float) and (value != value or value.is_integer()):  # noqa: PLR0124 — NaN is not itself
        return None if value != value else int(value)  # noqa: PLR0124
    return None if str(value) in {"<NA>", "nan", "NaT"} else value


def frictionless(folder: Path) -> list[str]:
    import frictionless as library

    report = library.validate(folder / "datapackage.json")
    found = [f"{task.name}: {error.message}" for task in report.tasks for error in task.errors]
    return found + [error.message for error in report.errors]


def citation(folder: Path) -> list[str]:
    program = Path(sys.executable).with_name("check-jsonschema")
    options = ["--builtin-schema", "vendor.citation-file-format", folder / "CITATION.cff"]
    done = subprocess.run([program, *options], capture_output=True, text=True, check=False)
    return [done.stdout + done.stderr] if done.returncode else []


def dcat(folder: Path) -> list[str]:
    """Against the mandatory and recommended parts of DCAT-AP 3 in `dcat_ap.ttl`."""
    import pyshacl

    graph = folder / "landing" / "metadata.ttl"
    conforms, _, text = pyshacl.validate(str(graph), shacl_graph=str(HERE / "dcat_ap.ttl"), data_graph_format="turtle")
    return [] if conforms else [text]


def prov(folder: Path) -> list[str]:
    """Both ways of writing say the same: read, written again and read again, PROV-JSON equals itself and the Turtle."""
    import rdflib
    from prov.model import ProvDocument

    text = (folder / "prov.json").read_text(encoding="utf-8")
    document = ProvDocument.deserialize(content=text, format="json")
    again = ProvDocument.deserialize(content=document.serialize(format="json"), format="json")
    wrong = [] if again == document else ["prov.json does not survive a round trip"]
    names = {str(record.identifier.uri) for record in document.get_records() if record.identifier}
    graph = rdflib.Graph().parse(folder / "landing" / "provenance.ttl")
    subjects = {str(subject) for subject in graph.subjects()}
    relations = [record for record in document.get_records() if record.is_relation()]
    told = sum(1 for _, verb, _ in graph if "ns/prov#" in str(verb))
    if subjects != names or told != len(relations):
        wrong.append(f"the Turtle has other things: {sorted(subjects ^ names)}, {told} of {len(relations)} relations")
    dangling = {str(end) for _, verb, end in graph if "ns/prov#" in str(verb)} - subjects
    return wrong + [f"no such thing: {end}" for end in sorted(dangling)]


def bag(folder: Path) -> list[str]:
    import bagit

    try:
        bagit.Bag(str(folder)).validate()
    except bagit.BagError as error:
        return [str(error)]
    return []


def spdx(folder: Path) -> list[str]:
    """Every licence of the release and of its rows is one of SPDX's list."""
    import csv

    from license_expression import get_spdx_licensing

    licensing = get_spdx_licensing()
    with (folder / "LICENSES.csv").open(encoding="utf-8", newline="") as file:
        named = {row["licence"] for row in csv.DictReader(file)}
    named |= {
        one["rightsIdentifier"] for one in read(folder / "datacite.json")["rightsList"] if "rightsIdentifier" in one
    }
    return [f"{name}: {error}" for name in sorted(named) for error in licensing.validate(name).errors]


def hugging_face(folder: Path) -> list[str]:
    """`datasets.load_dataset` on the folder gives, table by table, the rows of DuckDB 1.4, a version before ours."""
    import datasets
    import duckdb

    wrong = []
    with duckdb.connect(str(next(folder.glob("*.duckdb"))), read_only=True) as connection:
        tables = {name for (name,) in connection.sql("SELECT table_name FROM duckdb_tables()").fetchall()}
        for name in datasets.get_dataset_config_names(str(folder)):
            with tempfile.TemporaryDirectory() as room:
                loaded = datasets.load_dataset(str(folder), name, cache_dir=room, split="train").to_list()
            rows = f"read_parquet('{folder}/data/{name}/*.parquet')" if name not in tables else name
            known = connection.sql(f"FROM {rows}").fetch_arrow_table().to_pylist()
            if sorted(map(plain, loaded)) != sorted(map(plain, known)):
                wrong.append(f"{name}: load_dataset and DuckDB differ, {len(loaded)} and {len(known)} rows")
    return wrong


def structures(folder: Path) -> list[str]:
    """ASE reads every exported structure; cells, species and positions are those of `optimade.jsonl`."""
    import ase.io
    import numpy as np

    lines = map(json.loads, (folder / "optimade.jsonl").read_text(encoding="utf-8").splitlines())
    known = {one["id"]: one["attributes"] for one in lines if one.get("type") == "structures" and "attributes" in one}
    wrong = []
    for path in sorted((folder / "structures").glob("*.cif")):
        atoms, told = ase.io.read(path), known[path.stem]
        same = np.allclose(atoms.cell.volume, abs(np.linalg.det(told["lattice_vectors"])), rtol=1e-4)
        symbols = [
            one["chemical_symbols"][0]
            for name in told["species_at_sites"]
            for one in told["species"]
            if one["name"] == name
        ]
        if not same or (not told["structure_features"] and sorted(atoms.get_chemical_symbols()) != sorted(symbols)):
            wrong.append(path.name)
    for atoms in ase.io.iread(folder / "structures.extxyz"):
        told = known[atoms.info["material_id"]]
        if not np.allclose(atoms.positions, told["cartesian_site_positions"], atol=1e-6):
            wrong.append(atoms.info["material_id"])
    return wrong


def linked_data(folder: Path) -> list[str]:
    """What the landing page says in its head is what the linkset says, and every local link leads to a file."""
    from html.parser import HTMLParser

    class Head(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.links: list[tuple[str, str]] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            said = dict(attrs)
            if tag == "link":
                self.links.append((said.get("rel") or "", said.get("href") or ""))

    head = Head()
    head.feed((folder / "landing" / "index.html").read_text(encoding="utf-8"))
    told = read(folder / "landing" / "linkset.json")["linkset"][0]
    named = [(relation, one["href"]) for relation, ends in told.items() if relation != "anchor" for one in ends]
    own = [link for link in head.links if link[0] not in {"linkset", "icon", "schema.DC", "schema.DCTERMS"}]
    wrong = [f"only in one of the two: {link}" for link in sorted(set(own) ^ set(named))]
    wrong += [f"no {relation}" for relation in ("type", "license", "item", "describedby") if relation not in told]
    local = [href for _, href in named if not href.startswith("http")]
    return wrong + [f"leads nowhere: {href}" for href in local if not (folder / "landing" / href).exists()]


JUDGES: dict[str, Callable[[Path], list[str]]] = {
    "bag": bag,
    "citation": citation,
    "croissant": croissant,
    "datacite": datacite,
    "dcat": dcat,
    "frictionless": frictionless,
    "hugging_face": hugging_face,
    "linked_data": linked_data,
    "prov": prov,
    "ro_crate": ro_crate,
    "spdx": spdx,
    "structures": structures,
}


def judged(request: dict[str, str]) -> list[str]:
    """Return what is wrong; a validator that stumbles over a release says so, too."""
    try:
        return [str(one) for one in JUDGES[request["judge"]](Path(request["folder"]))]
    except Exception as error:  # noqa: BLE001 — a broken release may break its reader anywhere
        return [f"{type(error).__name__}: {error}"]


def main() -> None:
    os.environ["HF_HUB_OFFLINE"] = os.environ["HF_DATASETS_OFFLINE"] = "1"
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what validators print is no answer
    for line in sys.stdin:
        with contextlib.redirect_stdout(sys.stderr):
            answer = judged(json.loads(line))
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    missing = [name for name in ("mlcroissant",) if importlib.util.find_spec(name) is None]
    sys.exit(f"missing: {', '.join(missing)}; install judges.txt") if missing else main()
