"""Reading beside: it writes what one process writes, and none of its ends harms a harvest."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import harvest.beside as harvest_beside
from harvest.attempt import choose_attempt
from harvest.beside import ReaderBeside, can_read, is_worth_it
from harvest.door import SeenObject
from harvest.errors import ConnectorError, ContractError, RetryableError
from harvest.faultserver import FaultServer
from harvest.generated_provider import GeneratedProvider, written
from harvest.hostile_pages import hostile_pages
from harvest.ledger import State
from harvest.reader_process import Ask
from harvest.reading import PageReader, Reading, Taken
from harvest.registry import load_source
from harvest.runner import Mode
from harvest.source import Page, Plan, RawObject
from harvest.store import Store
from harvest.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from conftest import Provider

    from harvest.reading import Reader, Received, Written
    from harvest.runner import HarvestReport
    from harvest.source import Source

    type Read = tuple[list[Taken], Received, set[str], Written, dict[str, bytes]]

SOURCE = load_source("optimade")
GAP = {"property": "band_gap", "unit": "eV", "method": "dft"}
ODD = '''
import os
import threading
import time

from harvest.errors import ConnectorError, ContractError
from harvest.source import About, Page, Plan, Rejected, Request, SourceCard
from schemas.material import MaterialRecord
from schemas.provenance import PinKind, Pointer
from schemas.quantity import Model


class Query(Model):
    origin: str = ""
    paths: tuple[str, ...] = ()


class NotPortable(Exception):
    def __init__(self, *, why):
        super().__init__(why)


class NotCopied(ContractError):
    def __init__(self, message):
        super().__init__(message)
        self.lock = threading.Lock()


class Odd:
    """A source each of whose pages says what is to happen when it is read."""

    card = SourceCard(name="odd", title="t", description="d", licence="MIT", pin=PinKind.SNAPSHOT)

    def plan(self, key, options, folder):
        query = Query.model_validate(options)
        about = About(title="t", licence="MIT", attribution="", origin="o")
        hosts = frozenset({query.origin.removeprefix("http://")})
        return Plan(key, "odd", query, about, folder, hosts=hosts, requests_per_second=1e6)

    def fetch(self, plan, door):
        for path in plan.query.paths:
            yield Page(door.get(Request(plan.query.origin + path)), promised=1_000_000)

    def parse(self, plan, raw):
        said = raw.payload.decode()
        yield MaterialRecord(source_id=said[:20], formula="Si", pointer=Pointer.of(char=said[:20]))
        if said == "refused":
            raise ContractError("this page is refused")
        if said == "broken":
            raise ValueError("what a library says")
        if said == "not portable":
            raise NotPortable(why="cannot be copied")
        if said == "not copied":
            raise NotCopied("this page is refused with a lock")
        if said.startswith("large"):
            raw.payload.decode("ascii") and (raw.payload + b"\\xff").decode("ascii")
        if said == "killed":
            os.kill(os.getpid(), 9)
        if said == "slow":
            time.sleep(60)
        if said == "printed":
            print("this is no answer")
        if said == "rejected":
            yield Rejected(Pointer.of(char=said), ("odd: it is",), said, "id of a rejected row")
'''


@dataclass(frozen=True)
class OtherPlan(Plan):
    """A plan that cannot be sent."""

    def __reduce__(self) -> str:
        raise TypeError


@pytest.fixture
def odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Source]:
    """A connector of another package, installed where this process and those that it starts find it."""
    site = tmp_path / "site"
    about = site / "odd_source-1.0.dist-info"
    about.mkdir(parents=True)
    (site / "odd_source.py").write_text(ODD, encoding="utf-8")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: odd-source\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text("[matgranary.sources]\nodd = odd_source:Odd\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(site))
    load_source.cache_clear()
    yield load_source("odd")
    load_source.cache_clear()
    sys.modules.pop("odd_source", None)


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> list[ReaderBeside]:
    """Count one record as many; return the readers beside that are started."""
    started: list[ReaderBeside] = []

    def listed(folder: Path, plan: Plan) -> ReaderBeside:
        started.append(ReaderBeside(folder, plan))
        return started[-1]

    monkeypatch.setattr(harvest_beside, "MANY", 1)
    monkeypatch.setattr("harvest.walk.ReaderBeside", listed)
    return started


def raw_of(payload: bytes, key: str = "k") -> RawObject:
    return RawObject(hashlib.sha256(payload).hexdigest(), payload, "application/json", f"http://h/{key}", key)


def optimade_plan(folder: Path) -> Plan:
    options = {"base_url": "http://127.0.0.1", "licence": "CC0-1.0", "fields": {"_gen_band_gap": GAP}}
    return SOURCE.plan("generated", options, folder)


def optimade_pages() -> list[bytes]:
    """Return plain pages, one of them twice, and pages with an odd entry."""
    provider = GeneratedProvider(n_entries=40, page_size=10)
    addresses = [f"/v1/structures?page_offset={first}&page_limit=10" for first in (0, 10, 20)]
    plain = [written(provider.document(address, "http://127.0.0.1") or {}) for address in addresses]
    odd = [payload for _, payload in hostile_pages(plain[2], ["data", "3"])]
    return [plain[0], plain[1], plain[0], *odd[::12], plain[2]]


def read(reader: Reader, folder: Path, raws: Sequence[RawObject]) -> Read:
    with reader:
        taken = []
        for number, raw in enumerate(raws):
            reader.give(raw)
            taken += [reader.taken()] if number >= reader.ahead else []
        taken += [reader.taken() for _ in range(len(raws) - len(taken))]
        received, ids = reader.received(), reader.source_ids()
        seen = [SeenObject(raw.sha256, raw.request_key, raw.uri, raw.media_type, len(raw.payload)) for raw in raws]
        finished = reader.finish(seen)
    return taken, received, ids, finished, {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def folder_of(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir()
    return folder


def test_it_writes_the_same_bytes_of_the_same_pages(tmp_path: Path) -> None:
    plan = optimade_plan(tmp_path)
    raws = [raw_of(payload, str(number)) for number, payload in enumerate(optimade_pages())]
    here, beside = folder_of(tmp_path, "here"), folder_of(tmp_path, "beside")
    expected = read(PageReader(here, SOURCE, plan), here, raws)
    assert read(ReaderBeside(beside, plan), beside, raws) == expected
    taken, received, ids, finished, files = expected
    assert taken[:3] == [Taken(10, 10), Taken(10, 10), Taken(10, 0)]
    assert len(ids) >= 30
    assert received.n_records == finished.received.n_records >= 30
    assert finished.delivered_twice >= 10
    assert {file.rows for file in finished.files if file.table == "raw_objects"} == {len(raws)}
    assert len(files) == 4


@pytest.mark.parametrize("is_beside", [False, True])
def test_the_source_ids_are_those_of_records_and_of_rejected_rows(
    odd: Source, tmp_path: Path, *, is_beside: bool
) -> None:
    plan, folder = odd.plan("k", {}, tmp_path), folder_of(tmp_path, "records")
    reader = ReaderBeside(folder, plan) if is_beside else PageReader(folder, odd, plan)
    taken, received, ids, _, _ = read(reader, folder, [raw_of(b"rejected"), raw_of(b"a")])
    assert (taken, received.n_records) == ([Taken(2, 2), Taken(1, 1)], 3)
    assert ids == {"rejected", "a", "id of a rejected row"}


def test_an_error_is_raised_where_its_page_is_asked_for_and_nothing_behind_it_counts(
    odd: Source, tmp_path: Path
) -> None:
    with ReaderBeside(folder_of(tmp_path, "beside"), odd.plan("k", {}, tmp_path)) as reader:
        for payload in (b"a", b"refused", b"b"):
            reader.give(raw_of(payload))
        assert reader.taken() == Taken(1, 1)
        with pytest.raises(ContractError, match="this page is refused"):
            reader.taken()
        assert reader.received().n_records == 2  # the record before the error, as in one process
    assert reader._process.returncode is not None


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"broken", "ValueError: what a library says"),
        (b"not portable", "NotPortable: cannot be copied"),
        (b"large" * 400_000, "UnicodeDecodeError: 'ascii' codec can't decode byte 0xff in position 2000000"),
    ],
)
def test_an_error_of_a_library_says_where_it_was_raised(odd: Source, tmp_path: Path, payload: bytes, said: str) -> None:
    with ReaderBeside(folder_of(tmp_path, "beside"), odd.plan("k", {}, tmp_path)) as reader:
        for page in (payload, b"x" * 2_000_000, b"y" * 2_000_000):
            reader.give(raw_of(page))
        with pytest.raises(ConnectorError, match=rf"parse\(\) of \w+ raised {said}") as caught:
            reader.taken()
    (note,) = caught.value.__notes__
    assert "odd_source.py" in note


def test_an_error_of_ours_that_cannot_be_copied_is_told_by_its_kind(odd: Source, tmp_path: Path) -> None:
    with ReaderBeside(folder_of(tmp_path, "beside"), odd.plan("k", {}, tmp_path)) as reader:
        reader.give(raw_of(b"not copied"))
        with pytest.raises(ContractError, match="this page is refused with a lock") as caught:
            reader.taken()
    assert type(caught.value) is ContractError


def test_an_error_of_the_beginning_is_the_answer_to_what_is_asked_first(odd: Source, tmp_path: Path) -> None:
    plan = odd.plan("k", {}, tmp_path)
    with pytest.raises(FileNotFoundError):
        PageReader(tmp_path / "absent", odd, plan)
    with ReaderBeside(tmp_path / "absent", plan) as reader:
        reader.give(raw_of(b"a"))
        with pytest.raises(FileNotFoundError):
            reader.taken()


def test_a_process_that_is_killed_while_it_answers_is_said_to_have_ended(tmp_path: Path) -> None:
    provider = GeneratedProvider(n_entries=8000, page_size=1000)
    with ReaderBeside(folder_of(tmp_path, "beside"), optimade_plan(tmp_path)) as reader:
        for first in range(0, 8000, 1000):
            document = provider.document(f"/v1/structures?page_offset={first}&page_limit=1000", "http://127.0.0.1")
            reader.give(raw_of(written(document or {})))
        assert reader.received().n_records == 8000
        reader._send((Ask.SOURCE_IDS, None))
        time.sleep(0.5)  # more than a pipe holds is written by then
        reader._process.kill()
        with pytest.raises(RetryableError, match="ended with status -9"):
            reader._answer()


def test_a_pipe_that_may_not_be_widened_is_used_as_it_is(
    odd: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(fcntl, "fcntl", refuse)
    with ReaderBeside(folder_of(tmp_path, "beside"), odd.plan("k", {}, tmp_path)) as reader:
        reader.give(raw_of(b"a"))
        assert reader.taken() == Taken(1, 1)


def test_it_reads_where_nobody_listens_to_what_goes_wrong(tmp_path: Path) -> None:
    program = """
        import sys
        from pathlib import Path
        from harvest.beside import ReaderBeside
        from harvest.registry import load_source
        folder = Path(sys.argv[1])
        options = {"base_url": "http://127.0.0.1", "licence": "CC0-1.0"}
        with ReaderBeside(folder, load_source("optimade").plan("k", options, folder)) as reader:
            print(reader.received().n_records)
    """
    shell = ("sh", "-c", 'exec "$@" 2>&-', "sh")
    command = [*shell, sys.executable, "-c", textwrap.dedent(program), str(folder_of(tmp_path, "beside"))]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout == "0\n"


def test_a_process_that_is_killed_is_said_to_have_ended(odd: Source, tmp_path: Path) -> None:
    with ReaderBeside(folder_of(tmp_path, "beside"), odd.plan("k", {}, tmp_path)) as reader:
        for payload in (b"a", b"killed", *[b"x" * 200_000] * 20):
            reader.give(raw_of(payload))
        assert reader.taken() == Taken(1, 1)
        with pytest.raises(RetryableError, match="ended with status -9; what was fetched is archived: run again"):
            reader.taken()


def test_what_a_connector_prints_is_no_answer(odd: Source, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with ReaderBeside(folder_of(tmp_path, "beside"), odd.plan("k", {}, tmp_path)) as reader:
        reader.give(raw_of(b"printed"))
        assert reader.taken() == Taken(1, 1)
    out, err = capfd.readouterr()
    assert (out, err) == ("", "this is no answer\n")


def test_an_interrupt_is_for_the_harvest_to_deal_with(odd: Source, tmp_path: Path) -> None:
    with ReaderBeside(folder_of(tmp_path, "beside"), odd.plan("k", {}, tmp_path)) as reader:
        reader.give(raw_of(b"a"))
        assert reader.taken() == Taken(1, 1)
        os.kill(reader._process.pid, signal.SIGINT)
        reader.give(raw_of(b"b"))
        assert reader.taken() == Taken(1, 1)
        assert reader._process.poll() is None


def test_whoever_leaves_it_ends_it_at_once(odd: Source, tmp_path: Path) -> None:
    reader = ReaderBeside(folder_of(tmp_path, "beside"), odd.plan("k", {}, tmp_path))
    begun = time.monotonic()
    reader.give(raw_of(b"slow"))
    with pytest.raises(KeyboardInterrupt), reader:
        raise KeyboardInterrupt
    assert reader._process.returncode == -signal.SIGKILL
    assert time.monotonic() - begun < 30  # reading the page takes 60


def test_it_ends_when_the_harvest_is_killed(tmp_path: Path) -> None:
    program = """
        import os, sys, time
        from pathlib import Path
        from harvest.beside import ReaderBeside
        from harvest.registry import load_source
        folder = Path(sys.argv[1])
        options = {"base_url": "http://127.0.0.1", "licence": "CC0-1.0"}
        reader = ReaderBeside(folder, load_source("optimade").plan("k", options, folder))
        reader.received()
        print(reader._process.pid, flush=True)
        time.sleep(60)
    """
    command = [sys.executable, "-c", textwrap.dedent(program), str(folder_of(tmp_path, "beside"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        beside = int(process.stdout.readline())
        process.kill()
    patience = time.monotonic() + 20
    while Path(f"/proc/{beside}").exists() and _is_running(beside):
        assert time.monotonic() < patience
        time.sleep(0.02)


def _is_running(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    return False


def test_it_is_used_for_many_records_that_another_process_can_read(
    odd: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [is_worth_it(n) for n in (None, 0, 49_999, 50_000)] == [False, False, False, True]
    plan = odd.plan("k", {}, tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    assert can_read(odd, plan)
    assert not can_read(type(odd)(), plan)
    assert not can_read(odd, OtherPlan(**{name: getattr(plan, name) for name in plan.__dataclass_fields__}))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1})
    assert not can_read(odd, plan)


RECIPE = """\
[dataset]
name = "generated"
title = "Generated entries"
licence = "CC0-1.0"

