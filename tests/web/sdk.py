"""Pages with Twilio's SDK and nothing of ours, at a simulator without the rest of the stack."""

from __future__ import annotations

import asyncio
import io
import json
import threading
import wave
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from aiohttp import web
from playwright.sync_api import Browser, Page

from simulator.browsers.switchboard import Timing
from stack.settings import CHECKOUT
from tests.simulator.lab import Lab, Received, access_token, open_lab
from tests.simulator.tones import give_tone
from tests.web.calls_page import LONGEST_MS

T = TypeVar("T")

_SDK = CHECKOUT / "node_modules/@twilio/voice-sdk/dist/twilio.min.js"
_PAGE = Path(__file__).with_name("sdk.html")

CLIENT = (
    '<Response><Dial answerOnBridge="true" timeout="{timeout}" action="voice-after-dial">'
    "<Client><Identity>{{number}}</Identity>{parameters}</Client></Dial></Response>"
)


class SdkLab:
    """A lab in a thread of its own, whose product also serves the page."""

    def __init__(self, time_scale: float = 0.1) -> None:
        self.lab: Lab
        self._time_scale = time_scale
        self._ready: Future[asyncio.AbstractEventLoop] = Future()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self) -> SdkLab:
        self._thread.start()
        self._loop = self._ready.result(30)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of ``work``, which runs where the lab is."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def dials_clients(self, timeout: int = 300, **parameters: str) -> None:
        """The application dials the client that the browser's `To` names."""
        given = "".join(
            f'<Parameter name="{name}" value="{value}"/>' for name, value in parameters.items()
        )
        self.lab.product.replies("/voice", CLIENT.format(timeout=timeout, parameters=given))

    def reset(self) -> None:
        """The application dials clients, and hangs up after a Dial, as at the start."""
        self.dials_clients()
        self.lab.product.replies("/voice-after-dial", "<Response/>")

    async def _serve(self) -> None:
        try:
            async with open_lab(self._time_scale, timing=Timing(grace=5.0)) as lab:
                self.lab = lab
                lab.product.answers |= {
                    "/page": _file(_PAGE.read_bytes(), "text/html"),
                    "/twilio.js": _file(_SDK.read_bytes(), "text/javascript"),
                    "/sound.wav": _file(_silence(), "audio/wav"),
                    "/favicon.ico": _file(b"", "image/png"),
                }
                self.reset()
                self._ready.set_result(asyncio.get_running_loop())
                await self._stop.wait()
        except BaseException as error:
            if not self._ready.done():
                self._ready.set_exception(error)
            raise


class Phones:
    """A page with devices of the SDK, each with a name."""

    def __init__(self, lab: SdkLab, browser: Browser, hertz: int) -> None:
        self._context = browser.new_context()
        self._context.set_default_timeout(LONGEST_MS)
        give_tone(self._context, hertz)
        self.page: Page = self._context.new_page()
        self._lab = lab
        base = lab.lab.http._base_url
        assert base is not None
        self.page.goto(f"{lab.lab.product.url}/page?port={base.port}")

    def close(self) -> None:
        """Close the page and its browser profile."""
        self._context.close()

    def js(self, script: str) -> Any:
        """The result of JavaScript in the page, which may take a minute."""
        late = "setTimeout(() => reject(new Error('it takes too long')), 60_000)"
        return self.page.evaluate(f"""() => new Promise((resolve, reject) => {{
            {late};
            (async () => {{ {script} }})().then(resolve, reject);
        }})""")

    def device(self, name: str, identity: str | None = None, **options: Any) -> None:
        """A device that can place calls, of ``identity`` (by default ``name``)."""
        token = access_token(name if identity is None else identity, incoming=True)
        self.js(f"device({json.dumps(name)}, {json.dumps(token)}, {json.dumps(options)})")

    def phone(self, name: str, identity: str | None = None, **options: Any) -> None:
        """A device that rings."""
        self.device(name, identity, **options)
        self.js(f"await devices.{name}.register()")

    def call(self, name: str, to: str, **params: str) -> None:
        """``name`` calls client ``to``."""
        options = json.dumps({"params": {"To": to, **params}})
        self.js(f"await connect({json.dumps(name)}, {options})")

    def do(self, name: str, action: str) -> None:
        """Do something with the present call of ``name``: `accept()`, `disconnect()`, …"""
        self.js(f"calls.{name}.{action}")

    def described(self, name: str) -> dict[str, Any]:
        """What the SDK says of the present call of ``name``."""
        told: dict[str, Any] = self.js(f"return described({json.dumps(name)})")
        return told

    def events(self, name: str) -> list[str]:
        """What has happened to ``name`` and its calls, in order."""
        happened: list[str] = self.js("return events")
        return [event.partition(" ")[2] for event in happened if event.split(" ")[0] == name]

    def expect(self, name: str, *events: str) -> None:
        """Wait until exactly this has happened to ``name`` and its calls, since the last time."""
        wanted = json.dumps([f"{name} {event}" for event in events])
        mine = f"events.filter((event) => event.startsWith({json.dumps(name + ' ')}))"
        try:
            self.page.wait_for_function(f"() => {mine}.length >= {len(events)}")
        finally:
            found = self.js(f"return {mine}")
            assert found == json.loads(wanted), found
        self.js(f"for (const event of {wanted}) events.splice(events.indexOf(event), 1)")


def _file(body: bytes, content_type: str) -> Callable[[Received], Awaitable[web.StreamResponse]]:
    async def answer(received: Received) -> web.StreamResponse:
        return web.Response(body=body, content_type=content_type)

    return answer


def _silence() -> bytes:
    """A short sound that nobody hears."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(1600))
    return file.getvalue()
