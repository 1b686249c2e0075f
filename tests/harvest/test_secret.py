"""The key of a source: shown one way, replaced where it is echoed, hidden in every text."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from harvest.errors import CredentialsError
from harvest.secret import Secret, secret_of
from harvest.source import Key, SourceCard
from schemas.provenance import PinKind

KEY = "a key/with+signs"


def card(key: Key | None) -> SourceCard:
    return SourceCard(name="s", title="t", description="d", licence="MIT", pin=PinKind.SNAPSHOT, key=key)


def test_a_parameter_is_added_to_the_address_and_replaces_an_echo() -> None:
    secret = Secret(parameters={"api_key": KEY})
    shown = "http://127.0.0.1/a?x=1&api_key=a+key%2Fwith%2Bsigns"
    assert secret.on("http://127.0.0.1/a?x=1") == shown
    assert secret.on("http://127.0.0.1/a?api_key=****&x=1") == shown
    assert Secret(headers={"X-API-KEY": KEY}).on("http://127.0.0.1/a?x=1") == "http://127.0.0.1/a?x=1"


@pytest.mark.parametrize("spelled", [KEY, "a%20key%2Fwith%2Bsigns", "a+key%2Fwith%2Bsigns"])
def test_the_key_is_hidden_in_each_spelling(spelled: str) -> None:
    secret = Secret(headers={"X-API-KEY": KEY})
    assert secret.hidden(f"<{spelled}>") == f"<{'*' * len(spelled)}>"
    assert secret.hidden_bytes(f"<{spelled}>".encode()) == f"<{'*' * len(spelled)}>".encode()
    assert KEY not in repr(secret)


def test_a_short_key_spoils_no_data() -> None:
    assert Secret(headers={"k": "42"}).hidden_bytes(b"band gap 4.42") == b"band gap 4.42"


def test_the_key_comes_from_the_first_variable_that_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    key = Key(parameter="api_key", variables=("FIRST_KEY", "SECOND_KEY"))
    with pytest.raises(CredentialsError, match="s needs a key: set FIRST_KEY or SECOND_KEY"):
        secret_of(card(key))
    assert secret_of(card(key.model_copy(update={"required": False}))) == Secret()
    assert secret_of(card(None)) == Secret()
    monkeypatch.setenv("SECOND_KEY", KEY)
    assert secret_of(card(key)) == Secret(parameters={"api_key": KEY})
    assert secret_of(card(None), Key(header="Key", variables=("SECOND_KEY",))) == Secret(headers={"Key": KEY})


def test_a_key_behind_a_prefix_is_hidden_alone_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", "0123456789")
    secret = secret_of(card(Key(header="Authorization", prefix="Bearer ", variables=("A_KEY",))))
    assert secret == Secret(headers={"Authorization": "Bearer 0123456789"})
    assert secret.hidden("wrong key: 0123456789, a bearer") == f"wrong key: {'*' * 10}, a bearer"


@pytest.mark.parametrize("shown", [{}, {"header": "K", "parameter": "k"}])
def test_a_key_is_shown_in_one_way(shown: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="either in a `header` or in a `parameter`"):
        Key.model_validate({**shown, "variables": ("A",)})
