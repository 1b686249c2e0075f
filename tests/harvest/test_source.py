"""Sources: what a request and a plan are identified by."""

from __future__ import annotations

from pathlib import Path

from harvest.source import About, Plan, Request
from schemas.quantity import Model

ABOUT = About(title="t", licence="MIT", attribution="", origin="o")


class Query(Model):
    text: str


def plan(text: str = "a", **changes: object) -> Plan:
    fields = {"key": "k", "source": "s", "query": Query(text=text), "about": ABOUT, "folder": Path("f")}
    return Plan(**(fields | changes))  # type: ignore[arg-type]


def test_requests_differ_by_method_address_body_and_tag() -> None:
    requests = [
        Request("http://a/"),
        Request("http://b/"),
        Request("http://a/", method="POST"),
        Request("http://a/", method="POST", body=b""),
        Request("http://a/", method="POST", body=b"1"),
        Request("http://a/", tag="after"),
    ]
    assert len({request.key for request in requests}) == len(requests)
    assert requests[0].key == "GET http://a/"


def test_a_fingerprint_holds_the_query_and_nothing_of_this_machine() -> None:
    assert plan().fingerprint == plan(key="other", folder=Path("elsewhere"), declared="sha256:1").fingerprint
    assert plan().fingerprint != plan("b").fingerprint
    assert plan().fingerprint != plan(source="other").fingerprint


def test_a_target_also_holds_the_declared_version() -> None:
    assert plan().target == plan(key="other").target
    assert plan(declared="1").target != plan(declared="2").target != plan().target
