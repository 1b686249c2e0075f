"""Article files: articles on disk in, records of their property tables out.

A text that may not be kept is read and forgotten: its values, their places and its hash are archived in its place. A
language model may read the tables too: its answers are archived, and its records are apart from those of the rules.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote, urlsplit

from pydantic import Field, model_validator

from harvest.errors import CardError
from harvest.literature.facts import facts_of, is_facts, read_facts
from harvest.local_files import declared_version, matching_files, read_request
from harvest.papers.llm.setting import MODEL_KEY, LanguageModel, model_pages
from harvest.source import About, Page, Plan, Rejected, SourceCard, load_card
from schemas.disk import digest
from schemas.fingerprint import code_fingerprint
from schemas.licence import NOASSERTION, LicenceId
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
    keep_text: bool = Field(
        default=True, description="Whether the texts may be archived; else values, places and hashes alone are."
    )
    llm: LanguageModel | None = described("A language model that reads the tables too.", optional=True)

    @model_validator(mode="after")
    def _shows_no_closed_text(self) -> Self:
        if self.llm is not None and not self.keep_text:
            message = "`llm` sends tables to a service: it is not for texts that may not be kept (keep_text = false)"
            raise ValueError(message)
        return self


class ArticleFilesQuery(Model):
    """The checked query: the pattern, and the articles that it names today."""

    pattern: str
    # Left out of the fingerprint where they are not asked for, so that locks made before they were known still match.
    sentences: bool = Field(default=False, exclude_if=lambda asked: not asked)
    keep_text: bool = Field(default=True, exclude_if=lambda asked: asked)
    llm: LanguageModel | None = Field(default=None, exclude_if=lambda asked: asked is None)
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
        query = ArticleFilesQuery(
            pattern=asked.files,
            sentences=asked.sentences,
            keep_text=asked.keep_text,
            llm=asked.llm,
            files=tuple(names),
        )
        plan = Plan(
            key=key,
            source=self.card.name,
            query=query,
            about=About(title=asked.title, licence=asked.licence, attribution=asked.attribution, origin=asked.origin),
            folder=folder,
            declared=_declared(folder, names, query),
        )
        if asked.llm is None:
            return plan
        hosts, pace = frozenset({urlsplit(asked.llm.base_url).netloc}), asked.llm.requests_per_second
        return replace(plan, hosts=hosts, requests_per_second=pace, key_card=MODEL_KEY)

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        """Read each article, and ask the language model for its tables where there is one."""
        query = _query(plan)
        for name in query.files:
            media_type = _MEDIA_TYPES.get(PurePosixPath(name).suffix.lower(), "application/octet-stream")
            request = read_request(name, media_type)
            if query.keep_text:
                raw = door.get(request)
            else:
                raw = door.get_text(request, kept=partial(_facts, name=name, sentences=query.sentences))
            yield Page(raw)
            if query.llm is not None:
                yield from model_pages(raw, query.llm, door, document=_stem(raw.uri))

    def parse(self, plan: Plan, raw: RawObject) -> Iterable[MaterialRecord | Rejected]:
        """Extract an article; one that cannot be read is rejected as a whole, its neighbours pass."""
        from harvest.papers.document import DocumentError  # noqa: PLC0415 — the extractor is slow to import
        from harvest.papers.pipeline import extract  # noqa: PLC0415 — see above

        name = _stem(raw.uri)
        if is_facts(raw.payload):
            return list(read_facts(raw.payload))
        try:
            extraction = extract(raw.payload, document=name, sentences=_query(plan).sentences)
        except DocumentError as error:
            return [Rejected(Pointer(steps=()), (f"unreadable: {error}",), None, name)]
        rejected = [Rejected(r.pointer, tuple(r.reasons), r.row, r.source_id) for r in extraction.rejected]
        return [*extraction.records, *rejected]


def _declared(folder: Path, names: list[str], query: ArticleFilesQuery) -> str | None:
    """Return the version of the files; where only facts are kept, another extractor is another version of them."""
    declared = declared_version(folder, names)
    if declared is None or query.keep_text:
        return declared
    return f"sha256:{digest([declared, code_fingerprint('schemas', 'harvest.papers')])}"


def _facts(payload: bytes, *, name: str, sentences: bool) -> bytes:
    """Return what is kept of a text that may not be kept."""
    from harvest.papers.document import DocumentError  # noqa: PLC0415 — the extractor is slow to import
    from harvest.papers.pipeline import extract  # noqa: PLC0415 — see above

    try:
        extraction = extract(payload, document=PurePosixPath(name).stem, sentences=sentences)
    except DocumentError as error:
        return facts_of(payload, None, licence=NOASSERTION, reason=f"unreadable: {error}")
    return facts_of(payload, extraction, licence=extraction.document.licence)


def _stem(uri: str) -> str:
    return PurePosixPath(unquote(uri.removeprefix("file:"))).stem


def _query(plan: Plan) -> ArticleFilesQuery:
    if not isinstance(plan.query, ArticleFilesQuery):
        message = f"{plan.key}: an ArticleFilesQuery was expected, got {type(plan.query).__name__}"
        raise TypeError(message)
    return plan.query
