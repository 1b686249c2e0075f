"""The console: where a store is, how a cell is written, which exit code an error has."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest
import typer

from harvest.console import progress, run_app, say_table, store_of, written
from harvest.errors import IntegrityError


@pytest.mark.parametrize(
    ("recipe", "given", "store"),
    [
        ("/p/data/recipes/r.toml", None, "/p/data"),
        ("/p/r.toml", None, "/p/data"),
        ("/p/recipes/r.toml", None, "/p/recipes/data"),
        ("/p/r.toml", "/elsewhere", "/elsewhere"),
        (None, None, "data"),
    ],
)
def test_where_the_store_is(recipe: str | None, given: str | None, store: str) -> None:
    assert store_of(Path(recipe) if recipe else None, Path(given) if given else None) == Path(store)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (12345, "12,345"),
        (1.23456789, "1.23457"),
        ("a" * 500, "a" * 500),
        (0, "0"),
        ([1, 2], "[1, 2]"),
        ([1] * 100, "[" + "1, " * 39 + "1…"),
    ],
)
def test_how_a_cell_is_written(cell: object, text: str) -> None:
    assert written(cell) == text


def test_away_from_a_terminal_a_table_is_as_wide_as_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    words = [f"{number}-{'x' * 40}" for number in range(10)]
    say_table(words, [words])
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [words, words]


def test_a_table_keeps_what_looks_like_markup(capsys: pytest.CaptureFixture[str]) -> None:
    say_table(("formula", "n"), [("[Fe]2", 1), ("NaCl", 22)])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines] == [["formula", "n"], ["[Fe]2", "1"], ["NaCl", "22"]]
    assert lines[1].index("1") == lines[2].index("22") + 1


def test_away_from_a_terminal_progress_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    with progress() as report:
        report("source", 1, 2)
    assert capsys.readouterr() == ("", "")


def app_that_raises(error: BaseException) -> typer.Typer:
    app = typer.Typer()

    @app.command()
    def fail(as_json: bool = typer.Option(False, "--json")) -> None:  # noqa: FBT003 — a flag of typer
        del as_json
        raise error

    return app


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (IntegrityError("bytes"), 7),
        (OSError(errno.ENOSPC, "No space left"), 5),
        (PermissionError(errno.EACCES, "Permission denied"), 5),
        (FileNotFoundError(errno.ENOENT, "No such file"), 1),
        (BrokenPipeError(), 0),
        (typer.Exit(3), 3),
    ],
)
def test_which_code_an_error_has(error: BaseException, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_app(app_that_raises(error), ["--json"]) == code
    out = capsys.readouterr().out
    if code not in {0, 3}:
        assert json.loads(out)["exit_code"] == code


def test_an_interrupted_run_says_how_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_app(app_that_raises(KeyboardInterrupt()), []) == 130
    assert "run the same command again to go on" in capsys.readouterr().err


def test_a_reader_that_has_enough_is_no_error() -> None:
    assert run_app(app_that_raises(BrokenPipeError(errno.EPIPE, "Broken pipe")), []) == 0


def test_an_error_of_the_program_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        run_app(app_that_raises(ZeroDivisionError()), [])
