"""Testing: the suite that every connector passes, ours and those of other packages; a connector in, proofs out.

Subclass `SourceContract` in a file of tests, name the connector, and say by two fixtures what it is asked:

    from harvest.testing import SourceContract

    class TestFiles(SourceContract):
        source = FilesSource

        @pytest.fixture
        def folder(self) -> Path:
            return Path("tests/fixtures/files")

        @pytest.fixture
        def options(self) -> dict[str, Any]:
            return {"path": "measurements.csv", "card": "measurements.toml"}

`options` are those of a recipe, `folder` is where their paths start (any folder, for a connector without files). Where
a provider has to be served, let `options` take a fixture that serves a copy of it on this machine. The query should
bring at least one value.
"""

from __future__ import annotations

import contextlib
import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from harvest.archive import Archive
from harvest.bounded_walk import bounded_pages
from harvest.door import RecordingDoor
from harvest.errors import HarvestError
from harvest.hostile_pages import SubstitutingDoor, doubled_entry, emptied, entry_path, hostile_pages
from harvest.http import HttpClient
from harvest.ledger import Ledger
from harvest.locate import text_at
from harvest.source import Rejected
from schemas.licence import LICENCES, NOASSERTION
from schemas.properties import load_properties
from schemas.units import UnitError, check_unit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from harvest.source import Page, Plan, Request, Source
    from schemas.material import MaterialRecord
    from schemas.measurement import PropertyValue

_FETCHED_AT = datetime(2026, 1, 1, tzinfo=UTC)
_MOST, _MOST_REQUESTS = 1000, 50
_SHOWN = 3
_ROUNDING = 1e-9
_IS_EXTRACTED = {"table", "char"}  # of an article, where a header or a caption may state a factor
_PER_SECOND = 1000.0  # what is asked here is a copy on this machine


