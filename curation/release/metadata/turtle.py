"""Turtle: a small writer of RDF 1.1 Turtle; text is escaped, so that no value can end a statement."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PREFIXES = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "prov": "http://www.w3.org/ns/prov#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_NOT_IN_AN_IRI = re.compile(r'[\x00-\x20<>"{}|\\^`]')
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_CONTROL = re.compile(r'[\\"\x00-\x1f\x7f\u2028\u2029]')


@dataclass(frozen=True)
class Iri:
    """An address, written in full or as `prefix:name`."""

    value: str


@dataclass(frozen=True)
class Text:
    """A literal, with the type of its text where it is not a plain string."""

    value: str
    kind: str = ""


@dataclass(frozen=True)
class Blank:
    """Statements about a thing without a name."""

    statements: tuple[Statement, ...]


type Node = Iri | Text | Blank
type Statement = tuple[str, Node]


def turtle(subjects: Sequence[tuple[Iri, Sequence[Statement]]]) -> str:
    """Return a document of subjects and what is said of them; addresses may be relative to the document."""
    head = "".join(f"@prefix {name}: <{address}> .\n" for name, address in PREFIXES.items())
    return head + "".join(f"\n{_written(subject)}\n{_body(said, 1)} .\n" for subject, said in subjects)


def _body(statements: Sequence[Statement], depth: int) -> str:
    indent = "    " * depth
    return " ;\n".join(f"{indent}{verb} {_written(node, depth)}" for verb, node in statements)


def _written(node: Node, depth: int = 0) -> str:
    if isinstance(node, Blank):
        return f"[\n{_body(node.statements, depth + 1)}\n{'    ' * depth}]"
    if isinstance(node, Iri):
        prefix, _, name = node.value.partition(":")
        is_short = prefix in PREFIXES and not name.startswith("//")
        return node.value if is_short else f"<{_NOT_IN_AN_IRI.sub(_percent, node.value)}>"
    text = _CONTROL.sub(lambda found: _ESCAPES.get(found[0], f"\\u{ord(found[0]):04X}"), node.value)
    return f'"{text}"^^{node.kind}' if node.kind else f'"{text}"'


def _percent(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode())
