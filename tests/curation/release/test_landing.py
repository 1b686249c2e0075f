"""The page of a release in headless Chromium: no error, no request, reachable by keyboard, deaf to injected script."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from curation.release.package import package
from curation.release.terms import ReleaseTerms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import ModuleType

    from curation.build import BuildReport

type Page = Any  # the class of a module that is loaded by path
HOSTILE = [
    "<script>window.struck = 1</script>",
    "<img src=x onerror='window.struck = 1'>",
    "</script><script>window.struck = 1</script>",
    "\u2028]]><svg onload=window.struck=1>",
    "javascript:window.struck=1",
    "\"><iframe src='https://example.org/x'>",
]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, load: Callable[[str], ModuleType]) -> Iterator[Page]:
    """A browser with one page, for the tests of this file."""
    with load("judges/browser").browser(tmp_path_factory.mktemp("browser")) as opened:
        opened.size(1200, 900)
        yield opened


@pytest.fixture
def opened(page: Page, small_release: Path) -> Page:
    page.size(1200, 900)
    page.requests.clear()
    page.complaints.clear()
    page.open((small_release / "landing" / "index.html").as_uri())
    return page


def foreign(page: Page) -> list[str]:
    return [one for one in page.requests if not one.startswith(("file:", "data:"))]


def test_the_page_opens_without_a_complaint_and_asks_nobody(opened: Page) -> None:
    assert opened.complaints == []
    assert foreign(opened) == []
    assert len([one for one in opened.requests if one.startswith("file:")]) == 1


def test_every_section_is_drawn(opened: Page) -> None:
    empty = opened.evaluate(
        "[...document.querySelectorAll('.drawn')].filter(e => !e.children.length).map(e => e.parentNode.id)"
    )
    assert empty == []
    assert opened.evaluate("document.querySelectorAll('svg').length") > 8
    assert opened.evaluate("document.querySelectorAll('#coverage svg g').length") == 118


def test_the_ledger_of_the_page_is_that_of_the_release(opened: Page, small_release: Path) -> None:
    manifest = json.loads((small_release / "data" / "manifest.json").read_text(encoding="utf-8"))
    rows = opened.evaluate("[...document.querySelectorAll('#ledger tbody tr')].map(r => r.innerText.split('\\t'))")
    shown = {row[0]: [int(cell.replace(",", "")) for cell in row[1:5]] for row in rows}
    assert shown == {
        line["source"]: [line["entries"][key] for key in ("harvested", "kept", "merged", "quarantined")]
        for line in manifest["ledger"]["lines"]
    }


@pytest.mark.parametrize("width", [1200, 390])
def test_nothing_is_wider_than_the_window(opened: Page, width: int) -> None:
    opened.size(width, 844)
    assert opened.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(opened: Page, scheme: str) -> None:
    """A ratio of 4.5, as WCAG 2.2 asks for at level AA."""
    opened.scheme(scheme)
    colours = opened.evaluate(
        "[document.body, document.querySelector('.kind'), document.querySelector('nav a')]"
        ".map(e => [getComputedStyle(e).color, getComputedStyle(document.body).backgroundColor])"
    )
    for ink, ground in colours:
        assert contrast(ink, ground) >= 4.5, (ink, ground)


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_search_sort_and_structures_work_by_keyboard(opened: Page) -> None:
    opened.evaluate("document.querySelector('input[type=search]').focus()")
    for letter in "zns":
        opened.press(letter, text=letter)
    formulas = opened.evaluate("[...document.querySelectorAll('#search tbody tr')].map(r => r.cells[1].innerText)")
    assert "ZnS" in formulas
    reached = []
    for _ in range(60):
        opened.press("Tab", code=9)
        reached.append(opened.evaluate("document.activeElement.className || document.activeElement.tagName"))
        if reached[-1] == "row":
            break
    assert reached[-1] == "row", reached
    opened.press("Enter", code=13, text="\r")
    before = opened.evaluate("document.querySelector('canvas').toDataURL()")
    assert "ZnS" in opened.evaluate("document.querySelector('#viewer h3').innerText")
    opened.evaluate("document.querySelector('canvas').focus()")
    opened.press("ArrowRight", code=39)
    assert opened.evaluate("document.querySelector('canvas').toDataURL()") != before


def test_the_first_tab_leads_past_the_head(opened: Page) -> None:
    opened.press("Tab", code=9)
    assert opened.evaluate("document.activeElement.className") == "skip"


def test_every_picture_and_every_field_says_what_it_is(opened: Page) -> None:
    unnamed = "[...document.querySelectorAll('svg, canvas, input, select')].filter(e => !e.ariaLabel).length"
    assert opened.evaluate(unnamed) == 0
    assert opened.evaluate("document.querySelectorAll('h1').length") == 1
    assert opened.evaluate("document.documentElement.lang") == "en"


def test_what_others_wrote_runs_nowhere(
    page: Page, tmp_path: Path, made: Callable[..., BuildReport], write_rows: Callable[..., Path]
) -> None:
    rows: dict[str, list[dict[str, Any]]] = {
        "lab": [
            {"id": text, "formula": "NaCl" if number % 2 else "ZnS", "value": 1.5 + number, "note": text}
            for number, text in enumerate(HOSTILE)
        ]
    }
    dataset = made(write_rows(tmp_path / "project", {"lab": "CC0-1.0"}, rows), tmp_path / "store").dataset
    words = " ".join(HOSTILE)
    source = dataset.manifest.sources[0].model_copy(update={"title": words, "attribution": words, "origin": words})
    evil = {"title": words, "description": words, "sources": (source,), "keywords": tuple(HOSTILE)}
    dataset.manifest = dataset.manifest.model_copy(update={**evil, "creators": ({"name": words},)})
    released = package(dataset, tmp_path, ReleaseTerms(publisher=words)).folder
    page.requests.clear()
    page.open((released / "landing" / "index.html").as_uri())
    assert page.evaluate("window.struck") is None
    assert foreign(page) == []
    assert page.evaluate("document.querySelectorAll('iframe, img, script:not([type])').length") == 1
    assert page.evaluate("document.querySelector('h1').textContent") == " ".join(words.split("\u0000"))


def test_the_page_would_notice_a_script(page: Page, small_release: Path, tmp_path: Path) -> None:
    """The control: were text set as markup, the policy would still stop it, and the console would say so."""
    text = (small_release / "landing" / "index.html").read_text(encoding="utf-8")
    broken = tmp_path / "index.html"
    broken.write_text(text.replace("<main", "<img src=x onerror='window.struck = 1'><main", 1), encoding="utf-8")
    page.complaints.clear()
    page.open(broken.as_uri())
    assert page.evaluate("window.struck") is None
    assert page.complaints


def test_the_page_of_the_release_opens_within_two_seconds(opened: Page, small_release: Path) -> None:
    assert opened.open((small_release / "landing" / "index.html").as_uri()) < 2
