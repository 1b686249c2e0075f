"""Facts: what is kept of a text that may not be kept: values, places and its hash in, records out; no sentence of it.

The facts are one JSON document, archived in the place of the text. A pointer into it leads to the value as printed;
where that stood in the text is kept beside it.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from harvest.source import Rejected, why
from schemas.disk import canonical_json
from schemas.material import MaterialRecord
from schemas.provenance import Pointer, json_step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harvest.papers.pipeline import Extraction

_START = b'{"facts_of":'
_NOT_FACTS = frozenset({"references"})  # what the article prints of other works


def facts_of(payload: bytes, extraction: Extraction | None, *, licence: str, reason: str = "") -> bytes:
    """Return the facts of a text as JSON.

    Args:
        payload: the text.
        extraction: what it yields; none where it is not read.
        licence: what its licence is known to be.
        reason: why it is not read, or cannot be.
    """
    about = {
        "sha256": hashlib.sha256(payload).hexdigest(),
        "bytes": len(payload),
        "licence": licence,
        "doi": extraction.document.doi if extraction else None,
        "pmcid": extraction.document.pmcid if extraction else None,
        "reason": reason,
    }
    records = [_without_prose(record) for record in extraction.records] if extraction else []
    refused = extraction.rejected if extraction else ()
    rejected = [{"pointer": str(each.pointer), "source_id": each.source_id} for each in refused]
    return canonical_json({"facts_of": about, "records": records, "rejected": rejected})


def is_facts(payload: bytes) -> bool:
    """Tell whether archived bytes are the facts of a text and not a text."""
    return payload.startswith(_START)


def note_of(payload: bytes) -> str:
    """Return in words which text the facts are of, and why it is not kept, or which model read them."""
    about = _document(payload).get("facts_of", {})
    if "model" in about:
        return f"read by the model {about['model']} from the text with sha256 {about.get('sha256')}"
    return f"text not kept: licence {about.get('licence')}; sha256 {about.get('sha256')}; {about.get('bytes')} bytes"


def unkept_place(payload: bytes, pointer: str) -> str:
    """Return in words where a value stood in a text that is not kept; nothing where the payload is no facts."""
    if not is_facts(payload):
        return ""
    steps = pointer.removeprefix("json=").split("/")[1:]
    value: Any = _document(payload)
    for step in steps[:4]:
        value = value[int(step)] if isinstance(value, list) else value.get(step, {})
    place = value.get("pointer", "") if isinstance(value, dict) else ""
    return f"{note_of(payload)}; there at {place}" if place else note_of(payload)


def read_facts(payload: bytes) -> Iterator[MaterialRecord | Rejected]:
    """Yield the records of facts, their pointers leading into the facts; what cannot be read is rejected alone."""
    document = _document(payload)
    about, records, rejected = (document.get(name) for name in ("facts_of", "records", "rejected"))
    note = note_of(payload) if isinstance(about, dict) else "text not kept"
    reason = about.get("reason") if isinstance(about, dict) else None
    if reason:
        yield Rejected(Pointer.of(json="/facts_of"), (str(reason), note), None, _id_of(about, "doi"))
    for index, given in enumerate(records if isinstance(records, list) else ()):
        place = Pointer.of(json=json_step("records", index))
        try:
            yield _record(given, place, note)
        except (ValidationError, ValueError, TypeError, KeyError, AttributeError) as error:
            yield Rejected(place, (f"does_not_fit: {why(error)}",), given, _id_of(given, "source_id"))
    for index, given in enumerate(rejected if isinstance(rejected, list) else ()):
        place = Pointer.of(json=json_step("rejected", index))
        said = f"a row that became no value, at {_id_of(given, 'pointer')} of the text"
        yield Rejected(place, (said, note), None, _id_of(given, "source_id"))


def _without_prose(record: MaterialRecord) -> dict[str, Any]:
    labels = {name: text for name, text in record.labels.items() if name not in _NOT_FACTS}
    written = record.model_copy(update={"labels": labels}).model_dump(mode="json")
    values = [
        {**said, "pointer": str(value.pointer)}
        for said, value in zip(written["properties"], record.properties, strict=True)
    ]
    return {**written, "properties": values, "pointer": str(record.pointer)}


def _record(given: dict[str, Any], place: Pointer, note: str) -> MaterialRecord:
    """Return a record with pointers into the facts."""
    values = [
        {**value, "pointer": place.with_steps(json=json_step("properties", index, "text"))}
        for index, value in enumerate(given.get("properties", ()))
    ]
    labels = {**given["labels"], "text": note}
    return MaterialRecord.model_validate({**given, "labels": labels, "properties": values, "pointer": place})


def _id_of(given: object, name: str) -> str | None:
    found = given.get(name) if isinstance(given, dict) else None
    return None if found is None else str(found)


def _document(payload: bytes) -> dict[str, Any]:
    document = json.loads(payload)
    return document if isinstance(document, dict) else {}
