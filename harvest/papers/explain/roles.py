"""Roles of cells: an extraction in; what each cell of its tables was taken for, and why, out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harvest.papers.tables.roles import Role
from harvest.papers.tables.views import columns_of

if TYPE_CHECKING:
    from harvest.papers.document import Document, Table
    from harvest.papers.pipeline import Extraction

    Roles = dict[tuple[str, int, int], tuple[str, str]]

_CLASSES = {
    Role.MATERIAL: "material", Role.FORMULA: "material", Role.ELEMENT: "material", Role.PHASE: "material",
    Role.CONDITION: "condition", Role.REFERENCE: "reference",
}  # fmt: skip


def cell_roles(extraction: Extraction) -> Roles:
    """Return the role and the reason of each cell that was taken for something, by table, row and column."""
    found: Roles = {}
    for table in extraction.document.tables:
        found.update(_by_column(extraction.document, table))
    for reading in extraction.readings:
        place = dict(reading.place.pointer.steps)
        if "table" in place:
            told = f"{reading.label} [{reading.unit}], known by {reading.property_from}"
            found[place["table"], int(place["row"]), int(place["col"])] = ("value", told)
    for rejected in extraction.rejected:
        place = dict(rejected.pointer.steps)
        if "col" in place:
            found[place["table"], int(place["row"]), int(place["col"])] = ("refused", "; ".join(rejected.reasons))
    return found


def _by_column(document: Document, table: Table) -> Roles:
    """Return the roles that whole columns have, rows where the table is turned."""
    found: Roles = {}
    for cells, column in columns_of(document, table):
        role = _CLASSES.get(column.role)
        head, body = cells
        if role is not None:
            found.update({(table.id, row, place): (role, column.header.printed) for row, place in body})
        if column.role in {Role.PROPERTY, Role.FRACTION, Role.NUMBER}:
            found.update({(table.id, row, place): ("header", column.label) for row, place in head})
    return found
