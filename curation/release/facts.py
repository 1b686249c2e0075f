"""Facts: everything that the metadata of a release say, computed once from its manifest, its rows and its terms."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from curation.datasets.split import read_splits
from curation.datasets.tables import TABLES
from curation.release.limits import accepted_drift, known_gaps
from curation.release.people import Organisation, Person
from curation.release.plain import without_addresses
from curation.release.selection import ROW_LICENCES
from curation.release.terms import UNSTATED, ReleaseTerms, named_information, release_date
from schemas.arrow import arrow_schema
from schemas.licence import LICENCES, Licence
from schemas.properties import load_properties

if TYPE_CHECKING:
    import pyarrow as pa

    from curation.datasets.open import Dataset
    from curation.datasets.split import Split
    from schemas.dataset import Manifest, SourceSummary

_DOI = re.compile(r"10\.\d{4,9}/[^\s;,<>\"]+[^\s;,.<>\")]")
_TITLES = {
    "materials": "Distinct materials",
    "entries": "Harvested records",
    "structures": "Crystal structures",
    "properties": "Property values",
    "duplicates": "Merged records",
    "quarantine": "Rows that did not pass",
    "provenance": "Archived raw objects",
}
_PROPERTIES = """
SELECT property, any_value(unit) AS unit, count(*) AS n, min(value) AS low, median(value) AS middle, max(value) AS high,
    list_sort(list(DISTINCT method)) AS methods
FROM properties WHERE status = 'kept' GROUP BY property ORDER BY property
"""
_LICENCES = """
SELECT source, licence, count(*) AS n FROM entries GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True)
class Column:
    """A column of a table: its name, its Arrow type, its unit where it has one, what it says."""

    name: str
    kind: pa.DataType
    unit: str
    description: str
    required: bool


@dataclass(frozen=True)
class TableFacts:
    """A table of the release."""

    name: str
    title: str
    rows: int
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    paths: tuple[str, ...]


@dataclass(frozen=True)
class PropertyFacts:
    """A property of the release and how its kept values are spread, in `unit`."""

    name: str
    label: str
    unit: str
    count: int
    low: float | None
    middle: float | None
    high: float | None
    methods: tuple[str, ...]
    vocabularies: tuple[str, ...]


@dataclass(frozen=True)
class LicenceCount:
    """How many records of a source stand under a licence."""

    source: SourceSummary
    licence: str
    rows: int


@dataclass(frozen=True)
class ReleasedFile:
    """A file of the release, relative to its folder."""

    path: str
    sha256: str
    n_bytes: int
    media_type: str
    description: str


@dataclass(frozen=True)
class Facts:
    """What the metadata of a release are written from."""

    manifest: Manifest
    terms: ReleaseTerms
    date: str
    tables: tuple[TableFacts, ...]
    properties: tuple[PropertyFacts, ...]
    licences: tuple[LicenceCount, ...]
    elements: tuple[str, ...]
    n_materials: int
    splits: tuple[Split, ...] = ()
    parent_doi: str | None = None
    files: tuple[ReleasedFile, ...] = field(default=())

    @property
    def id(self) -> str:
        """`name-version`, the name of the folder."""
        return f"{self.manifest.dataset}-{self.manifest.version}"

    @property
    def year(self) -> str:
        """Year of the release."""
        return self.date[:4]

    @property
    def licence(self) -> Licence:
        """Licence of the release as a whole."""
        return LICENCES[self.manifest.licence]

    @property
    def people(self) -> tuple[Person, ...]:
        """Who is to be cited."""
        return tuple(Person.of(creator) for creator in self.manifest.creators) or (Person(name=UNSTATED),)

    @property
    def organisation(self) -> Organisation:
        """Who makes it available: as the terms say, else where the first creator works, else the creator."""
        first = self.people[0]
        affiliation = first.affiliation if first.affiliation.name else Organisation(first.name)
        return Organisation.of(self.terms.publisher) if self.terms.publisher else affiliation

    @property
    def publisher(self) -> str:
        """The name of who makes it available."""
        return self.organisation.name

    @property
    def identifier(self) -> str:
        """The DOI as an address, or an address by content where there is none."""
        return (
            f"https://doi.org/{self.terms.doi}" if self.terms.doi else named_information(self.manifest.content_sha256)
        )

    @property
    def address(self) -> str:
        """Where a reader is sent: the landing page, else the identifier."""
        return self.terms.url or self.identifier

    @property
    def description(self) -> str:
        """The description of the recipe, or one sentence of what there is."""
        counted = f"{self.n_materials:,} materials from {len(self.manifest.sources)} sources"
        return self.manifest.description or f"{self.manifest.title}: {counted}."

    @property
    def limits(self) -> tuple[str, ...]:
        """What is missing, and what drifted since the version before and was accepted; one sentence each."""
        return (*known_gaps(self.manifest), *accepted_drift(self.manifest))

    @property
    def whole_description(self) -> str:
        """The description with the limits, for formats that have no place of their own for them."""
        return " ".join([self.description, *self.limits])

    @property
    def keywords(self) -> tuple[str, ...]:
        """Words of the recipe, then the properties."""
        return tuple(dict.fromkeys([*self.manifest.keywords, *(one.label for one in self.properties)])) or (
            "materials",
        )