[[sources]]
source = "optimade"
name = "generated"
base_url = "{base_url}"
licence = "CC0-1.0"
page_limit = 10
{options}
fields = {{ _gen_band_gap = {{ property = "band_gap", unit = "eV", method = "dft" }} }}
"""


@pytest.fixture
def harvest(tmp_path: Path) -> Iterator[Callable[..., tuple[HarvestReport, dict[str, bytes]]]]:
    """A function that harvests generated entries into a store of a name; returns the files of their records too."""
    with FaultServer(GeneratedProvider(n_entries=95, page_size=10)) as server:

        def run(name: str, options: str = "", mode: Mode | None = None) -> tuple[HarvestReport, dict[str, bytes]]:
            recipe = tmp_path / name / "recipe.toml"
            recipe.parent.mkdir(exist_ok=True)
            recipe.write_text(RECIPE.format(base_url=server.base_url, options=options), encoding="utf-8")
            with Store(recipe.parent / "store") as store:
                report = store.harvest(recipe, mode=mode or Mode())
            (source,) = report.records.sources
            folder = recipe.parent / "store" / source.folder
            return report, {path.name: path.read_bytes() for path in folder.iterdir()}

        yield run


@pytest.mark.parametrize("options", ["", "prove_ids = true"])
def test_a_harvest_is_the_same(
    harvest: Callable[..., Any], many: list[ReaderBeside], monkeypatch: pytest.MonkeyPatch, options: str
) -> None:
    beside, of_beside = harvest("beside", options)
    assert len(many) == 1
    replayed, of_replayed = harvest("beside", options, Mode(offline=True))
    monkeypatch.setattr(harvest_beside, "MANY", 10**9)
    here, of_here = harvest("here", options)
    assert len(many) == 1
    assert beside.records.sources == replayed.records.sources == here.records.sources
    assert of_beside == of_replayed == of_here
    assert beside.records.sources[0].pin.records == 95


def test_records_of_an_archive_are_written_beside_again(
    harvest: Callable[..., Any], many: list[ReaderBeside], tmp_path: Path
) -> None:
    _, files = harvest("beside")
    shutil.rmtree(tmp_path / "beside" / "store" / "records")
    report, again = harvest("beside", "", Mode(offline=True))
    assert (again, report.fetched, len(many)) == (files, {}, 2)


def test_a_harvest_with_a_limit_or_of_changes_is_read_in_its_own_process(
    harvest: Callable[..., Any], many: list[ReaderBeside]
) -> None:
    limited, _ = harvest("limited", "", Mode(most_records=20, allow_incomplete=True))
    assert (limited.records.sources[0].pin.records, many) == (20, [])
    harvest("whole")
    assert len(many) == 1
    updated, _ = harvest("whole", "", Mode(update=True))
    assert (updated.records.sources[0].pin.records, len(many)) == (95, 1)


@pytest.fixture
def walk(odd: Source, provider: Provider, store: Store) -> Callable[..., Walk]:
    """A function that prepares to walk pages of these bytes, and one more, which is not there."""

    def prepare(*payloads: bytes) -> Walk:
        provider.forget()
        paths = tuple(f"/{number}" for number in range(len(payloads) + 1))
        for path, payload in zip(paths, payloads, strict=False):
            provider.answer(path, payload)
        plan = odd.plan("k", {"origin": provider.origin, "paths": paths}, store.folder)
        return Walk(store, odd, plan, choose_attempt(store.ledger, plan, None, update=False))

    return prepare


@pytest.mark.parametrize("is_beside", [False, True])
@pytest.mark.parametrize(
    ("payloads", "said"),
    [
        ([b"a", b"refused", b"b", b"c"], "this page is refused"),
        ([b"a", b"b", b"c"], "http://[0-9.:]+/3: status 404, expected 200"),
    ],
)
def test_what_comes_first_closes_the_attempt(
    walk: Callable[..., Walk],
    store: Store,
    many: list[ReaderBeside],
    monkeypatch: pytest.MonkeyPatch,
    payloads: list[bytes],
    said: str,
    *,
    is_beside: bool,
) -> None:
    if not is_beside:
        monkeypatch.setattr(harvest_beside, "MANY", 10**9)
    with pytest.raises(ContractError, match=said):
        walk(*payloads).run("parser")
    assert [reader._process.returncode is not None for reader in many] == [True] * is_beside
    last = store.ledger.last_harvest("k")
    assert last is not None
    assert (last.state, last.closing["promised"]) == (State.DISCARDED, [1_000_000])
    assert re.fullmatch(said, str(last.closing["problem"]))
    assert not list(store.folder.glob("records/*/*"))


def test_a_harvest_whose_reader_was_killed_goes_on_where_it_was(
    harvest: Callable[..., Any], many: list[ReaderBeside], monkeypatch: pytest.MonkeyPatch
) -> None:
    folders: list[Path] = []
    give, begin = ReaderBeside.give, ReaderBeside.__init__

    def begin_in(self: ReaderBeside, folder: Path, plan: Plan) -> None:
        folders.append(folder)
        begin(self, folder, plan)

    def kill_at_the_fifth(self: ReaderBeside, raw: RawObject) -> None:
        give(self, raw)
        if self._unasked == 5:
            self._process.kill()

    monkeypatch.setattr(ReaderBeside, "__init__", begin_in)
    with monkeypatch.context() as patched:
        patched.setattr(ReaderBeside, "give", kill_at_the_fifth)
        with pytest.raises(RetryableError, match="run again"):
            harvest("killed")
    report, files = harvest("killed")
    assert len(many) == 2
    assert len(set(folders)) == 2, "a reader that outlives its harvest writes into the folder of the next"
    assert 0 < report.fetched["generated"] < 8
    _, expected = harvest("undisturbed")
    assert files == expected


def test_pages_that_wait_are_kept_without_their_bytes(odd: Source, tmp_path: Path) -> None:
    plan = odd.plan("k", {}, tmp_path)
    with Reading(lambda _: ReaderBeside(folder_of(tmp_path, "beside"), plan)) as reading:
        assert list(reading.read(Page(raw_of(b"a" * 20)))) == []
        assert [page.raw.payload for page in reading._waiting] == [b""]
        ((page, taken),) = reading.rest()
    assert (page.raw.uri, taken) == ("http://h/k", Taken(1, 1))