class SourceContract:
    """What every connector promises; each test is one promise. `source` makes a connector: most often its class."""

    source: ClassVar[Callable[[], Source]]
    # Options of a recipe, added to `options`, that name a unit in which the property cannot be; none: nothing to name.
    wrong_unit: ClassVar[dict[str, Any] | None] = None
    # More requests and pages than the query can need: a walk that goes on is left.
    most_requests: ClassVar[int] = _MOST

    def test_plan_is_pure_and_its_fingerprint_stable(self, options: dict[str, Any], folder: Path) -> None:
        """Planning twice gives the same plan, changes no file, and the name in the dataset is no part of the query."""
        before = _files(folder)
        first, second = (type(self).source().plan(key, dict(options), folder) for key in ("a", "b"))
        _prove(first.target == second.target, "two plans of one query have different fingerprints or versions")
        _prove(_files(folder) == before, f"planning changed files under {folder}")

    def test_unknown_options_are_refused(self, options: dict[str, Any], folder: Path) -> None:
        """An option that the connector does not know is most often a typing error."""
        try:
            type(self).source().plan("a", {**options, "no_such_option": 1}, folder)
        except ValueError:
            return
        _prove(holds=False, otherwise="plan() accepts the option `no_such_option`; forbid unknown options")

    def test_a_licence_is_stated(self, options: dict[str, Any], folder: Path) -> None:
        """Without a licence no row can be released."""
        source = type(self).source()
        plan = source.plan("a", options, folder)
        stated = {source.card.licence} - {NOASSERTION} | {plan.about.licence}
        _prove(stated <= LICENCES.keys(), f"licences {sorted(stated)} are not all known; see schemas.licence")
        _prove(plan.source == source.card.name, f"the plan is of {plan.source!r}, the card of {source.card.name!r}")

    def test_a_replay_without_network_gives_the_same_pages(
        self, options: dict[str, Any], folder: Path, tmp_path: Path
    ) -> None:
        """Pages come from the archive once they are there: no client, no folder, the same pages."""
        plan = (source := type(self).source()).plan("a", options, folder)
        fetched = self._walk(source, plan, tmp_path)
        replayed = self._walk(source, plan, tmp_path, offline=True)
        _prove(bool(fetched), "the walk brought no page")
        _prove(replayed == fetched, f"the replay gave {len(replayed)} pages unlike the {len(fetched)} fetched ones")

    def test_records_are_what_a_dataset_needs(self, options: dict[str, Any], folder: Path, tmp_path: Path) -> None:
        """Parsing is deterministic, ids are unique, properties are known, pointers lead back to the text."""
        source = type(self).source()
        plan = source.plan("a", options, folder)
        pages = [p for p in self._walk(source, plan, tmp_path) if p.has_records]
        again = type(self).source()
        records = [(record, page) for page in pages for record in _parse_twice(source, again, plan, page)]
        accepted = [(record, page) for record, page in records if not isinstance(record, Rejected)]
        has_value = any(record.properties for record, _ in accepted)
        refused = [record for record, _ in records if isinstance(record, Rejected)]
        _prove(has_value, f"the query brought no value: choose one that does{_told(refused)}")
        promised = max((page.promised or 0 for page in pages), default=0)
        _prove(len(records) >= promised, f"{promised} records promised, {len(records)} parsed")
        ids = [record.source_id for record, _ in accepted]
        _prove(len(set(ids)) == len(ids), f"ids come twice: {sorted({i for i in ids if ids.count(i) > 1})[:5]}")
        for record, page in accepted:
            _prove_values(record, page)

    def test_a_wrong_unit_is_refused(self, options: dict[str, Any], folder: Path) -> None:
        """A unit of another dimension is most often a typing error, and would spoil every value."""
        if self.wrong_unit is None:
            return
        try:
            type(self).source().plan("a", {**options, **self.wrong_unit}, folder)
        except ValueError:
            return
        _prove(holds=False, otherwise=f"plan() accepts {self.wrong_unit}, whose unit does not fit")

    def test_a_hostile_entry_is_rejected_alone(self, options: dict[str, Any], folder: Path, tmp_path: Path) -> None:
        """An entry with a place that is missing, odd, or of another type harms neither the run nor its neighbours."""
        source = type(self).source()
        plan = source.plan("a", options, folder)
        page, path, records = _json_page(source, plan, self._walk(source, plan, tmp_path))
        if page is None:
            return
        others = {record.source_id: record for record in records[1:]}
        for what, payload in hostile_pages(page.raw.payload, path):
            raw = replace(page.raw, payload=payload)
            try:
                items = list(source.parse(plan, raw))
            except HarvestError:
                continue  # the page is refused as a whole, and said to be
            except Exception as error:  # whatever a connector raises is what the suite is about
                message = f"{what}: parse() raised {type(error).__name__}: {error}"
                raise AssertionError(message) from error
            left = {item.source_id: item for item in items if not isinstance(item, Rejected)}
            lost = [name for name, record in others.items() if left.get(name) != record]
            _prove(not lost, f"{what}: its neighbours {lost[:3]} were lost or changed")
            _prove(
                len(items) >= len(records), f"{what}: {len(records)} entries, {len(items)} records and rejected rows"
            )

    def test_an_entry_that_comes_twice_is_counted_once(
        self, options: dict[str, Any], folder: Path, tmp_path: Path
    ) -> None:
        """The connector hands on what comes; the writer of records sees that it came before."""
        from harvest.records.writer import RecordWriter  # noqa: PLC0415 — loads pyarrow

        source = type(self).source()
        plan = source.plan("a", options, folder)
        page, path, records = _json_page(source, plan, self._walk(source, plan, tmp_path))
        payload = doubled_entry(page.raw.payload, path) if page else None
        if page is None or payload is None:
            return
        items = list(source.parse(plan, replace(page.raw, payload=payload)))
        _prove(len(items) == len(records) + 1, f"{len(records) + 1} entries, {len(items)} records and rejected rows")
        with RecordWriter(tmp_path, plan) as writer:
            for item in items:
                writer.add(item, page.raw)
        _prove(writer.n_records == len(records), f"{len(records)} different entries, {writer.n_records} counted")

    def test_an_empty_page_is_not_taken_for_the_end(
        self, options: dict[str, Any], folder: Path, tmp_path: Path
    ) -> None:
        """A page without entries in the middle of a walk is refused, or the count shows that entries are missing.

        A source that states no count ends with an empty page; there nothing can be proven.
        """
        source = type(self).source()
        plan = source.plan("a", options, folder)
        page, path, _ = _json_page(source, plan, self._walk(source, plan, tmp_path))
        last = [page for page in self._walk(source, plan, tmp_path) if page.has_records][-1]
        payload = emptied(page.raw.payload, path) if page else None
        if page is None or payload is None or last.raw.request_key == page.raw.request_key:
            return
        key = page.raw.request_key
        with _opened(plan, tmp_path) as behind:
            door = SubstitutingDoor(behind, lambda asked: payload if asked.key == key else None)
            try:
                pages = list(bounded_pages(source, plan, door, most=self.most_requests))
            except HarvestError:
                return
        received = sum(len(list(source.parse(plan, p.raw))) for p in pages if p.has_records)
        promised = max((p.promised or 0 for p in pages), default=0)
        _prove(not promised or received < promised, f"the page {key} was emptied, and neither refused nor missed")

    def test_the_same_page_again_and_again_ends(self, options: dict[str, Any], folder: Path, tmp_path: Path) -> None:
        """A provider whose pages lead to themselves is left, not asked for ever."""
        source = type(self).source()
        plan = source.plan("a", options, folder)
        first = next((page for page in self._walk(source, plan, tmp_path) if page.has_records), None)
        if first is None:
            return
        seen: list[str] = []

        def again(request: Request) -> bytes | None:
            seen.append(request.key)
            return first.raw.payload if first.raw.request_key in seen[:-1] else None

        with _opened(plan, tmp_path) as behind, contextlib.suppress(HarvestError):
            door = SubstitutingDoor(behind, again)
            for _ in bounded_pages(source, plan, door, most=_MOST_REQUESTS):
                pass

    def _walk(self, source: Source, plan: Plan, store: Path, *, offline: bool = False) -> list[Page]:
        return _walk(source, plan, store, offline=offline, most=self.most_requests)