def collect(dataset: Dataset, terms: ReleaseTerms) -> Facts:
    """Compute the facts of a release; its files are added once they stand."""
    manifest = _of_sources_with_rows(dataset, told(dataset.manifest, terms), terms)
    return Facts(
        manifest=manifest,
        terms=terms,
        date=release_date(dataset, terms),
        tables=tuple(_tables(dataset)),
        properties=tuple(_properties(dataset)),
        licences=tuple(_licences(dataset, manifest)),
        elements=tuple(
            str(row["e"])
            for row in dataset.sql("SELECT DISTINCT unnest(elements) AS e FROM materials ORDER BY e").rows()
        ),
        n_materials=sum(part.rows for part in dataset.manifest.parts if part.table == "materials"),
        splits=tuple(read_splits(dataset.folder)),
    )


def told(manifest: Manifest, terms: ReleaseTerms) -> Manifest:
    """Return a manifest as it is released: under the licence of the terms, its words without personal addresses."""
    clean = without_addresses
    sources = tuple(
        one.model_copy(
            update={"title": clean(one.title), "attribution": clean(one.attribution), "origin": clean(one.origin)}
        )
        for one in manifest.sources
    )
    return manifest.model_copy(
        update={
            "licence": terms.licence or manifest.licence,
            "title": clean(manifest.title),
            "description": clean(manifest.description),
            "sources": sources,
        }
    )


def _of_sources_with_rows(dataset: Dataset, manifest: Manifest, terms: ReleaseTerms) -> Manifest:
    """Return the manifest of a reduced release with the sources of which a row is released; any other as it is."""
    if not terms.allow_licences:
        return manifest
    allowed = ", ".join(f"'{licence}'" for licence in terms.allow_licences)
    question = (
        f"SELECT source FROM entries WHERE licence IN ({allowed}) UNION "
        f"SELECT source FROM ({ROW_LICENCES}) WHERE licence IN ({allowed})"
    )
    released = {str(row["source"]) for row in dataset.sql(question).rows()}
    return manifest.model_copy(update={"sources": tuple(one for one in manifest.sources if one.key in released)})


def cited_dois(source: SourceSummary) -> list[str]:
    """Return the DOIs that the attribution and the origin of a source name, in their order."""
    return list(dict.fromkeys(_DOI.findall(f"{source.attribution} {source.origin}")))


def _tables(dataset: Dataset) -> list[TableFacts]:
    manifest = dataset.manifest
    found = []
    for table in TABLES:
        parts = [part for part in manifest.parts if part.table == table.name]
        columns = tuple(_column(one) for one in arrow_schema(table.row))
        paths = tuple(f"data/{part.path}" for part in parts)
        title = _TITLES.get(table.name, table.name)
        found.append(TableFacts(table.name, title, sum(p.rows for p in parts), table.key, columns, paths))
    return found


def _column(one: pa.Field[pa.DataType]) -> Column:
    said = {key.decode(): value.decode() for key, value in (one.metadata or {}).items()}
    return Column(one.name, one.type, said.get("unit", ""), said.get("description", ""), not one.nullable)


def _properties(dataset: Dataset) -> list[PropertyFacts]:
    known = load_properties()
    found = []
    for row in dataset.sql(_PROPERTIES).rows():
        definition = known[str(row["property"])]
        named = tuple(one for one in (definition.optimade, definition.qudt, definition.emmo) if one)
        low, middle, high = (None if row[key] is None else float(str(row[key])) for key in ("low", "middle", "high"))
        methods = row["methods"]
        found.append(
            PropertyFacts(
                name=definition.id,
                label=definition.label,
                unit=str(row["unit"]),
                count=int(str(row["n"])),
                low=low,
                middle=middle,
                high=high,
                methods=tuple(methods) if isinstance(methods, list) else (),
                vocabularies=named,
            )
        )
    return found


def _licences(dataset: Dataset, manifest: Manifest) -> list[LicenceCount]:
    sources = {source.key: source for source in manifest.sources}
    rows = dataset.sql(_LICENCES).rows()
    return [LicenceCount(sources[str(r["source"])], str(r["licence"]), int(str(r["n"]))) for r in rows]
