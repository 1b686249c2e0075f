"""Article files: articles on disk in, records of their property tables out."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pydantic import Field

from harvest.errors import CardError
from harvest.local_files import declared_version, matching_files, read_request
from harvest.source import About, Page, Plan, Rejected, SourceCard, load_card
from schemas.licence import LicenceId
from schemas.provenance import Pointer
from schemas.quantity import Model, described

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from harvest.source import Door, RawObject
    from schemas.material import MaterialRecord


_MEDIA_TYPES = {
    ".xml": "application/jats+xml", ".nxml": "application/jats+xml", ".html": "text/html", ".htm": "text/html",
    ".tex": "application/x-tex", ".txt": "text/plain", ".pdf": "application/pdf",
}  # fmt: skip


class ArticleOptions(Model):
    """What a recipe says."""

    files: str = described("An article, or a pattern such as papers/*.xml, relative to the recipe.")
    licence: LicenceId = described("Licence of the extracted facts.")
    title: str = Field("Articles", description="What the articles are, as the release names them.")
    attribution: str = Field("", description="How they want to be cited.")
    origin: str = Field("articles on disk", description="Where they were had.")
    sentences: bool = Field(default=False, description="Read the sentences too, not the tables alone.")


class ArticleQuery(Model):
    """The checked query: the pattern, and the articles that it names today."""

    pattern: str
    # Left out of the fingerprint where it is not asked for, so that locks made before it was known still match.
    sentences: bool = Field(default=False, exclude_if=lambda asked: not asked)
    files: tuple[str, ...] = Field((), exclude=True)


class ArticleFilesSource:
    """Extracts the property tables of articles."""

    card: SourceCard = load_card("article_files", SourceCard)

    def plan(self, key: str, options: dict[str, Any], folder: Path) -> Plan:
        """Check the options and name the articles."""
        asked = ArticleOptions.model_validate(options)
        names = matching_files(folder, asked.files)
        if not names:
            message = f"no file matches {asked.files!r} under {folder}"
            raise CardError(message)
        return Plan(
            key=key,
            source=self.card.name,
            query=ArticleQuery(pattern=asked.files, sentences=asked.sentences, files=tuple(names)),
            about=About(title=asked.title, licence=asked.licence, attribution=asked.attribution, origin=asked.origin),
            folder=folder,
            declared=declared_version(folder, names),
        )

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        """Read each article."""
        for name in _query(plan).files:
            yield Page(
                door.get(
                    read_request(name, _MEDIA_TYPES.get(PurePosixPath(name).suffix.lower(), "application/octet-stream"))
                )
            )

    def parse(self, plan: Plan, raw: RawObject) -> Iterable[MaterialRecord | Rejected]:
        """Extract an article; one that cannot be read is rejected as a whole, its neighbours pass."""
        from harvest.papers.document import DocumentError  # noqa: PLC0415 — the extractor is slow to import
        from harvest.papers.pipeline import extract  # noqa: PLC0415 — see above

        name = PurePosixPath(unquote(raw.uri.removeprefix("file:"))).stem
        try:
            extraction = extract(raw.payload, document=name, sentences=_query(plan).sentences)
        except DocumentError as error:
            return [Rejected(Pointer(steps=()), (f"unreadable: {error}",), None, name)]
        rejected = [Rejected(r.pointer, tuple(r.reasons), r.row, r.source_id) for r in extraction.rejected]
        return [*extraction.records, *rejected]


def _query(plan: Plan) -> ArticleQuery:
    if not isinstance(plan.query, ArticleQuery):
        message = f"{plan.key}: an ArticleQuery was expected, got {type(plan.query).__name__}"
        raise TypeError(message)
    return plan.query
