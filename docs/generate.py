"""Generate: the pages of the documentation that follow from the code: commands, and the options of recipes and cards.

`python docs/generate.py` writes them and what `schemas.export` writes, `--check` names those that differ.
"""  # noqa: INP001 — a script beside the pages that it writes, not a package

from __future__ import annotations

import inspect
import re
import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import typer

from curation.cli import HELP, make_app
from curation.validate.rules import ENTRY_RULES, PAIR_RULES, VALUE_RULES, Rule, Severity
from harvest.formats.file_card import FileCard, FixedCondition, Origin, PropertyColumn, Rows, StructureColumn
from harvest.registry import load_source, source_names
from harvest.sources.optimade import FieldMapping, OptimadeSource
from schemas import export
from schemas.licence import LICENCES
from schemas.quantity import Model
from schemas.recipe import (
    Creator,
    Curate,
    DatasetHeader,
    PapersRequest,
    Recipe,
    ReleaseTargets,
    Represent,
    SourceRequest,
    SplitRequest,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

ROOT = Path(__file__).resolve().parents[1]
_BLOCK = re.compile(r"(<!-- generated: (?P<name>[\w ]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_CODE = re.compile(r"(\d+) (.+?)(?:, (?=\d)|\.$)")
_COMMANDS_HEAD = """<!-- Written by `python docs/generate.py`; do not edit. -->

# Commands

Every command of `matgranary`, as its `--help` has it. Commands that read or write a store take `--store DIR`, or the
environment variable `MATGRANARY_STORE`. Where neither is given, the store is `data/`: beside the recipe where the
command takes one (the recipes in `data/recipes/` share `data/`), else in the folder where the command is run.
`--json` prints one JSON document on standard output, also for an error.

"""


def generated() -> dict[str, str]:
    """Return every file that this script writes: its path relative to the project, and its text."""
    pages = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("docs/curation.md", "docs/recipes.md")}
    return {"docs/commands.md": commands_page()} | {name: with_blocks(page) for name, page in pages.items()}


def commands_page() -> str:
    """Return the page of all commands."""
    commands = dict(_flat("", typer.main.get_command(make_app())))
    links = " · ".join(f"[{name}](#{name.replace(' ', '-')})" for name in commands)
    sections = "".join(_command(name, command) for name, command in commands.items())
    return f"{_COMMANDS_HEAD}{links}\n{sections}\n## Exit codes\n\n{_exit_codes()}"


def _flat(prefix: str, group: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 — typer's own class of commands is private
    """Yield the commands of a group and of the groups in it, by the words that are typed."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _flat(f"{prefix}{name} ", command)
        else:
            yield f"{prefix}{name}", command


def _command(name: str, command: Any) -> str:  # noqa: ANN401 — typer's own class of commands is private
    told, _, examples = inspect.cleandoc(command.help).partition("Examples:")
    lines = [line.strip() for line in examples.splitlines() if line.strip()]
    usage = " ".join(["matgranary", name, *_placeholders(command.params)])
    rows = [_parameter(parameter) for parameter in command.params]
    table = "\n" + export.markdown_table(("argument or option", "takes", "default", "meaning"), rows) if rows else ""
    return f"\n## {name}\n\n{told.strip()}\n\n```text\n{usage}\n```\n{table}\n```bash\n" + "\n".join(lines) + "\n```\n"


def _placeholders(parameters: list[Any]) -> Iterator[str]:
    """Yield the arguments of a command in capitals, those that may be left out in brackets."""
    for parameter in parameters:
        if parameter.param_type_name == "argument":
            name = parameter.name.upper() + ("..." if parameter.nargs == -1 else "")
            yield name if parameter.required else f"[{name}]"
    yield "[OPTIONS]"


def _parameter(parameter: Any) -> tuple[str, str, str, str]:  # noqa: ANN401 — as above
    is_argument = parameter.param_type_name == "argument"
    name = parameter.name.upper() if is_argument else ", ".join(parameter.opts)
    takes = "" if getattr(parameter, "is_flag", False) else _takes(parameter.type_descriptor.annotation)
    default = parameter.default.value if isinstance(parameter.default, Enum) else parameter.default
    shown = "" if default in {None, False, ""} else f"`{default}`"
    return (f"`{name}`", takes, "required" if parameter.required else shown, parameter.help)


def _takes(annotation: Any) -> str:  # noqa: ANN401 — annotations have no common type
    if arguments := get_args(annotation):
        return _takes(arguments[0])
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return ", ".join(f"`{member.value}`" for member in annotation)
    return {str: "text", int: "number", float: "number", Path: "path"}[annotation]


def _exit_codes() -> str:
    told = " ".join(HELP.partition("Exit codes:")[2].split())
    return export.markdown_table(("code", "meaning"), _CODE.findall(told))


def with_blocks(page: str) -> str:
    """Return a page with its generated blocks made anew; the text between them is left alone."""
    blocks = _blocks()
    return _BLOCK.sub(lambda found: found[1] + "\n" + blocks[found["name"]] + "\n" + found[3], page)


def _blocks() -> dict[str, str]:
    models: dict[str, type[BaseModel]] = {
        "dataset": DatasetHeader,
        "creator": Creator,
        "source": SourceRequest,
        "papers": PapersRequest,
        "curate": Curate,
        "represent": Represent,
        "splits": SplitRequest,
        "release": ReleaseTargets,
        "recipe": Recipe,
        "card": FileCard,
        "card origin": Origin,
        "card rows": Rows,
        "card structure": StructureColumn,
        "card property": PropertyColumn,
        "card condition": FixedCondition,
        "field mapping": FieldMapping,
        **{f"options {name}": options_of(name) for name in source_names()},
    }
    return {name: options_table(model) for name, model in models.items()} | {
        "providers": _providers(),
        "licences": _licences(),
        "rules": _rules(),
        "pair rules": _pair_rules(),
    }


def _rules() -> str:
    rows = [
        (f"`{rule.name}`", of, _does(rule), rule.about)
        for of, rules in (("record", ENTRY_RULES), ("value", VALUE_RULES))
        for rule in rules
    ]
    return export.markdown_table(("rule", "of a", "does", "breaks it"), rows)


def _does(rule: Rule) -> str:
    if rule.severity is Severity.FLAG:
        return "flags"
    return "quarantines; can be accepted" if rule.can_be_accepted else "quarantines"


def _pair_rules() -> str:
    rows = [(f"`{rule.name}`", f"`{rule.first}`", f"`{rule.second}`", rule.breaks) for rule in PAIR_RULES]
    return export.markdown_table(("flag", "on", "held against", "where"), rows)


def options_of(source: str) -> type[Model]:
    """Return the model of the options of a source: the `…Options` of its module, else the `…Query`.

    Raises:
        ValueError: the module has none, or more than one.
    """
    module = sys.modules[type(load_source(source)).__module__]
    models = [one for one in vars(module).values() if isinstance(one, type) and issubclass(one, Model)]
    for ending in ("Options", "Query"):
        named = [one for one in models if one.__name__.endswith(ending)]
        found = [one for one in named if not any(one in other.__bases__ for other in named)]
        if len(found) == 1:
            return found[0]
    message = f"{module.__name__} has no one model named …Options or …Query: say here which holds its options"
    raise ValueError(message)


def options_table(model: type[BaseModel]) -> str:
    """Return the keys of a model as a table: name, what it takes, default, meaning; its own before what it shares."""
    schema = model.model_json_schema()
    shared = {name for base in model.__bases__ if issubclass(base, Model) for name in base.model_fields}
    required = schema.get("required", [])
    rows = [
        (
            f"`{name}`",
            _kind(one, schema.get("$defs", {})),
            "required" if name in required else _default(one),
            one.get("description") or _described(one, schema.get("$defs", {})),
        )
        for name, one in sorted(schema["properties"].items(), key=lambda item: item[0] in shared)
    ]
    return export.markdown_table(("key", "takes", "default", "meaning"), rows)


def _kind(one: dict[str, Any], definitions: dict[str, Any]) -> str:
    if "anyOf" in one:
        return " or ".join(_kind(kind, definitions) for kind in one["anyOf"] if kind.get("type") != "null")
    if "$ref" in one:
        return _kind(definitions[one["$ref"].rpartition("/")[2]], definitions)
    if "enum" in one:
        return ", ".join(f"`{value}`" for value in one["enum"])
    if one["type"] == "array":
        return f"list of {_kind(one['items'], definitions)}"
    if one["type"] == "object" and isinstance(one.get("additionalProperties"), dict):
        return f"table of {_kind(one['additionalProperties'], definitions)}"
    words = {
        "string": "text",
        "integer": "whole number",
        "number": "number",
        "object": "table",
        "boolean": "true, false",
    }
    limits = {"maximum": "at most", "exclusiveMinimum": "above"}
    said = [f"{word} {one[limit]:g}" for limit, word in limits.items() if limit in one]
    pattern = [f"matching `{one['pattern']}`"] if "pattern" in one else []
    return ", ".join([words[one["type"]], *said, *pattern])


def _default(one: dict[str, Any]) -> str:
    default = one.get("default")
    return f"`{default}`" if isinstance(default, str | int | float) and default != "" else ""


def _described(one: dict[str, Any], definitions: dict[str, Any]) -> str:
    """Return the description of the table or choice that a key refers to."""
    place = one.get("items", one)
    reference = next((kind["$ref"] for kind in (place, *place.get("anyOf", ())) if "$ref" in kind), "")
    said = definitions.get(reference.rpartition("/")[2], {}).get("description", "")
    return str(said)


def _providers() -> str:
    rows = [
        (f"`{prefix}`", one.title, one.licence, one.base_url) for prefix, one in OptimadeSource.card.providers.items()
    ]
    return export.markdown_table(("provider", "title", "licence", "address"), rows)


def _licences() -> str:
    rows = [
        (
            f"`{one.spdx}`",
            one.title,
            "yes" if one.attribution else "",
            "yes" if one.share_alike else "",
            "yes" if one.non_commercial else "",
        )
        for one in LICENCES.values()
    ]
    return export.markdown_table(
        ("SPDX id", "title", "asks for attribution", "same licence only", "no commercial use"), rows
    )


def main(arguments: list[str]) -> int:
    """Write or check every generated file of the project; return the exit code."""
    check = "--check" in arguments
    differing = export.write_or_check(export.generated() | generated(), ROOT, check=check)
    for path in differing:
        sys.stdout.write(f"{path}: {'differs; run python docs/generate.py' if check else 'written'}\n")
    return 1 if check and differing else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
