"""Answers: a page of a search in, the articles that it lists out, in one form for all services.

An article that is listed either leads to a text or says why it does not; the walk and the parser both go by that.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harvest.errors import TransportError
from harvest.literature.articles import About
from harvest.source import Rejected
from schemas.provenance import Pointer, json_step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass(frozen=True, slots=True)
class Listed:
    """An article as a page of a search lists it.

    Attributes:
        place: where in the page.
        about: what the page states of it; its id is empty where the page does not say which article it is.
        refused: why its text is not asked for, in words; empty where it is.
        pmcid: of its text in PubMed Central, where the page names it.
        row: what the page says, where that cannot be read.
    """

    place: Pointer
    about: About
    refused: str = ""
    pmcid: str | None = None
    row: Any = None


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page of a search.

    Attributes:
        articles: what it lists, in its order.
        promised: how many articles the search finds in all, where the page says so.
        next_mark: the mark of the page after it; empty where it names none.
        version: of the service, where the page names it.
    """

    articles: tuple[Listed, ...]
    promised: int | None
    next_mark: str
    version: str | None = None


def answer_in_json(payload: bytes, what: str) -> Any:  # noqa: ANN401 — JSON
    """Return what an answer holds.

    Raises:
        TransportError: it is no JSON, most often because it was cut; `what` says of what it should be.
    """
    try:
        return json.loads(payload)
    except (ValueError, RecursionError) as error:
        message = f"{what} is no JSON: {error}"
        raise TransportError(message) from error


def listed(items: list[Any], read: Callable[[Any, Pointer], Listed], *, under: tuple[str, ...]) -> tuple[Listed, ...]:
    """Return the articles of a page in JSON; one that cannot be read is refused with the reason, its neighbours pass.

    Args:
        items: as the page has them.
        read: reads one of them, which stands at a place; a ValueError says why it cannot be read.
        under: the steps that lead to them.
    """
    places = (Pointer.of(json=json_step(*under, index)) for index in range(len(items)))
    return tuple(_read(item, place, read) for item, place in zip(items, places, strict=True))


def refusals(articles: Iterable[Listed]) -> list[Rejected]:
    """Return the rejections of the articles whose texts are not asked for."""
    return [Rejected(each.place, (each.refused,), each.row, each.about.id or None) for each in articles if each.refused]


def _read(item: Any, place: Pointer, read: Callable[[Any, Pointer], Listed]) -> Listed:  # noqa: ANN401 — JSON
    try:
        return read(item, place)
    except ValueError as error:
        return Listed(place, About(""), refused=f"does_not_fit: {error}", row=item)
