"""Endpoint: a prompt in, what any service that speaks OpenAI's chat protocol answers out, through `harvest.http`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from harvest.errors import ContractError, TransportError
from harvest.http import HttpClient
from harvest.secret import Secret
from harvest.source import Request

if TYPE_CHECKING:
    from harvest.http import Patience


@dataclass(frozen=True)
class ChatEndpoint:
    """A service at `base_url`, up to but without /chat/completions, and the model to ask there."""

    client: HttpClient
    base_url: str
    model: str

    @classmethod
    def at(
        cls,
        base_url: str,
        *,
        model: str,
        key: str | None = None,
        requests_per_second: float = 1.0,
        patience: Patience | None = None,
    ) -> ChatEndpoint:
        """Return an endpoint; the key is sent to this host only, and stands in no message.

        Args:
            base_url: for example http://127.0.0.1:8080/v1.
            model: the name by which the service knows it.
            key: sent as a bearer token.
            requests_per_second: at most.
            patience: how long to try.
        """
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        hosts = frozenset({urlsplit(base_url).netloc})
        client = HttpClient(
            hosts=hosts, requests_per_second=requests_per_second, secrets=Secret(headers=headers), patience=patience
        )
        return cls(client, base_url.rstrip("/"), model)

    def ask(self, system: str, user: str) -> str:
        """Return the text of the first choice, asked without randomness.

        Raises:
            TransportError: the service cannot be reached, or its answer is cut.
            ContractError: the answer is of another protocol.
        """
        answer = self.client.get(chat_request(self.base_url, self.model, system, user), check=_decoded)
        return answer_text(answer.payload)


def chat_request(base_url: str, model: str, system: str, user: str) -> Request:
    """Return the request for an answer to a prompt, without randomness."""
    messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
    body = {"model": model, "messages": messages, "temperature": 0, "seed": 0}
    return Request(f"{base_url.rstrip('/')}/chat/completions", method="POST", body=json.dumps(body).encode())


def answer_text(payload: bytes) -> str:
    """Return the text of the first choice of an answer.

    Raises:
        TransportError: the answer is cut.
        ContractError: the answer is of another protocol.
    """
    try:
        return str(_decoded(payload)["choices"][0]["message"]["content"])
    except (KeyError, IndexError, TypeError) as error:
        message = "the model's service answers without choices[0].message.content; expected OpenAI's chat protocol"
        raise ContractError(message) from error


def _decoded(payload: bytes) -> Any:  # noqa: ANN401 — JSON
    try:
        return json.loads(payload)
    except ValueError as error:
        message = f"the answer is no JSON: {error}"
        raise TransportError(message) from error
