"""Facts: values, places and hash of a text stay, no sentence of it does."""

from __future__ import annotations

import hashlib
import json

from harvest.literature.facts import facts_of, is_facts, note_of, read_facts, unkept_place
from harvest.locate import text_at
from harvest.papers.pipeline import extract
from harvest.source import Rejected
from schemas.licence import NOASSERTION

PROSE = b"travelling heater"
TEXT = b"""<article><front><article-meta><article-id pub-id-type="doi">10.5555/1</article-id></article-meta></front>
<body><sec><title>Results</title><p>The crystals were grown by a travelling heater.</p>
<table-wrap id="T1"><caption><p>Gaps</p></caption><table><thead><tr><th>Compound</th><th>Band gap (eV)</th></tr></thead>
<tbody><tr><td>ZnO</td><td>3.37</td></tr></tbody></table></table-wrap></sec></body></article>"""


def kept_facts() -> bytes:
    return facts_of(TEXT, extract(TEXT, document="10.5555/1"), licence=NOASSERTION)


def test_the_value_stays_with_its_place_and_the_hash_of_the_text() -> None:
    kept = kept_facts()
    (record,) = read_facts(kept)
    assert not isinstance(record, Rejected)
    (value,) = record.properties
    assert (record.source_id, value.property, value.value, value.text) == ("10.5555/1#ZnO", "band_gap", 3.37, "3.37")
    assert text_at(kept, value.pointer) == "3.37"
    sha256 = hashlib.sha256(TEXT).hexdigest()
    assert note_of(kept) == f"text not kept: licence NOASSERTION; sha256 {sha256}; {len(TEXT)} bytes"
    assert record.labels["text"] == note_of(kept)
    assert unkept_place(kept, str(value.pointer)).endswith("there at table=T1;row=1;col=1")


def test_no_sentence_of_the_text_is_kept() -> None:
    kept = kept_facts()
    assert PROSE in TEXT
    assert PROSE not in kept
    assert is_facts(kept)
    assert not is_facts(TEXT)
    assert unkept_place(TEXT, "table=T1;row=1;col=1") == ""


def test_what_is_wrong_in_facts_is_rejected_alone() -> None:
    kept = kept_facts()
    document = json.loads(kept)
    document["records"] += [{"formula": 7}, None, {"labels": {}, "properties": 3}]
    items = list(read_facts(json.dumps(document).encode()))
    assert [isinstance(item, Rejected) for item in items] == [False, True, True, True]


def test_a_text_that_is_not_read_says_why() -> None:
    (item,) = read_facts(facts_of(TEXT, None, licence=NOASSERTION, reason="closed: no licence"))
    assert isinstance(item, Rejected)
    assert item.reasons[0] == "closed: no licence"
    assert item.reasons[1].startswith("text not kept")
