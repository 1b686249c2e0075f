"""Accept: rows in quarantine that a person looked at in, the decision in the recipe out; the next run follows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tomli_w

from curation.errors import ContractError, UnknownDatasetError
from curation.validate.rules import ENTRY_RULES, VALUE_RULES
from schemas.disk import write_file
from schemas.recipe import Recipe, read_toml

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from curation.datasets.open import Dataset

# Values of a quarantined record come back with the record.
_ACCEPTABLE = sorted(rule.name for rule in (*ENTRY_RULES, *VALUE_RULES) if rule.can_be_accepted)


def accept_rows(dataset: Dataset, rows: Sequence[str], reason: str, recipe: Path) -> None:
    """Write into a recipe that rows leave quarantine.

    Args:
        dataset: the version in whose quarantine they are.
        rows: ids of records and values.
        reason: why they are right; stands in the recipe.
        recipe: the recipe of the dataset; the decision is added at its end, the rest is left as it is.

    Raises:
        UnknownDatasetError: a row is not in quarantine.
        ContractError: a row cannot be computed with, so that nobody can let it out; the recipe is of another dataset.
        RecipeError: the recipe, as it is or with the decision, does not hold.
    """
    _refuse_what_stays(dataset, rows)
    text = recipe.read_text(encoding="utf-8")
    name = read_toml(Recipe, text, file=str(recipe)).dataset.name
    if name != dataset.manifest.dataset:
        message = f"{recipe} is the recipe of {name}, the rows are of {dataset.id}"
        raise ContractError(message)
    added = tomli_w.dumps({"curate": {"accept": [{"rows": list(rows), "reason": reason}]}})
    longer = text.rstrip("\n") + "\n\n" + added
    read_toml(Recipe, longer, file=str(recipe))
    write_file(recipe, longer.encode())


def _refuse_what_stays(dataset: Dataset, rows: Sequence[str]) -> None:
    question = "SELECT row_id, [r FOR r IN reasons IF split_part(r, ':', 1) NOT IN ({names})] AS stays FROM quarantine"
    names = ", ".join(f"'{name}'" for name in _ACCEPTABLE)
    quarantined = {row["row_id"]: row["stays"] for row in dataset.sql(question.format(names=names)).rows()}
    for row in rows:
        if row not in quarantined:
            message = f"{row} is not in the quarantine of {dataset.id}; `matgranary quarantine list` shows what is"
            raise UnknownDatasetError(message)
        if quarantined[row]:
            message = f"{row} cannot be let out, nothing can be computed with it: {quarantined[row]}"
            raise ContractError(message)
