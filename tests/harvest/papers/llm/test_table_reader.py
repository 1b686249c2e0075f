"""The backend of a language model, against a service on this machine that answers as one would."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from harvest.errors import ContractError
from harvest.http import Patience
from harvest.papers.llm.endpoint import ChatEndpoint
from harvest.papers.llm.table_reader import Unproven, read_table_by_model
from harvest.papers.readers.formats import read_document
from harvest.papers.tables.readings import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import WriteArticle

PATIENCE = Patience(attempts=1, connect_seconds=2.0, read_seconds=2.0)


@contextmanager
def model_that_says(content: str | None) -> Iterator[tuple[str, list[dict[str, object]]]]:
    """Serve a chat endpoint with one answer; yield its address and what it was asked."""
    asked: list[dict[str, object]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append({**body, "key": self.headers.get("Authorization"), "path": self.path})
            choices = [] if content is None else [{"message": {"role": "assistant", "content": content}}]
            payload = json.dumps({"choices": choices}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1", asked
        finally:
            server.shutdown()
            thread.join()


def read(write_article: WriteArticle, content: str | None) -> tuple[list[Reading | Unproven], list[dict[str, object]]]:
    head = "<tr><th>Compound</th><th>Band gap (eV)</th></tr>"
    body = "<tr><td>ZnO</td><td>3.37 ± 0.02</td></tr><tr><td>GaN</td><td>3.4</td></tr>"
    document = read_document(write_article(head, body), document="a")
    with model_that_says(content) as (address, asked):
        endpoint = ChatEndpoint.at(address, model="local", key="a-planted-key", patience=PATIENCE)
        return list(read_table_by_model(document, document.tables[0], endpoint)), asked


def claim(**changed: object) -> dict[str, object]:
    right = {"row": 1, "col": 1, "text": "3.37 ± 0.02", "material": "ZnO", "property": "Band gap (eV)", "unit": "eV"}
    return right | changed


def test_a_value_that_is_printed_is_read_by_our_grammar(write_article: WriteArticle) -> None:
    (reading,), asked = read(write_article, "Here it is:\n" + json.dumps([claim()]))
    assert isinstance(reading, Reading)
    assert (reading.property, reading.quantity.value, reading.quantity.uncertainty) == ("band_gap", 3.37, 0.02)
    assert (reading.material.formula, reading.unit, str(reading.place.pointer)) == ("ZnO", "eV", "table=T1;row=1;col=1")
    assert (asked[0]["model"], asked[0]["temperature"], asked[0]["path"]) == ("local", 0, "/v1/chat/completions")
    assert asked[0]["key"] == "Bearer a-planted-key"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"text": "3.73 ± 0.02"}, "the cell prints"),
        ({"row": 9}, "no such cell"),
        ({"material": "TiO2"}, "material 'TiO2' is not printed"),
        ({"property": "Hardness"}, "property 'Hardness' is not printed"),
        ({"unit": "meV"}, "unit 'meV' is not printed"),
        ({"row": 0, "text": "Band gap (eV)"}, "not read as a quantity"),
        ({"row": "first"}, "lacks a row"),
    ],
)
def test_what_is_not_printed_is_dropped_with_the_reason(
    write_article: WriteArticle, changed: dict[str, object], reason: str
) -> None:
    (dropped,), _asked = read(write_article, json.dumps([claim(**changed)]))
    assert isinstance(dropped, Unproven)
    assert reason in dropped.reason


def test_an_answer_without_json_is_dropped(write_article: WriteArticle) -> None:
    (dropped,), _asked = read(write_article, "I cannot read tables.")
    assert isinstance(dropped, Unproven)


def test_a_service_of_another_protocol_is_named(write_article: WriteArticle) -> None:
    with pytest.raises(ContractError, match="chat protocol"):
        read(write_article, None)
