"""Records: a table and what a language model answers of it in; records with their proof out, as JSON to be archived.

The answer is archived with what it proves: the values that are printed in the table, and the claims that were dropped.
Records of a model have ids of their own, so that they are never one with those that the rules read.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harvest.papers.llm.endpoint import answer_text
from harvest.papers.llm.table_reader import Unproven, read_table_by_model
from schemas.disk import canonical_json
from schemas.formula import FormulaError, parse_formula

if TYPE_CHECKING:
    from harvest.papers.document import Document, Table
    from harvest.papers.tables.readings import Reading

_LONGEST_ID = 512


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer that was given already."""

    text: str

    def ask(self, system: str, user: str) -> str:
        """Return it, whatever is asked."""
        del system, user
        return self.text


def proven_facts(answer: bytes, document: Document, table: Table, *, text: bytes, model: str) -> bytes:
    """Return what the answer of a model proves, as facts.

    Args:
        answer: as the service sent it.
        document: the article.
        table: the table that the model was asked of.
        text: the bytes of the article.
        model: the name of the model.

    Raises:
        HarvestError: the answer is cut, or of another protocol.
    """
    said = answer_text(answer)
    items = list(read_table_by_model(document, table, _Answer(said)))
    readings = [item for item in items if not isinstance(item, Unproven)]
    groups: dict[str, list[Reading]] = {}
    for reading in readings:
        groups.setdefault(reading.material.printed, []).append(reading)
    sha256 = hashlib.sha256(text).hexdigest()
    about = {"model": model, "sha256": sha256, "table": table.id, "answer": said, "reason": ""}
    dropped = [{"pointer": f"table={table.id}", "reason": each.reason} for each in items if isinstance(each, Unproven)]
    records = []
    for name, group in groups.items():
        if _is_formula(group[0].material.formula):
            records.append(_record(document, name, group, model))
        else:
            reason = f"no composition: {name!r} is no formula"
            dropped += [{"pointer": str(each.place.pointer), "reason": reason} for each in group]
    return canonical_json({"facts_of": about, "records": records, "rejected": dropped})


def _is_formula(formula: str | None) -> bool:
    try:
        return bool(formula and parse_formula(formula))
    except FormulaError:
        return False


def _record(document: Document, name: str, readings: list[Reading], model: str) -> dict[str, Any]:
    """Return the record of a material; without a confidence, because that of the rules was not fitted on models."""
    known = {"doi": document.doi, "pmcid": document.pmcid, "extractor": f"model {model}"}
    return {
        "source_id": f"{document.doi or document.id}#{' '.join(name.split())} (model {model})"[:_LONGEST_ID],
        "formula": readings[0].material.formula,
        "phase": readings[0].material.phase,
        "labels": {label: said for label, said in known.items() if said},
        "properties": [_value(reading) for reading in readings],
        "pointer": str(readings[0].place.line),
    }


def _value(reading: Reading) -> dict[str, Any]:
    quantity = reading.quantity
    return {
        "property": reading.property,
        "value": quantity.value,
        "value_min": quantity.value_min,
        "value_max": quantity.value_max,
        "uncertainty": quantity.uncertainty,
        "qualifier": quantity.qualifier.value,
        "unit": reading.unit,
        "text": reading.text,
        "method": reading.method.value,
        "pointer": str(reading.place.pointer),
    }
