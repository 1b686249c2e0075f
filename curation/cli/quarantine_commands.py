"""Quarantine commands: what was taken out of a dataset, why, and the way back in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from curation.cli.dataset_commands import DatasetOption
from harvest.console import JsonOption, StoreOption, add_command, say, say_json, say_table, store_of

RuleOption = Annotated[str | None, typer.Option("--rule", help="Only rows that this rule took out.")]
SourceOption = Annotated[str | None, typer.Option("--source", help="Only rows of this source.")]
_LISTED = 50
_COUNTS = """
SELECT rule, source, "table", stage, count(*) AS n, any_value(row_id) AS example, any_value(reason) AS reason
FROM (
    SELECT row_id, source, "table", stage, unnest(reasons) AS reason, split_part(reason, ':', 1) AS rule
    FROM quarantine
)
WHERE ({rule} IS NULL OR rule = {rule}) AND ({source} IS NULL OR source = {source})
GROUP BY rule, source, "table", stage ORDER BY n DESC, rule, source
"""


def list_command(
    rule: RuleOption = None,
    source: SourceOption = None,
    dataset: DatasetOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Count what is in quarantine by rule and source, with an example of each.

    Examples:

        matgranary quarantine list

        matgranary quarantine list --rule outside_possible_range
    """
    from curation.datasets.open import open_dataset

    opened = open_dataset(store_of(None, store), dataset)
    rows = opened.sql(_COUNTS.format(rule=_text(rule), source=_text(source))).rows()
    if as_json:
        say_json(rows)
        return
    if not rows:
        say(f"Nothing of {opened.id} is in quarantine{' for that' if rule or source else ''}.")
        return
    say_table(
        ("rule", "source", "rows of", "rows", "example", "reason"),
        [(r["rule"], r["source"], r["table"], r["n"], r["example"], str(r["reason"])[:100]) for r in rows],
    )


def show_command(
    identifier: Annotated[str, typer.Argument(help="Id of the row (e-…, p-… or r-…), or the beginning of one.")],
    dataset: DatasetOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show rows in quarantine: every reason, the row itself, and where it was read.

    Examples:

        matgranary quarantine show r-2dsxjj6y

        matgranary lineage r-2dsxjj6y
    """
    from curation.datasets.open import open_dataset
    from curation.errors import UnknownDatasetError

    opened = open_dataset(store_of(None, store), dataset)
    question = (
        f"SELECT * FROM quarantine WHERE starts_with(row_id, {_text(identifier)}) ORDER BY row_id LIMIT {_LISTED}"
    )
    rows = opened.sql(question).rows()
    if not rows:
        message = (
            f"no row of {opened.id} in quarantine begins with {identifier!r}; `matgranary quarantine list` shows some"
        )
        raise UnknownDatasetError(message)
    if as_json:
        say_json(rows)
        return
    for row in rows:
        say(f"{row['row_id']}  {row['source']} {row['source_id'] or ''}  ({row['table']}, by {row['stage']})")
        for reason in row["reasons"] if isinstance(row["reasons"], list) else ():
            say(f"  {reason}")
        say(f"  read at {row['pointer']} of {str(row['raw_sha256'])[:12]}…")
        say(f"  {_shortened(str(row['row']))}")


def release_command(
    rows: Annotated[list[str], typer.Argument(help="Ids of the rows, whole: e-… or p-….")],
    reason: Annotated[str, typer.Option("--reason", help="Why they are right after all; part of the dataset.")],
    recipe: Annotated[Path, typer.Option("--recipe", help="The recipe, which the decision is written into.")],
    dataset: DatasetOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let rows out of quarantine: write the decision and its reason into the recipe; the next run follows it.

    The rows keep the names of the rules that they break as flags, and get the flag `accepted`.

    Examples:

        matgranary quarantine release p-6adgyuvbi2hkpa4f --reason "checked in the paper" --recipe recipe.toml
    """
    from curation.datasets.open import open_dataset
    from curation.validate.accept import accept_rows

    opened = open_dataset(store_of(recipe, store), dataset)
    accept_rows(opened, rows, reason, recipe)
    if as_json:
        say_json({"recipe": str(recipe), "rows": rows, "reason": reason})
    else:
        say(f"{recipe} lets out {len(rows)} row{'s' * (len(rows) > 1)}: `matgranary run {recipe}` makes the version")


def _shortened(row: str) -> str:
    """Return a row without what is null."""
    try:
        given = {key: value for key, value in json.loads(row).items() if value is not None}
    except (ValueError, AttributeError):
        return row
    return json.dumps(given, ensure_ascii=False)


def _text(value: str | None) -> str:
    """Return a text, or nothing, as SQL."""
    return "NULL::VARCHAR" if value is None else "'" + value.replace("'", "''") + "'"


def add_quarantine_commands(app: typer.Typer) -> None:
    """Give an app these commands, as a group."""
    group = typer.Typer(
        help="See what was taken out of a dataset and why, and let rows back in.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    add_command(group, "list", list_command)
    add_command(group, "show", show_command)
    add_command(group, "release", release_command)
    app.add_typer(group, name="quarantine", short_help="See what was taken out of a dataset, and let rows back in.")
