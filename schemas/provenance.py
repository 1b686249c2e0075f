"""Provenance: pins, raw objects, and pointers to the place inside a raw object where a value stands."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Self

from schemas.quantity import Model, described

_STEP = re.compile(r"^(?P<kind>[a-z]+)=(?P<value>.*)$", re.DOTALL)


class PinKind(StrEnum):
    """What a pin promises: the bytes, the label of a mutable view, or a snapshot of a live view."""

    IMMUTABLE = "immutable"
    LABEL = "label"
    SNAPSHOT = "snapshot"


class Pin(Model):
    """Which version of a source a dataset was made from."""

    kind: PinKind
    version: str = described("The provider's own label, or sha256:… of the bytes where it has none.")
    raw_root: str = described("sha256 over (request, sha256 of payload) of all pages, in the order of requests.")
    records_root: str = described("sha256 over (source id, sha256 of canonical record), sorted by source id.")
    pages: int = described("Number of archived pages.")
    records: int = described("Number of distinct records, quarantined ones included.")


class Pointer(Model):
    """The place of a value inside a raw object, as steps from the outside in.

    The written form joins the steps by ";": `json=/data/3/attributes/band_gap` (RFC 6901), `line=12;json=/n`,
    `row=5;column=band gap` (1-based data row, header name), `table=T1;row=2;col=3` (0-based in the span-expanded
    grid), `char=100,120` (RFC 5147), `cif=block,_cell_length_a`. A ";" or "%" inside a value is percent-encoded.
    """

    steps: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, **steps: object) -> Self:
        """Build a pointer from steps in order: `Pointer.of(line=12, json="/n")`."""
        return cls(steps=tuple((kind, str(value)) for kind, value in steps.items()))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the written form.

        Raises:
            ValueError: a step is not of the form kind=value.
        """
        steps = []
        for part in text.split(";") if text else []:
            match = _STEP.match(part)
            if match is None:
                message = f"a pointer step is written kind=value, got {part!r}"
                raise ValueError(message)
            steps.append((match["kind"], match["value"].replace("%3B", ";").replace("%25", "%")))
        return cls(steps=tuple(steps))

    def __str__(self) -> str:
        """Return the written form."""
        return ";".join(f"{kind}={value.replace('%', '%25').replace(';', '%3B')}" for kind, value in self.steps)

    def with_steps(self, **steps: object) -> Pointer:
        """Return a pointer further in: the steps are appended, or a JSON pointer is extended by a JSON step."""
        added = [(kind, str(value)) for kind, value in steps.items()]
        own = list(self.steps)
        if own and added and own[-1][0] == added[0][0] == "json":
            own[-1] = ("json", own[-1][1] + added.pop(0)[1])
        return Pointer(steps=tuple(own + added))


def json_step(*tokens: str | int) -> str:
    """Return an RFC 6901 JSON pointer from its unescaped tokens."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens)
