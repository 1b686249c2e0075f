"""Secret: the key of a source, shown to its hosts and to nobody else; what would say it is told without it."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, quote_plus, urlencode, urlsplit, urlunsplit

from harvest.errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harvest.source import Key, SourceCard

HIDDEN = "*"
_SHORTEST = 8  # a shorter key may stand in any text by chance


@dataclass(frozen=True)
class Secret:
    """What shows a key: request headers, or parameters of the address; nothing, for most sources.

    Attributes:
        hosts: the only hosts whose addresses show the parameters; all that are asked, where empty.
    """

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    hosts: frozenset[str] = frozenset()

    @property
    def _values(self) -> list[str]:
        shown = {value for value in (*self.headers.values(), *self.parameters.values()) if value}
        behind = {value.rpartition(" ")[2] for value in shown}  # the key behind a prefix such as Bearer
        values = shown | {key for key in behind if len(key) >= _SHORTEST}
        spelled = {spelling for value in values for spelling in (value, quote(value, safe=""), quote_plus(value))}
        return sorted(spelled, key=len, reverse=True)

    def on(self, url: str) -> str:
        """Return an address with the parameters that show the key; one that a link echoed is replaced."""
        if not self.parameters:
            return url
        parts = urlsplit(url)
        if self.hosts and not {parts.hostname, parts.netloc} & self.hosts:
            return url
        kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in self.parameters]
        return urlunsplit(parts._replace(query=urlencode([*kept, *self.parameters.items()])))

    def hidden(self, text: str) -> str:
        """Return a text with asterisks where it says the key."""
        for value in self._values:
            text = text.replace(value, HIDDEN * len(value))
        return text

    def hidden_bytes(self, payload: bytes) -> bytes:
        """Return a payload of the same length, with asterisks where an answer echoes the key."""
        for value in self._values:
            said = value.encode()
            if len(said) >= _SHORTEST and said in payload:
                payload = payload.replace(said, HIDDEN.encode() * len(said))
        return payload

    def guard_logs(self) -> None:
        """Hide the key in what the library below writes into its log: addresses with their parameters."""
        if self.parameters:
            logging.getLogger("urllib3.connectionpool").addFilter(self._hide_in_log)

    def _hide_in_log(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self.hidden(record.getMessage()), ()
        return True


def secret_of(card: SourceCard, key: Key | None = None) -> Secret:
    """Return what shows the key of a source, read from the environment.

    Args:
        card: the card of the source.
        key: how the key is shown, where not as the card says.

    Raises:
        CredentialsError: the source needs a key, and no variable holds one.
    """
    key = key or card.key
    if key is None:
        return Secret()
    for variable in key.variables:
        if value := os.environ.get(variable):
            shown = {key.header or key.parameter or "": key.prefix + value}
            return Secret(headers=shown) if key.header else Secret(parameters=shown, hosts=frozenset(key.hosts))
    if key.required:
        message = f"{card.name} needs a key: set {' or '.join(key.variables)} in the environment"
        raise CredentialsError(message)
    return Secret()
