"""Articles: the text of an article and what is stated of it in; what is kept of it, and its records, out.

What a search says of an article (its DOI, its licence, notices about it) travels in the tag of the request for its
text: the tag is archived with the answer, so that parsing is a function of what is archived alone.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from harvest.literature.facts import facts_of, is_facts, read_facts
from harvest.literature.licences import agreed, may_be_kept
from harvest.source import Rejected
from schemas.licence import NOASSERTION
from schemas.provenance import Pointer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harvest.papers.document import Document
    from harvest.papers.pipeline import Extraction
    from harvest.source import RawObject, Request
    from schemas.material import MaterialRecord

_TAG = " tag={"


class ClosedTexts(StrEnum):
    """Texts whose licence does not let them be kept: `skip` them, or keep the `facts` in them alone."""

    SKIP = "skip"
    FACTS = "facts"


@dataclass(frozen=True, slots=True)
class About:
    """What is known of an article before its text is read.

    Attributes:
        id: the id under which its rows stand: its DOI, else its PMC or arXiv id.
        licence: what was stated of it elsewhere than in its text; NOASSERTION where nothing was.
        notices: corrections of it and concerns about it, in words.
        evidence: what the licence rests on, in words.
        link: where its publisher has the text, where that place may be asked.
    """

    id: str
    licence: str = NOASSERTION
    notices: str = ""
    evidence: str = ""
    link: str = ""

    @property
    def tag(self) -> str:
        """The written form."""
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=True, separators=(",", ":"))

    @classmethod
    def of(cls, raw: RawObject) -> About:
        """Return what the request for a text said of it."""
        _key, mark, tag = raw.request_key.partition(_TAG)
        if not mark:
            return cls(raw.uri.rpartition("/")[2])
        said = json.loads("{" + tag)
        return cls(**{each.name: str(said[each.name]) for each in fields(cls)})


@dataclass(frozen=True, slots=True)
class TextReader:
    """How the texts of a harvest are read.

    Attributes:
        sentences: whether prose is read too.
        closed: what is done with a text that may not be kept.
    """

    sentences: bool = False
    closed: ClosedTexts = ClosedTexts.SKIP

    def uses(self, licence: str) -> bool:
        """Tell whether a text under a licence is of use: it may be kept, or the facts in it are wanted."""
        return may_be_kept(licence) or self.closed is ClosedTexts.FACTS

    def kept(self, payload: bytes, about: About) -> bytes:
        """Return what may be archived of a text: the text, or the facts in it."""
        from harvest.papers.document import DocumentError  # noqa: PLC0415 — the extractor is slow to import
        from harvest.papers.pipeline import extract  # noqa: PLC0415 — see above
        from harvest.papers.readers.formats import read_document  # noqa: PLC0415 — see above

        try:
            licence = agreed(read_document(payload, document=about.id).licence, about.licence)
            if may_be_kept(licence):
                return payload
            if self.closed is ClosedTexts.SKIP:
                reason = f"closed: its licence is {licence}, and the recipe leaves such texts out"
                return facts_of(payload, None, licence=licence, reason=reason)
            extraction = extract(payload, document=about.id, sentences=self.sentences)
        except DocumentError as error:
            if may_be_kept(about.licence):
                return payload
            return facts_of(payload, None, licence=about.licence, reason=f"unreadable: {error}")
        return facts_of(payload, extraction, licence=licence)

    def items(self, raw: RawObject) -> Iterable[MaterialRecord | Rejected]:
        """Return the records of a text, or of the facts of one; what became none is rejected with the reason."""
        about = About.of(raw)
        if raw.is_absent:
            return [_whole(about, f"no text of {about.id}: {raw.payload.decode('utf-8', 'replace')}")]
        if is_facts(raw.payload):
            return [_known(item, about) for item in read_facts(raw.payload)]
        return self._open_items(raw.payload, about)

    def _open_items(self, payload: bytes, about: About) -> Iterable[MaterialRecord | Rejected]:
        from harvest.papers.document import DocumentError  # noqa: PLC0415 — the extractor is slow to import
        from harvest.papers.pipeline import extract  # noqa: PLC0415 — see above

        try:
            extraction = extract(payload, document=about.id, sentences=self.sentences)
        except DocumentError as error:
            return [_whole(about, f"unreadable: {error}")]
        licence = agreed(extraction.document.licence, about.licence)
        if extraction.records and licence == NOASSERTION:
            return [_whole(about, f"the article states no licence that is known{_against(extraction.document, about)}")]
        return _items(extraction, about, licence)


def is_about_article(raw: RawObject) -> bool:
    """Tell whether an answer is about one article, and no page of a search."""
    return _TAG in raw.request_key


def article_request(request: Request, about: About) -> Request:
    """Return a request for something of one article, which says of which."""
    return replace(request, tag=about.tag)


def _items(extraction: Extraction, about: About, licence: str) -> Iterator[MaterialRecord | Rejected]:
    for record in extraction.records:
        yield _known(record.model_copy(update={"licence": licence}), about)
    for each in extraction.rejected:
        yield Rejected(each.pointer, tuple(each.reasons), each.row, each.source_id)


def _known(item: MaterialRecord | Rejected, about: About) -> MaterialRecord | Rejected:
    """Return a record with the notices about its article; the rejection of a whole article with its id."""
    if isinstance(item, Rejected):
        return item if item.source_id else replace(item, source_id=about.id)
    if not about.notices:
        return item
    return item.model_copy(update={"labels": {**item.labels, "notices": about.notices}})


def _whole(about: About, reason: str) -> Rejected:
    """Return the rejection of a whole article."""
    return Rejected(Pointer(steps=()), (reason,), None, about.id)


def _against(document: Document, about: About) -> str:
    both = {document.licence, about.licence} - {NOASSERTION}
    return f": it says {document.licence}, its publisher {about.licence}" if len(both) > 1 else ""
