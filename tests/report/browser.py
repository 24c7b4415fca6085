"""A headless Chromium, driven by its own debugging protocol: one page at a time, with everything it says and asks for."""

import base64
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import connect
from websockets.sync.connection import Connection

CHROMIUM = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
_PATIENCE = 120.0  # seconds: the machine may be busy


class Page:
    """One tab: go somewhere, look, click, type. `said` holds console errors and exceptions, `asked` every address requested."""

    def __init__(self, socket: Connection) -> None:
        self.socket, self.number = socket, 0
        self.said: list[str] = []
        self.asked: list[str] = []
        self.events: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            message = self._receive()
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                result: dict[str, Any] = message["result"]
                return result

    def _receive(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.socket.recv(timeout=_PATIENCE))
        method, parameters = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.said.append(f"{details.get('exception', {}).get('description', details['text'])}")
        elif method == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            self.said.append(parameters["entry"]["text"] + " " + parameters["entry"].get("url", ""))
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning"):
            self.said.append(" ".join(str(one.get("value", one.get("description"))) for one in parameters["args"]))
        elif method == "Network.requestWillBeSent":
            self.asked.append(parameters["request"]["url"])
        if method:
            self.events.append(method)
        return message

    def size(self, width: int, height: int = 900) -> None:
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)

    def media(self, scheme: str = "light", media: str = "") -> None:
        self.call("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}])

    def scripts(self, on: bool) -> None:
        self.call("Emulation.setScriptExecutionDisabled", value=not on)

    def go(self, address: str) -> None:
        self.events.clear()
        if error := self.call("Page.navigate", url=address).get("errorText"):
            raise RuntimeError(f"{address}: {error}")
        until = time.monotonic() + _PATIENCE
        while "Page.loadEventFired" not in self.events and time.monotonic() < until:
            self._receive()

    def run(self, script: str) -> Any:
        """The value of an expression, promises awaited."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(str(answer["exceptionDetails"].get("exception", answer["exceptionDetails"])))
        return answer["result"].get("value")

    def wait(self, script: str) -> Any:
        """The expression's value once it is true; a page that gives way to another meanwhile is waited for."""
        until = time.monotonic() + _PATIENCE
        while not (found := self._run_if_there(script)):
            if time.monotonic() > until:
                raise TimeoutError(f"never true: {script}")
            time.sleep(0.05)
        return found

    def _run_if_there(self, script: str) -> Any:
        try:
            return self.run(script)
        except RuntimeError as error:
            if "navigated or closed" not in str(error):
                raise
            return None

    def screenshot(self, path: Path, whole: bool = True) -> None:
        answer = self.call("Page.captureScreenshot", captureBeyondViewport=whole, **({"clip": self._whole()} if whole else {}))
        path.write_bytes(base64.b64decode(answer["data"]))

    def _whole(self) -> dict[str, Any]:
        box = self.call("Page.getLayoutMetrics")["cssContentSize"]
        return {"x": 0, "y": 0, "width": box["width"], "height": min(box["height"], 9000), "scale": 1}

    def pdf(self) -> bytes:
        return base64.b64decode(self.call("Page.printToPDF", printBackground=True)["data"])


@contextmanager
def chromium() -> Iterator[Page]:
    """A browser that closes with the block."""
    assert CHROMIUM
    with tempfile.TemporaryDirectory() as profile:
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", "--no-first-run", "--disable-extensions",
                   "--disable-background-networking", "--disable-component-update", "--hide-scrollbars", f"--user-data-dir={profile}"]  # fmt: skip
        process = subprocess.Popen([CHROMIUM, *options, "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            with connect(_address(Path(profile) / "DevToolsActivePort"), max_size=None, open_timeout=_PATIENCE) as socket:
                yield Page(socket)
        finally:
            process.terminate()
            process.wait(timeout=60)


def _address(port_file: Path) -> str:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        if port_file.exists() and port_file.read_text().strip():
            port = port_file.read_text().split()[0]
            with httpx.Client(trust_env=False) as client:
                tabs = client.get(f"http://127.0.0.1:{port}/json/list").json()
            found = [tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page"]
            if found:
                return str(found[0])
        time.sleep(0.1)
    raise TimeoutError("Chromium did not start")
