"""Rows: the rows of a block in; the material and the conditions that each of them states out."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvest.papers.notation.conditions import condition_name
from harvest.papers.notation.marked import LINE
from harvest.papers.notation.materials import Material, is_code, is_element, read_material, sample_of
from harvest.papers.notation.quantities import QuantityError, read_quantity
from harvest.papers.notation.solid_solutions import is_series, member, variables_of
from harvest.papers.notation.units import SHARES, read_unit
from harvest.papers.tables.columns import UNMAPPED
from harvest.papers.tables.headers import read_header
from harvest.papers.tables.layout import elements_of
from harvest.papers.tables.roles import Role, may_name_samples, names_materials
from schemas.measurement import Condition

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from harvest.papers.notation.units import Unit
    from harvest.papers.tables.columns import Column
    from harvest.papers.tables.grid import Grid
    from harvest.papers.tables.layout import Block, Row
    from harvest.papers.tables.scope import Scope

_NO_MATERIAL = Material(printed="")
_NOTHING = re.compile(r"^(?:[-‐‑‒–—−…. ]*|n\.?/?a\.?|nd|n\.d\.)$", re.IGNORECASE)

_OF_COMPOUNDS = re.compile(
    r"\b(?:compounds?|materials?|elements?|metals?|semiconductors?|substances?)\b", re.IGNORECASE
)
# What stands where the name of a material could: whose values they are, or how they were found.
_NO_NAME = re.compile(
    r"^(?:values?|results?|data|average|mean|measured|quantity|(?:our|this|present|the present|current) "
    r"(?:work|study|paper|results?))$|\b(?:simulations?|simulated|calculations?|calculated|theor(?:y|etical)|"
    r"experiments?|experimental(?: data| values?| results?)?|literature)\b",
    re.IGNORECASE,
)
_MEMBER = re.compile(r"^(?P<variable>[xyz])\s*=\s*(?P<value>\d*\.?\d+)$")
_ENUMERATED = re.compile(r"^\(?(?:[a-z]|\d{1,2}|[ivx]{1,4})[.)]\s+")


@dataclass(frozen=True, slots=True)
class RowReader:
    """A block with the parts of its columns known.

    Attributes:
        trusts_formulas: the other cells of the material column are formulas, so one of unclear form ("KI") is too.
    """

    grid: Grid
    block: Block
    columns: tuple[Column, ...]
    scope: Scope
    trusts_formulas: bool

    @classmethod
    def of(cls, grid: Grid, block: Block, columns: tuple[Column, ...], scope: Scope) -> RowReader:
        """Return a reader for the rows of a block."""
        named = [column for column in columns if column.role is Role.MATERIAL][:1]
        cells = {grid.at(row.index, column.index).body.markup for row in block.rows for column in named} - {""}
        clear = sum(read_material(cell).formula is not None for cell in cells)
        unclear = sum(read_material(cell, is_formula_column=True).formula is not None for cell in cells)
        of_compounds = any(_OF_COMPOUNDS.search(column.header.printed) for column in named) or _are_elements(cells)
        trusts = 2 * clear > len(cells) or (unclear == len(cells) and (clear > 0 or of_compounds))
        return cls(grid, block, columns, scope, trusts_formulas=trusts)

    def materials(self) -> Iterator[tuple[int, Material, str]]:
        """Yield each row with its material and where that stands: row, caption, title or heading.

        A row whose first cells are blank goes on with the material above it.
        """
        above: Material | None = None
        for row in self.block.rows:
            goes_on = above is not None and not self.grid.at(row.index, self.block.columns[0]).body.text
            material, source = self._own(row) or (above if goes_on else None), "row"
            if material is None:
                material, source = self._around(row)
            above = material if source == "row" else above
            material = self._in_series(material, row.index)
            yield row.index, _in_phase(material, self._first_of(row.index, Role.PHASE)), source

    def conditions(self, row: int, *, before: int) -> tuple[Condition, ...]:
        """Return how the values of a row came about: condition columns, and words left of the values.

        Args:
            row: index in the grid.
            before: index of the first column of values.
        """
        found = []
        for column in self.columns:
            cell = self.grid.at(row, column.index).body
            if _NOTHING.match(cell.text):
                continue
            if column.role is Role.CONDITION:
                found.append(_condition(column, cell.markup, cell.text))
            elif column.role is Role.TEXT and column.index < before and column.header.name:
                found.append(Condition(name=column.header.name, text=cell.text))
        return tuple(found)

    def _in_series(self, material: Material, row: int) -> Material:
        """Return the member of a series whose variable a column of the row gives a value."""
        if material.formula is not None or not is_series(material.printed):
            return material
        given = {}
        for column in self.columns:
            name = column.header.title.strip()
            if name in variables_of(material.printed):
                with contextlib.suppress(QuantityError):
                    given[name] = read_quantity(self.grid.at(row, column.index).body.markup).value
        values = {name: value for name, value in given.items() if value is not None}
        formula = member(material.printed, values)
        told = ", ".join(f"{name} = {value:g}" for name, value in sorted(values.items()))
        return Material(f"{material.printed} ({told})", formula) if values and formula else material

    def elements(self, row: int) -> tuple[str, ...]:
        """Return the elements whose amounts a row gives; none where the rows are not elements."""
        return elements_of(self._first_of(row, Role.ELEMENT)) or ()

    def share_unit(self, row: int) -> Unit | None:
        """Return what the amounts of a row are counted by, where that stands in place of a name: "wt.%"."""
        unit = read_unit(self._first_of(row, Role.MATERIAL))
        return unit if unit is not None and unit.spelling in SHARES else None

    def _own(self, row: Row) -> Material | None:
        """Return the material that the cells of the row name; a formula column gives a sample its composition."""
        name = self._first_of(row.index, Role.MATERIAL)
        formula = self._first_of(row.index, Role.FORMULA)
        if (_NO_NAME.search(name) and not names_materials(read_header(name))) or self.share_unit(row.index):
            name = ""
        if not name and not formula:
            return None
        named = read_material(name or formula, is_formula_column=self.trusts_formulas)
        if named.formula is not None:
            return named
        if formula:
            given = read_material(formula, is_formula_column=True)
            return Material(named.printed, given.formula, named.phase or given.phase)
        return self._as_sample(named, row.label)

    def _as_sample(self, named: Material, label: str) -> Material:
        """Return what a code such as "S1" is a sample of, by the heading of its rows, the caption or the title."""
        member_of = self._member(named.printed)
        if member_of is not None:
            return member_of
        headed = read_material(label) if label else None
        if headed is not None and headed.formula is not None:
            return sample_of(headed, named.printed)
        heads = [column.header for column in self.columns if column.role is Role.MATERIAL]
        is_sample = is_code(named.printed) or not any(names_materials(header) for header in heads)
        return sample_of(self.scope.materials[0][0], named.printed) if is_sample and self.scope.materials else named

    def _member(self, name: str) -> Material | None:
        """Return the member of the series of the caption that "x = 0.1" is."""
        told = _MEMBER.match(name)
        series = next((each for each, _place in self.scope.materials if is_series(each.printed)), None)
        if told is None or series is None:
            return None
        formula = member(series.printed, {told["variable"]: float(told["value"])})
        return Material(f"{series.printed} ({name})", formula, sample=name) if formula else None

    def line_by_line(self, row: int, count: int) -> tuple[Material, ...]:
        """Return the materials of a row that names one a line; none where there are not so many.

        Args:
            row: index in the grid.
            count: of the lines that hold values.
        """
        lines = [line.strip() for line in self._first_of(row, Role.MATERIAL).split(LINE)]
        items = [line for line in lines if _ENUMERATED.match(line)]
        chosen = items if len(items) == count else lines if len(lines) == count else []
        return tuple(read_material(_ENUMERATED.sub("", line), is_formula_column=True) for line in chosen)

    def _around(self, row: Row) -> tuple[Material, str]:
        label = row.label
        headed = read_material(label) if label else _NO_MATERIAL
        if headed.formula is not None:
            return headed, "row"
        if self.scope.materials:
            return self.scope.materials[0]
        if label and may_name_samples(read_header(label), [label]):
            return headed, "heading"
        name = "" if self.share_unit(row.index) else self._first_of(row.index, Role.MATERIAL)
        return read_material(name), "heading"

    def _first_of(self, row: int, role: Role) -> str:
        texts = (self.grid.at(row, column.index).body.markup for column in self.columns if column.role is role)
        return next((text for text in texts if not _NOTHING.match(text)), "")


def _are_elements(cells: Collection[str]) -> bool:
    """Tell symbols of elements from letters that count samples: "Fe", "W", but not "B", "C"."""
    return all(map(is_element, cells)) and any(len(cell) > 1 for cell in cells)


def _in_phase(material: Material, phase: str) -> Material:
    """Return the material with the phase that a column of its own gives; the name says both.

    Where the phase is a compound ("Si" in the sample S1), its values are those of the compound.
    """
    if not phase or material.phase is not None:
        return material
    words = read_material(phase, is_formula_column=True)
    formula = material.formula or words.formula
    return Material(f"{material.printed} ({words.printed})", formula=formula, phase=words.printed)


def _condition(column: Column, markup: str, text: str) -> Condition:
    header = column.header
    unit = header.unit.spelling if header.unit else None
    name = column.property.removeprefix(UNMAPPED) or condition_name(header.name or " ".join(header.symbols), unit)
    try:
        quantity = read_quantity(markup)
    except QuantityError:
        return Condition(name=name, text=text)
    own = quantity.unit
    scaled = quantity.scaled(own.factor if own else header.factor)
    return Condition(name=name, value=scaled.value, unit=own.spelling if own else unit, text=text)
