"""Browser: a page in headless Chromium, spoken to through a pipe (Chrome DevTools Protocol); no port is opened."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOAD_SECONDS = 60
type Json = Any


@dataclass
class Page:
    """An open tab, and all that happened in it.

    Attributes:
        requests: address of everything it asked for.
        complaints: errors and warnings of the console, exceptions, and what the security policy refused.
    """

    out: IO[bytes]
    back: IO[bytes]
    session: str = ""
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    loaded: bool = False
    _number: int = 0

    def call(self, method: str, **parameters: Json) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        self.out.write(json.dumps(message).encode() + b"\0")
        self.out.flush()
        while (answer := self._read()).get("id") != self._number:
            self._note(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer.get("result", {})
        return result

    def _read(self) -> dict[str, Any]:
        message = bytearray()
        while (byte := self.back.read(1)) != b"\0":
            if not byte:
                raise RuntimeError("the browser ended")
            message += byte
        answer: dict[str, Any] = json.loads(message)
        return answer

    def _note(self, event: dict[str, Any]) -> None:
        method, said = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(said["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(said["exceptionDetails"])[:500])
        elif method == "Runtime.consoleAPICalled" and said["type"] in {"error", "warning", "assert"}:
            self.complaints.append(json.dumps(said["args"])[:500])
        elif method == "Log.entryAdded" and said["entry"]["level"] in {"error", "warning"}:
            self.complaints.append(said["entry"]["text"])
        elif method == "Page.loadEventFired":
            self.loaded = True

    def evaluate(self, expression: str) -> Json:
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"])[:800])
        return answer["result"].get("value")

    def press(self, key: str, *, code: int = 0, text: str = "") -> None:
        for kind in ("keyDown", "keyUp"):
            said = {"text": text} if text and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **said)

    def size(self, width: int, height: int) -> None:
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def scheme(self, name: str) -> None:
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def picture(self, path: Path) -> None:
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def open(self, address: str) -> float:
        """Open an address and return the seconds until it was loaded and its script had run."""
        self.loaded, begun = False, time.perf_counter()
        self.call("Page.navigate", url=address)
        while not self.loaded and time.perf_counter() - begun < LOAD_SECONDS:
            self.evaluate("document.readyState")
        assert self.loaded
        return time.perf_counter() - begun


@contextmanager
def browser(room: Path) -> Iterator[Page]:
    """Start Chromium with a profile in `room`, and end it; yields an empty page."""
    program = shutil.which("chromium")
    assert program is not None, "no chromium: `make test` installs it"
    to_browser, to_us = os.pipe(), os.pipe()

    def connect() -> None:
        """Hand the pipe over as the descriptors 3 and 4, where the browser looks for it."""
        ends = os.dup(to_browser[0]), os.dup(to_us[1])
        os.dup2(ends[0], 3)
        os.dup2(ends[1], 4)

    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    options += ["--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe"]
    with subprocess.Popen(
        [program, *options, f"--user-data-dir={room}/profile", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"HOME": str(room)},
        pass_fds=(3, 4, to_browser[0], to_us[1]),
        preexec_fn=connect,  # noqa: PLW1509 — the process has no other thread here
    ) as process:
        os.close(to_browser[0])
        os.close(to_us[1])
        with os.fdopen(to_browser[1], "wb") as out, os.fdopen(to_us[0], "rb") as back:
            page = Page(out, back)
            target = page.call("Target.createTarget", url="about:blank")["targetId"]
            page.session = page.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network"):
                page.call(f"{domain}.enable")
            try:
                yield page
            finally:
                page.session = ""
                page.call("Browser.close")
        process.wait(timeout=30)
