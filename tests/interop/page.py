"""
A real browser with one page, which a test can click in and ask.

The browser is told what to do by its own remote control, the DevTools protocol, over
a pair of pipes: each message is JSON with a zero byte behind it.
"""

from __future__ import annotations

import base64
import json
import os
import queue
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.interop.browser import OPTIONS
from tests.interop.tools import tool

#: Nothing that a test waits for takes longer, in seconds.
_PATIENCE = 40

#: A browser that is asked to end gets so long, in seconds.
_GRACE = 10

#: Between two looks at a page, in seconds.
_LOOK = 0.1

#: What users have: without a click, only what is muted may play.
_OPTIONS = [each for each in OPTIONS if "autoplay" not in each]

#: The number of commands whose answers do not matter.
_UNHEARD = 1_000_000

#: Where the browser expects the pipes.
_COMMANDS, _REPLIES = 3, 4

#: Brings an element into view, and says where it is.
_MIDDLE = """(selector) => {
  const found = document.querySelector(selector);
  if (!found) return null;
  found.scrollIntoView({block: "center"});
  const {x, y, width, height} = found.getBoundingClientRect();
  return [x + width / 2, y + height / 2];
}"""


class Page:
    """
    A headless Chromium with one page.

    @ivar errors: what the page complained of.
    """

    def __init__(
        self,
        url: str,
        *,
        size: tuple[int, int] = (1280, 800),
        dark: bool = False,
        elsewhere: Mapping[str, bytes] | None = None,
    ) -> None:
        """
        @param size: of the window, in pixels.
        @param dark: whether the user likes it dark.
        @param elsewhere: scripts that other hosts would serve, by their URLs.
        """
        self.errors: list[str] = []
        self._elsewhere = dict(elsewhere or {})
        self._writing = threading.Lock()
        self._number = 0
        self._replies: queue.Queue[dict[str, Any]] = queue.Queue()
        # Some of its processes may outlive the first, and write here till they end.
        self._folder = tempfile.TemporaryDirectory(
            prefix="rtmptwisted-page-", ignore_cleanup_errors=True
        )
        self._log = Path(self._folder.name) / "log"
        self._start()
        self._session: str | None = None
        try:
            self._open(url, size, dark)
        except BaseException:
            self.close()
            raise

    def _start(self) -> None:
        theirCommands, commands = os.pipe()
        replies, theirReplies = os.pipe()

        def connect() -> None:
            # In the new process.  Through numbers that are neither of the two.
            first, second = os.dup(theirCommands), os.dup(theirReplies)
            os.dup2(first, _COMMANDS)
            os.dup2(second, _REPLIES)

        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [tool("chromium"), *_OPTIONS, "--remote-debugging-pipe"]
                + [f"--user-data-dir={self._folder.name}/profile", "about:blank"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                close_fds=False,
                preexec_fn=connect,
                start_new_session=True,
            )
        os.close(theirCommands)
        os.close(theirReplies)
        self._commands = os.fdopen(commands, "wb", buffering=0)
        self._reader = threading.Thread(target=self._read, args=(replies,), daemon=True)
        self._reader.start()

    def _read(self, descriptor: int) -> None:
        with os.fdopen(descriptor, "rb", buffering=0) as replies:
            rest = b""
            while data := replies.read(1 << 16):
                *messages, rest = (rest + data).split(b"\0")
                for message in messages:
                    self._take(json.loads(message))

    def _take(self, message: dict[str, Any]) -> None:
        if "id" in message:
            self._replies.put(message)
            return
        what, about = message.get("method"), message.get("params", {})
        if what == "Runtime.exceptionThrown":
            details = about["exceptionDetails"]
            thrown = details.get("exception", {}).get("description", details["text"])
            self.errors.append(f"exception: {thrown}")
        elif what == "Runtime.consoleAPICalled" and about["type"] in (
            "error",
            "warning",
        ):
            said = [str(each.get("value", each)) for each in about["args"]]
            self.errors.append(f"console: {' '.join(said)}")
        elif what == "Fetch.requestPaused":
            self._answer(about["requestId"], self._elsewhere[about["request"]["url"]])
        elif what == "Log.entryAdded" and about["entry"]["level"] == "error":
            entry = about["entry"]
            self.errors.append(f"{entry['text']} {entry.get('url', '')}")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """
        Tell the browser something.

        @return: what it answers.
        """
        self._number += 1
        self._send(self._number, method, parameters)
        while True:
            try:
                reply = self._replies.get(timeout=_PATIENCE)
            except queue.Empty:
                raise self._error(f"no answer to {method}") from None
            if reply["id"] == self._number:
                break
        if "error" in reply:
            raise self._error(f"{method}: {reply['error']}")
        result: dict[str, Any] = reply["result"]
        return result

    def _send(self, number: int, method: str, parameters: dict[str, Any]) -> None:
        command = {"id": number, "method": method, "params": parameters}
        if self._session is not None:
            command["sessionId"] = self._session
        with self._writing:
            self._commands.write(json.dumps(command).encode() + b"\0")

    def _answer(self, request: str, body: bytes) -> None:
        """
        Answer a request of the page in place of another host.
        """
        headers = {
            "content-type": "text/javascript",
            "access-control-allow-origin": "*",
        }
        parameters = {
            "requestId": request,
            "responseCode": 200,
            "responseHeaders": [{"name": k, "value": v} for k, v in headers.items()],
            "body": base64.b64encode(body).decode(),
        }
        # Nobody waits for what the browser says to this.
        self._send(_UNHEARD, "Fetch.fulfillRequest", parameters)

    def _open(self, url: str, size: tuple[int, int], dark: bool) -> None:
        targets = self.call("Target.getTargets")["targetInfos"]
        (target,) = (each["targetId"] for each in targets if each["type"] == "page")
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        width, height = size
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        if self._elsewhere:
            patterns = [{"urlPattern": each} for each in self._elsewhere]
            self.call("Fetch.enable", patterns=patterns)
        self.call("Page.navigate", url=url)

    def evaluate(self, script: str) -> Any:
        """
        @param script: an expression, which may be a promise.
        @return: its value.
        """
        result = self.call(
            "Runtime.evaluate",
            expression=script,
            returnByValue=True,
            awaitPromise=True,
        )
        if "exceptionDetails" in result:
            raise self._error(f"{script}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def waitFor(self, script: str, what: str = "") -> Any:
        """
        Wait until an expression has a value that is not false.

        @param what: says what is waited for.
        @return: the value.
        """
        end = time.monotonic() + _PATIENCE
        while True:
            value = self.evaluate(f"Boolean(document.body) && ({script})")
            if value:
                return value
            if time.monotonic() > end:
                seen = self.evaluate("document.body.innerText")
                raise self._error(
                    f"not so after {_PATIENCE} s: {what or script}\nIt shows: {seen!r}"
                )
            time.sleep(_LOOK)

    def click(self, selector: str) -> None:
        """
        Click in the middle of the first element of that kind, as a user does.
        """
        place = self.waitFor(f"({_MIDDLE})({json.dumps(selector)})", selector)
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.call(
                "Input.dispatchMouseEvent",
                type=kind,
                x=place[0],
                y=place[1],
                button="none" if kind == "mouseMoved" else "left",
                clickCount=1,
            )

    def screenshot(self, path: Path) -> None:
        """
        Take a picture of what is seen.
        """
        shot = self.call("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(shot["data"]))

    def _error(self, text: str) -> AssertionError:
        complaints = "\n".join(self.errors[-20:]) or "nothing"
        text = f"{text}\nThe page complains of: {complaints}"
        if self._process.poll() is not None:
            log = self._log.read_text(errors="replace")[-2000:]
            text = f"{text}\nThe browser has ended: {log}"
        return AssertionError(text)

    def close(self) -> None:
        """
        End it, and remove what it has written.
        """
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._process.wait()
        with suppress(OSError):
            self._commands.close()
        self._reader.join(_GRACE)
        self._folder.cleanup()

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