def _walk(source: Source, plan: Plan, store: Path, *, offline: bool = False, most: int = _MOST) -> list[Page]:
    """Walk a query through the door of a harvest; offline, nothing but the archive is there."""
    with _opened(plan, store, offline=offline) as door:
        return list(bounded_pages(source, plan, door, most=most))


@contextlib.contextmanager
def _opened(plan: Plan, store: Path, *, offline: bool = False) -> Iterator[RecordingDoor]:
    """Yield the door of a harvest into a folder."""
    ledger = Ledger(store / "ledger.sqlite")
    attempts = ledger.harvests(plan.key, plan.target) or [ledger.open_harvest(plan.key, plan.target)]
    try:
        yield RecordingDoor(
            harvest=attempts[-1].harvest,
            archive=Archive(store / "raw"),
            ledger=ledger,
            folder=store / "no-such-folder" if offline else plan.folder,
            client=None if offline else lambda: HttpClient(hosts=plan.hosts, requests_per_second=_PER_SECOND),
            clock=lambda: _FETCHED_AT,
        )
    finally:
        ledger.close()


def _json_page(source: Source, plan: Plan, pages: list[Page]) -> tuple[Page | None, list[str], list[MaterialRecord]]:
    """Return a page that is one JSON document with several records, the steps to the first of them, and all of them."""
    for page in pages:
        items = source.parse(plan, page.raw) if page.has_records else ()
        records = [item for item in items if not isinstance(item, Rejected)]
        path = entry_path(records[0].pointer) if len(records) > 1 else None
        if path is not None:
            return page, path, records
    return None, [], []


def _parse_twice(source: Source, again: Source, plan: Plan, page: Page) -> list[MaterialRecord | Rejected]:
    """Parse a page by the connector that fetched it, and by one that did not, as in a second process."""
    first, second, other = (list(one.parse(plan, page.raw)) for one in (source, source, again))
    _prove(first == second, f"{page.raw.uri}: parsing the same bytes twice gives different records")
    message = (
        f"{page.raw.uri}: a connector that did not fetch the page reads other records in it; parse() depends on plan "
        "and page alone, as long sources are parsed in a second process"
    )
    _prove(first == other, message)
    return first


def _told(refused: list[Rejected]) -> str:
    """Return why rows were rejected, in words; nothing where none were."""
    if not refused:
        return ""
    reasons = sorted({reason for row in refused for reason in row.reasons})
    more = f", and {len(reasons) - _SHOWN} more reasons" if len(reasons) > _SHOWN else ""
    return f"; {len(refused)} rows were rejected: {'; '.join(reasons[:_SHOWN])}{more}"


def _prove_values(record: MaterialRecord, page: Page) -> None:
    known = load_properties()
    _prove(record.licence is None or record.licence in LICENCES, f"{record.source_id}: licence {record.licence!r}")
    for value in record.properties:
        where = f"{record.source_id}: {value.property} at {value.pointer}"
        _prove(value.property in known or value.property.startswith("unmapped:"), f"{where}: not in the dictionary")
        if value.property in known:
            _prove_unit(value, where)
        there = text_at(page.raw.payload, value.pointer)
        _prove(_says_the_same(there, value.text), f"{where}: the value says {value.text!r}, the bytes say {there!r}")
        if not _IS_EXTRACTED & {kind for kind, _ in value.pointer.steps}:
            _prove(_is_as_printed(value), f"{where}: the value is {value.value!r}, its text says {value.text!r}")


def _prove_unit(value: PropertyValue, where: str) -> None:
    try:
        check_unit(value.unit, value.property)
    except UnitError as error:
        message = f"{where}: {error}"
        raise AssertionError(message) from error


def _is_as_printed(value: PropertyValue) -> bool:
    """Tell whether a value is the number that its text says; true where the text is more than one number."""
    try:
        printed = float(value.text or "")
    except ValueError:
        return True
    return value.value is None or not math.isfinite(printed) or math.isclose(value.value, printed, rel_tol=_ROUNDING)


def _says_the_same(there: str, text: str | None) -> bool:
    """Compare texts, or numbers however their digits are written."""
    try:
        return there == text or (text is not None and float(there) == float(text))
    except ValueError:
        return False


def _files(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")} if folder.is_dir() else {}


def _prove(holds: bool, otherwise: str) -> None:  # noqa: FBT001 — a proposition reads best in front of its message
    if not holds:
        raise AssertionError(otherwise)
