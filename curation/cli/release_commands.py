"""Release commands: make a release, deposit it, sign it, fetch one, cite it, export it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from curation.release.export_format import ExportFormat
from harvest.console import JsonOption, StoreOption, add_command, progress, say, say_json, say_table, store_of

if TYPE_CHECKING:
    from curation.release.deposit.run import Deposited
    from curation.release.deposit.trial import Trial
    from curation.release.package import Released
    from curation.release.terms import ReleaseTerms

DatasetArgument = Annotated[str | None, typer.Argument(help="NAME or NAME@VERSION; the only dataset where not given.")]
ReleaseArgument = Annotated[
    str | None, typer.Argument(help="Release folder, NAME or NAME@VERSION; the only release where not given.")
]


def release_command(
    dataset: DatasetArgument = None,
    to: Annotated[str, typer.Option("--to", help="Where to, for example folder, inveniordm, zenodo, s3.")] = "folder",
    instance: Annotated[str, typer.Option("--instance", help="Address of the repository, or s3://BUCKET/PREFIX.")] = "",
    licence: Annotated[str | None, typer.Option("--licence", help="SPDX id; that of the recipe by default.")] = None,
    allow_licences: Annotated[
        str, typer.Option("--allow-licences", help="Leave out rows under others: SPDX ids, separated by commas.")
    ] = "",
    date: Annotated[str | None, typer.Option("--date", help="Date of the release, YYYY-MM-DD.")] = None,
    publisher: Annotated[str, typer.Option("--publisher", help="Who makes it available.")] = "",
    doi: Annotated[str | None, typer.Option("--doi", help="DOI, where it is known before.")] = None,
    url: Annotated[str | None, typer.Option("--url", help="Address of the landing page.")] = None,
    embargo: Annotated[str | None, typer.Option("--embargo", help="First day that the files are open.")] = None,
    restricted: Annotated[bool, typer.Option("--restricted", help="The files are not open.")] = False,
    sign_with: Annotated[Path | None, typer.Option("--sign", help="Secret key of minisign.")] = None,
    sql_engine: Annotated[
        Path | None, typer.Option("--sql-engine", help="Folder of DuckDB-Wasm: the page gets SQL.")
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Build it in a temporary folder, check where to, and say what would be sent."),
    ] = False,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the release of a dataset version, and deposit it where that is wished.

    Examples:

        matgranary release quickstart

        matgranary release quickstart@1.0.0 --allow-licences CC0-1.0,CC-BY-4.0

        matgranary release quickstart --to zenodo-sandbox --dry-run
    """
    from curation.datasets.open import open_dataset
    from curation.release.deposit.registry import FOLDER
    from curation.release.deposit.run import Order, deposit
    from curation.release.deposit.trial import try_deposit
    from curation.release.landing.sql_page import read_engine
    from curation.release.package import package
    from curation.release.sign import place_key, sign
    from curation.release.terms import terms_of
    from schemas.store_lock import hold_store

    terms = terms_of(
        licence=licence,
        allow_licences=[name.strip() for name in allow_licences.split(",") if name.strip()],
        released=date,
        publisher=publisher,
        doi=doi,
        url=url,
        embargo_until=embargo,
        restricted=restricted,
    )
    key = place_key(sign_with) if sign_with else None
    engine = read_engine(sql_engine) if sql_engine else None
    folder = store_of(None, store)
    with hold_store(folder), progress(shown=not as_json) as report:
        opened = open_dataset(folder, dataset)
        if dry_run:
            done: Trial | Deposited = try_deposit(opened, folder, Order(terms, to, instance, key, engine))
        elif to == FOLDER:
            released = package(opened, folder, terms, engine=engine)
            if key:
                sign(released.folder, key)
            _tell(released, terms, as_json=as_json)
            return
        else:
            done = deposit(opened, folder, Order(terms, to, instance, key, engine), progress=report)
    if as_json:
        say_json(done.as_json())
    else:
        say(done.text())


def _tell(released: Released, terms: ReleaseTerms, *, as_json: bool) -> None:
    left_out = [vars(one) for one in released.left_out]
    if as_json:
        said = {"folder": str(released.folder), "is_new": released.is_new, "left_out": left_out}
        said["without"] = list(released.without)
        say_json({**said, "terms": terms.model_dump(mode="json")})
        return
    if left_out:
        rows = [(one.source, one.licence, one.rows) for one in released.left_out]
        say_table(("source", "licence", "records left out"), rows)
    say(f"Release  {released.folder}{'' if released.is_new else '  (stands already)'}")
    if released.without:
        say(released.advice)


def get_command(
    source: Annotated[str, typer.Argument(help="DOI, address of a record or an archive, or path.")],
    out: Annotated[Path, typer.Option("--out", help="Folder to put the release into.")] = Path(),
    public_key: Annotated[str, typer.Option("--key", help="Public key of minisign that must have signed it.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Fetch a release and prove it: every file has the hash that its manifest says.

    Examples:

        matgranary get quickstart-1.0.0.zip

        matgranary get 10.5281/zenodo.1234567
    """
    from curation.release.get import get

    folder = get(source, out, public_key=public_key)
    if as_json:
        say_json({"folder": str(folder)})
        return
    say(f"Release  {folder}  (proven)")


def cite_command(
    release: ReleaseArgument = None,
    style: Annotated[str, typer.Option("--format", help="text, bibtex, cff or datacite.")] = "text",
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print how to cite a release.

    Examples:

        matgranary cite quickstart

        matgranary cite quickstart-1.0.0/ --format bibtex
    """
    from curation.release.cite import cite
    from curation.release.find import find_release

    citation = cite(find_release(store_of(None, store), release), style).rstrip()
    if as_json:
        say_json({"format": style, "citation": citation})
    else:
        say(citation)


def export_command(
    release: ReleaseArgument = None,
    kind: Annotated[ExportFormat, typer.Option("--format", help="What to write.")] = ExportFormat.JSONL,
    out: Annotated[Path, typer.Option("--out", help="File, or folder for cif and csv.")] = Path("export"),
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a release as files for other programs.

    Examples:

        matgranary export quickstart --format cif --out structures

        matgranary export quickstart --format extxyz --out quickstart.extxyz
    """
    from curation.release.export import export
    from curation.release.find import find_release

    count = export(find_release(store_of(None, store), release), kind, out)
    if as_json:
        say_json({"out": str(out), "materials": count})
        return
    say(f"{count:,} materials  {out}")


def add_release_commands(app: typer.Typer) -> None:
    """Give an app these commands."""
    add_command(app, "release", release_command)
    add_command(app, "get", get_command)
    add_command(app, "cite", cite_command)
    add_command(app, "export", export_command)
