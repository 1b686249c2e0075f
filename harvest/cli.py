"""Command line of harvesting: `harvest`, `extract`, `sources`; `python -m harvest` has only these."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from harvest.console import JsonOption, StoreOption, add_command, progress, run_app, say, say_json, say_table, store_of

RecipeArgument = Annotated[Path, typer.Argument(help="The recipe, a TOML file.")]
UpdateOption = Annotated[bool, typer.Option("--update", help="Ask every source anew and move harvest.lock on.")]
LockedOption = Annotated[bool, typer.Option("--locked", help="Refuse anything that harvest.lock does not say.")]
OfflineOption = Annotated[bool, typer.Option("--offline", help="Use the archive and local files only.")]


def harvest_command(
    recipe: RecipeArgument,
    store: StoreOption = None,
    update: UpdateOption = False,
    locked: LockedOption = False,
    offline: OfflineOption = False,
    as_json: JsonOption = False,
) -> None:
    """Harvest every source of a recipe into the store.

    Examples:

        matgranary harvest data/recipes/quickstart.toml

        matgranary harvest recipe.toml --locked --offline
    """
    from harvest.runner import Mode
    from harvest.store import open_store

    with open_store(store_of(recipe, store)) as opened, progress(shown=not as_json) as report:
        mode = Mode(update=update, locked=locked, offline=offline)
        done = opened.harvest(recipe, mode=mode, progress=report)
    sources = done.records.sources
    if as_json:
        say_json(
            {
                "dataset": done.records.dataset,
                "fetched": done.fetched,
                "sources": [s.model_dump(mode="json") for s in sources],
            }
        )
        return
    rows = [
        (s.key, s.source, s.pin.records, s.pin.pages, done.fetched.get(s.key, 0), s.pin.version[:32], s.licence)
        for s in sources
    ]
    say_table(("source", "connector", "records", "pages", "fetched now", "version", "licence"), rows)
    if not done.parsed:
        say("Nothing to do: every source is as harvest.lock says.")


def sources_command(as_json: JsonOption = False, store: StoreOption = None) -> None:
    """List the sources that can be harvested, and what the store has of them.

    Examples:

        matgranary sources

        matgranary sources --json
    """
    from harvest.registry import load_source, source_names

    cards = [load_source(name).card for name in source_names()]
    held = _held(store_of(None, store))
    if as_json:
        say_json([{**card.model_dump(mode="json"), "in_store": held.get(card.name, [])} for card in cards])
        return
    rows = [
        (
            c.name,
            c.title,
            c.licence,
            c.pin.value,
            _key_of(c.key.variables if c.key else ()),
            _names(held.get(c.name, [])),
        )
        for c in cards
    ]
    say_table(("source", "title", "licence", "pin", "key", "in this store"), rows)
    for card in cards:
        providers = getattr(card, "providers", None)
        if providers:
            say()
            listed = [(prefix, p.title, p.licence, p.base_url) for prefix, p in providers.items()]
            say_table(("provider", "title", "licence", "address"), listed, title=f"Providers of {card.name}")


def _held(store: Path) -> dict[str, list[dict[str, object]]]:
    """Return what the store has of each source: its name in a dataset, how many records, which version."""
    from schemas.records import RecordSet

    held: dict[str, list[dict[str, object]]] = {}
    for path in sorted((store / "records").glob("*.json")):
        for source in RecordSet.model_validate_json(path.read_bytes()).sources:
            known = {"name": source.key, "records": source.pin.records, "version": source.pin.version}
            held.setdefault(source.source, []).append(known)
    return held


def _names(held: list[dict[str, object]]) -> str:
    return ", ".join(f"{known['name']} ({known['records']:,})" for known in held)


def _key_of(variables: tuple[str, ...]) -> str:
    return " or ".join(variables) or "none"


def extract_command(
    files: Annotated[list[Path], typer.Argument(help="Articles, JATS XML.")],
    out: Annotated[Path | None, typer.Option(help="Write records here, one JSON object a line.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Extract the property tables of articles; one that cannot be read does not stop the others.

    Examples:

        matgranary extract data/samples/papers/*.xml

        matgranary extract article.xml --out records.jsonl
    """
    from harvest.papers.export import extract_files

    with progress(shown=not as_json) as report:
        lines, problems = extract_files(files, report)
    if out is not None:
        import json

        out.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    if as_json:
        say_json({"records": lines if out is None else len(lines), "problems": problems})
    elif out is None:
        rows = [
            (
                r["document"],
                r["table"],
                r["row"],
                r["col"],
                r["material"],
                r["property"],
                r["text"],
                r["unit"],
                r["confidence"],
            )
            for r in lines
        ]
        say_table(("document", "table", "row", "col", "material", "property", "as printed", "unit", "confidence"), rows)
    for problem in problems:
        sys.stderr.write(f"{problem['document']}: {problem['reason']}\n")
    if problems:
        raise typer.Exit(3)


def add_commands(app: typer.Typer) -> None:
    """Give an app the commands of this half."""
    add_command(app, "harvest", harvest_command)
    add_command(app, "extract", extract_command)
    add_command(app, "sources", sources_command)


def main() -> None:
    """Run the command line of this half."""
    app = typer.Typer(
        no_args_is_help=True, rich_markup_mode=None, help="Harvest materials data: sources and papers in, records out."
    )
    add_commands(app)
    raise SystemExit(run_app(app))
