"""The client library without the Calls page: what an app of a customer has. Its tabs are pages in
which ``voice`` is a HenkVoice that is open, and everything that it told is kept in ``told``."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Route

from stack import Stack, one_file
from stack.settings import CHECKOUT
from tests.end_to_end.clients import DEMO, PASSWORD
from tests.web.calls_page import LONGEST_MS, Session
from tests.web.network import eventually

# Takes the place of the page's own script, in its document and under its Content-Security-Policy.
_MAIN = """
import { HenkVoice, steadyFetch } from './henk-voice/henk-voice.js';
import { localDeviceOptions, usePlainSignalling } from './frame/local-signalling.js';
import { loadVendor } from './frame/vendor.js';

const config = await (await fetch('config.json')).json();
usePlainSignalling(config.simulatorSignalling);
const { Device, createClient } = await loadVendor();
const supabase = createClient(config.supabaseUrl, config.supabasePublishableKey, {
  global: { fetch: steadyFetch() },
});
const voice = new HenkVoice({
  Device,
  supabase,
  functionsUrl: config.functionsUrl,
  realtime: config.realtime,
  deviceOptions: localDeviceOptions(config.simulatorSignalling),
});
window.told = [];
voice.on('incoming', (ring) => {
  told.push('incoming');
  ring.on('end', ({ why }) => told.push(`end: ${why}`));
});
voice.on('callend', ({ reason }) => told.push(`call: ${reason.failure?.code ?? reason.code}`));
window.start = async (email, password) => {
  const { data } = await supabase.auth.getSession();
  if (!data.session) {
    const { error } = await supabase.auth.signInWithPassword({ email, password });
    if (error) throw error;
  }
  await voice.open();
};
window.voice = voice;
"""


class Tab:
    """A tab in which the library is open."""

    def __init__(self, page: Page, email: str) -> None:
        self.page = page
        self._email = email

    def start(self, *, may_fail: bool = False) -> None:
        """Signs in, unless the profile is, and opens the library."""
        # Not wait_for_function, which the page's policy forbids.
        eventually(lambda: self.page.evaluate("'voice' in window"), "the library is loaded")
        start = "([email, password]) => start(email, password)"
        if may_fail:
            start += ".catch(() => {})"
        self.page.evaluate(start, [self._email, PASSWORD])

    def reload(self) -> None:
        self.page.reload()
        self.start()

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression, or of the promise that it is."""
        return self.page.evaluate(f"async () => {{ return ({script}); }}")

    def shows(self, script: str, value: object, seconds: float = 60) -> None:
        """Waits until an expression has a value."""
        wanted = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        # The page waits itself: asking it again and again costs more than the test.
        seen = self.page.evaluate(
            f"""async ([wanted, ms]) => {{
              for (const late = performance.now() + ms; ; ) {{
                const seen = JSON.stringify(({script}) ?? null);
                if (seen === wanted || performance.now() > late) return seen;
                await new Promise((resolve) => setTimeout(resolve, 50));
              }}
            }}""",
            [wanted, seconds * 1000],
        )
        assert seen == wanted, f"{script} is {seen} and not {wanted}"

    def tells(self, *told: str) -> None:
        """Waits until the library has told exactly this since the last time."""
        self.shows("told", list(told))
        self.run("told.splice(0)")


class Profile:
    """A browser profile of a person: their tabs share the session, the locks and the channels."""

    def __init__(self, browser: Browser, stack: Stack, session: Session, email: str = DEMO) -> None:
        self._url = stack.env["CALLS_PAGE_URL"]
        self._email = email
        self.context: BrowserContext = browser.new_context(
            permissions=["microphone"], storage_state=session(email)
        )
        self.context.set_default_timeout(LONGEST_MS)
        self.context.route("**/main.js", _answer)

    def open(self, *, may_fail: bool = False) -> Tab:
        """``may_fail``: the library may not be ready for calls."""
        page = self.context.new_page()
        page.goto(self._url)
        tab = Tab(page, self._email)
        tab.start(may_fail=may_fail)
        return tab


def _answer(route: Route) -> None:
    route.fulfill(body=_script(), content_type="text/javascript")


@cache
def _script() -> str:
    """In one file, like the page of tests."""
    return one_file.script({**one_file.modules_of(CHECKOUT / "web"), one_file.MAIN: _MAIN})
