"""Sample: a factor in, a project of that many times the samples out, and what a run must find in it.

The first copy is the sample itself. Every other copy maps the elements of each formula to others, so that every copy of
a structure is of a chemistry of its own: cells and sites, and with them the work for each row, stay as they are, and so
does the number of structures of a formula. Where all chemistries of a formula are taken (elements, and some AB and AB2
at x50), its structures are left out of a copy; rows without a structure then share a formula, and merge.
"""

from __future__ import annotations

import gzip
import itertools
import json
import math
import random
import re
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.elements import elements
from schemas.formula import parse_formula

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLES = Path(__file__).parents[2] / "data" / "samples"
SEED = 20261122
TRIES = 200
EACH_DUPLICATE, EACH_IMPOSSIBLE, EACH_TORN = 100, 500, 1000
_SYMBOL = re.compile(r"[A-Z][a-z]?")
_SYMBOLS = [symbol for symbol in elements() if symbol not in {"D", "T", "He", "Ne", "Ar"}][:100]

type Formula = frozenset[tuple[str, int]]

RECIPE = """
[dataset]
name = "scaled"
title = "Structures with refractive indices and compounds with formation energies, many times over"
licence = "CC-BY-4.0"
creators = [{ name = "The matgranary developers" }]

[[sources]]
source = "files"
name = "dielectric"
path = "dielectric.jsonl.gz"
card = "dielectric.toml"

[[sources]]
source = "files"
name = "energies"
path = "energies.jsonl.gz"
card = "energies.toml"

[curate]
dedup = "strict"

[represent]
with = ["fraction", "magpie", "mat2vec"]

[release]
to = ["folder"]
"""


@dataclass
class Truth:
    """What a run must find of one source: rows of the sample, and what was planted."""

    rows: int = 0
    left_out: int = 0
    formulas: int = 0
    duplicates: int = 0
    impossible: int = 0
    torn: int = 0
    flagged: int = 0
    same_formula: int = 0
    same_value: int = 0

    def sums(self, matches: int) -> dict[str, dict[str, int] | int]:
        """Return the line of the ledger: `matches` are pairs that the sample itself holds."""
        merged = self.duplicates + self.same_formula + matches
        entries = {"harvested": self.rows + self.duplicates + self.torn, "merged": merged, "quarantined": self.torn}
        values = {
            "harvested": self.rows + self.duplicates,
            "merged": self.duplicates + self.same_value,
            "quarantined": self.impossible,
        }
        for sums in (entries, values):
            sums["kept"] = sums["harvested"] - sums["merged"] - sums["quarantined"]
        return {"entries": entries, "values": values, "flagged_values": self.flagged}


class Chemistry:
    """Gives every copy of a formula elements that no other copy of any formula has in these proportions."""

    def __init__(self) -> None:
        self._taken: set[Formula] = set()
        self._random = random.Random(SEED)  # noqa: S311 — chemistry, not secrets

    def take(self, formula: Formula) -> None:
        self._taken.add(formula)

    def mapped(self, formula: Formula) -> dict[str, str] | None:
        """Return which element becomes which, or none where no new chemistry was found."""
        symbols = sorted(symbol for symbol, _ in formula)
        for _ in range(TRIES):
            mapping = dict(zip(symbols, self._random.sample(_SYMBOLS, len(symbols)), strict=True))
            new = frozenset((mapping[symbol], amount) for symbol, amount in formula)
            if new not in self._taken:
                self._taken.add(new)
                return mapping
        return None

    def any(self, formula: Formula) -> dict[str, str]:
        symbols = sorted(symbol for symbol, _ in formula)
        return dict(zip(symbols, self._random.sample(_SYMBOLS, len(symbols)), strict=True))


def write_project(folder: Path, factor: int) -> tuple[Path, dict[str, Truth]]:
    """Write recipe, cards and data; return the recipe and the truth of each source."""
    folder.mkdir(parents=True)
    (folder / "scaled.toml").write_text(RECIPE, encoding="utf-8")
    shutil.copy(SAMPLES / "matbench_dielectric.toml", folder / "dielectric.toml")
    card = (SAMPLES / "experimental_formation_energies.toml").read_text(encoding="utf-8")
    (folder / "energies.toml").write_text(card.replace('id = "formula"', 'id = "id"'), encoding="utf-8")
    truth = {"dielectric": Truth(), "energies": Truth()}
    _write(folder / "dielectric.jsonl.gz", _planted(_dielectric(factor, truth["dielectric"]), "n", truth["dielectric"]))
    _write(
        folder / "energies.jsonl.gz", _planted(_energies(factor, truth["energies"]), "exp energy", truth["energies"])
    )
    return folder / "scaled.toml", truth


def formulas_of_copies(factor: int) -> Counter[str]:
    """Return in how many copies the structures of each formula of the sample stand, by the sample's own ids."""
    counts: Counter[str] = Counter()
    for row in _dielectric(factor, Truth()):
        counts[row["id"].partition("~")[0]] += 1
    return counts


def _write(path: Path, lines: Iterator[str]) -> None:
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=1) as file:
        file.writelines(line + "\n" for line in lines)


def _sample(name: str) -> list[dict[str, Any]]:
    with gzip.open(SAMPLES / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _reduced(formula: str) -> Formula:
    amounts = {symbol: round(amount * 10_000) for symbol, amount in parse_formula(formula).items()}
    divisor = math.gcd(*amounts.values())
    return frozenset((symbol, amount // divisor) for symbol, amount in amounts.items())


def _dielectric(factor: int, truth: Truth) -> Iterator[dict[str, Any]]:
    rows = _sample("matbench_dielectric")
    formulas = [_reduced(row["formula"]) for row in rows]
    chemistry = Chemistry()
    for formula in formulas:
        chemistry.take(formula)
    same = {symbol: symbol for symbol in elements()}
    for copy in range(factor):
        mappings = {f: same if copy == 0 else chemistry.mapped(f) for f in dict.fromkeys(formulas)}
        truth.formulas += sum(mapping is not None for mapping in mappings.values())
        for row, formula in zip(rows, formulas, strict=True):
            mapping = mappings[formula]
            if mapping is None:
                truth.left_out += 1
            else:
                yield _substituted(row, mapping, copy)


def _substituted(row: dict[str, Any], mapping: dict[str, str], copy: int) -> dict[str, Any]:
    structure = row["structure"]
    sites = [
        {"species": [{**part, "element": mapping[part["element"]]} for part in site["species"]], "abc": site["abc"]}
        for site in structure["sites"]
    ]
    return {
        **row,
        "id": f"{row['id']}~{copy}",
        "formula": _SYMBOL.sub(lambda match: mapping[match[0]], row["formula"]),
        "structure": {**structure, "sites": sites},
    }


def _energies(factor: int, truth: Truth) -> Iterator[dict[str, Any]]:
    rows = _sample("experimental_formation_energies")
    chemistry, seen = Chemistry(), set()
    formulas = [_reduced(row["formula"]) for row in rows]
    for formula in formulas:
        chemistry.take(formula)
    for copy in range(factor):
        for row, formula in zip(rows, formulas, strict=True):
            mapping = {s: s for s, _ in formula} if copy == 0 else chemistry.mapped(formula) or chemistry.any(formula)
            written = _SYMBOL.sub(lambda match, mapping=mapping: mapping[match[0]], row["formula"])
            new = frozenset((mapping[symbol], amount) for symbol, amount in formula)
            truth.same_formula += new in seen
            seen.add(new)
            yield {**row, "id": f"{row['formula']}~{copy}", "formula": written}
    truth.formulas = len(seen)


def _planted(rows: Iterator[dict[str, Any]], field: str, truth: Truth) -> Iterator[str]:
    """Write rows as lines; plant exact duplicates, impossible values and torn lines among the rows without a flag.

    Rows without a structure that share a formula may share a value by chance: it is one value, delivered twice.
    """
    plain, said = itertools.count(1), set()
    for row in rows:
        truth.rows += 1
        one = (_reduced(row["formula"]), row[field])
        if _is_flagged(row, field):
            truth.flagged += 1
            truth.same_value += "structure" not in row and one in said
            said.add(one)
            yield json.dumps(row)
            continue
        number = next(plain)
        if number % EACH_IMPOSSIBLE == 0:
            truth.impossible += 1
            yield json.dumps({**row, field: -1e6})
            continue
        truth.same_value += "structure" not in row and one in said
        said.add(one)
        line = json.dumps(row)
        yield line
        if number % EACH_DUPLICATE == 1:
            truth.duplicates += 1
            yield json.dumps({**row, "id": f"{row['id']}~again"})
        if number % EACH_TORN == 2:
            truth.torn += 1
            yield line[: len(line) // 2]


def _is_flagged(row: dict[str, Any], field: str) -> bool:
    """Tell whether a row of the sample is outside of what is plausible: the property dictionary says of what."""
    value = row[field]
    if field == "n":
        return bool(value < 1.05 or value > 10)
    return row["uncertainty"] is not None and row["uncertainty"] > abs(value) > 0
