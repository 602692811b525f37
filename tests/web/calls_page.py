"""The Calls page as its tests use it, and what it must never do in any test."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    StorageState,
    expect,
)

from stack import Stack
from stack.settings import CHECKOUT
from tests.end_to_end.clients import DEMO, PASSWORD

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
# More than a page needs: other tests compute meanwhile. Only what fails takes so long.
LONGEST_MS = 60_000

# Keeps the peer connections, because their statistics tell whether sound arrives.
_KEEP_PEERS = """
window.peers = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) { super(...given); window.peers.push(this); }
};
"""
_STORE = """stored => {
  for (const storage of [localStorage, sessionStorage]) storage.clear();
  for (const [name, value] of Object.entries(stored)) localStorage.setItem(name, value);
}"""
# Where Tab stops, as well as a script can tell. A wrong guess costs time and nothing else.
_COME_NEAR = """target => {
  const able = 'a[href], button, input, select, textarea, summary, audio, [tabindex]';
  const stops = [...document.querySelectorAll(able)].filter(
    it => it.tabIndex >= 0 && !it.disabled && it.checkVisibility({ visibilityProperty: true })
  );
  const left = stops.indexOf(target) - stops.indexOf(document.activeElement);
  if (left < 0 || left > 15) stops[Math.max(0, stops.indexOf(target) - 5)]?.focus();
}"""
# The energy and the packets of the sound that arrived.
_SOUND_RECEIVED = """async () => {
  let energy = 0, packets = 0;
  for (const peer of window.peers) {
    for (const part of (await peer.getStats()).values()) {
      if (part.type !== 'inbound-rtp' || part.kind !== 'audio') continue;
      energy += part.totalAudioEnergy ?? 0;
      packets += part.packetsReceived;
    }
  }
  return { energy, packets };
}"""
# What browsers log when a page looks for another host, or its policy forbids it to.
_OTHER_HOST = re.compile("ERR_NAME_NOT_RESOLVED|Content.Security.Policy")
_AXE = (CHECKOUT / "node_modules/axe-core/axe.min.js").read_text()
# Without the details of everything that is right.
_RUN_AXE = """only => axe.run({ resultTypes: ['violations'], ...only && { runOnly: only } })
  .then(({ violations }) => ({ violations }))"""
# What colours and sizes change, beside what is there.
_RULES_OF_LOOKS = ["color-contrast", "link-in-text-block", "scrollable-region-focusable"]


class Watch:
    """Finds errors that the pages of a browser context log, and other hosts that they contact: no
    other host is found (`chromium.launch`), which is an error too.

    It does not listen to requests, because a page makes more than a hundred.
    """

    def __init__(self, context: BrowserContext) -> None:
        self._findings: list[str] = []
        self._expected: list[re.Pattern[str]] = []
        self.forget()
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self._findings.append(f"thrown: {error.error}"))

    def forget(self) -> None:
        """Begins anew, for another test."""
        self._findings.clear()
        # The phone registers as soon as the page is open, and the page may be left meanwhile.
        closed_early = "WebSocket is closed before the connection is established"
        # The SDK plays each of its sounds, muted, when it starts. Not every browser allows that
        # on a page that nobody has used yet.
        unused = r"play\(\) failed because the user didn't interact"
        self._expected = [re.compile(closed_early), re.compile(unused)]

    def expect(self, pattern: str) -> None:
        """Allows a line that the browser logs because the test makes a request fail."""
        self._expected.append(re.compile(pattern))

    def check(self) -> None:
        bad = [
            finding
            for finding in self._findings
            if _OTHER_HOST.search(finding)
            or not any(pattern.search(finding) for pattern in self._expected)
        ]
        assert not bad, bad

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning", "assert"):
            url = message.location["url"]
            self._findings.append(f"{message.type}: {message.text} ({url})")


class CallsPage:
    """One tab."""

    def __init__(self, page: Page, watch: Watch) -> None:
        self.page = page
        self.watch = watch
        self.box = page.locator("#call-box")
        self.state = page.locator("#call-state")
        self.clock = page.locator("#talk-clock")
        self.number = page.get_by_label("Number", exact=True)
        self.number_check = page.locator("#number-check")
        self.contact = page.get_by_role("combobox", name="Contact")
        self.contacts = page.locator("#lead-list").get_by_role("option")
        self.campaign = page.locator("#campaign")
        self.call_button = page.get_by_role("button", name="Call", exact=True)
        self.hang_up = page.get_by_role("button", name="Hang up")
        self.mute = page.get_by_role("button", name="Mute")
        self.wrap_up = page.locator("#wrap-up")
        self.rows = page.locator("#history-rows tr[data-conversation]")

    def sign_in(self, email: str = DEMO) -> None:
        self.fill_sign_in(email)
        self.is_ready()

    def fill_sign_in(self, email: str = DEMO) -> None:
        field = self.page.get_by_label("E-mail")
        # Firefox's driver adds to what is in a field.
        field.clear()
        field.fill(email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()

    def is_ready(self, seconds: float = 60) -> None:
        expect(self.state).to_have_text("Ready to call", timeout=seconds * 1000)

    def call(self, number: str) -> None:
        """Dials a number that may be called."""
        self.number.fill(number)
        expect(self.number_check).to_contain_text("Calls ")
        self.call_button.click()

    def call_and_talk(self, number: str) -> None:
        self.call(number)
        self.is_("talking")

    def is_(self, state: str, seconds: float = 60) -> None:
        expect(self.box).to_have_attribute("data-state", state, timeout=seconds * 1000)

    def is_ended(self, why: str) -> None:
        """Waits, because the reason may become more exact a moment after the end."""
        expect(self.state).to_have_text(f"Ended: {why}")
        self.is_("ended")

    def tab_to(self, target: Locator) -> None:
        """Presses Tab until the target has the focus. Begins a few stops before it, if it is far:
        a list of calls has a hundred stops."""
        target.evaluate(_COME_NEAR)
        for _ in range(200):
            if target.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"The Tab key does not reach {target}")

    def row(self, conversation_id: object) -> Locator:
        return self.page.locator(f'#history-rows tr[data-conversation="{conversation_id}"]')

    def notice(self, about: str) -> Locator:
        return self.page.locator(f'#notices .notice[data-about="{about}"]')

    def sound_received(self) -> dict[str, float]:
        sound: dict[str, float] = self.page.evaluate(_SOUND_RECEIVED)
        return sound

    def accessibility_findings(self, *, only_looks: bool = False) -> list[str]:
        """What axe finds serious or critical, each with its place. ``only_looks``: the same state
        is looked at in full, too, in another size and other colours."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(_AXE)
        rules = _RULES_OF_LOOKS if only_looks else None
        found: dict[str, Any] = self.page.evaluate(_RUN_AXE, rules)
        return [
            f"{finding['impact']}: {finding['id']}: {node['target']} {node['failureSummary']}"
            for finding in found["violations"]
            if finding["impact"] in ("serious", "critical")
            for node in finding["nodes"]
        ]


class Rep:
    """A rep's browser profile. Its tabs share the session."""

    def __init__(self, browser: Browser, stack: Stack, **settings: Any) -> None:
        self.url = stack.env["CALLS_PAGE_URL"]
        settings.setdefault("viewport", DESKTOP)
        self.context = browser.new_context(locale="en-US", **settings)
        self.context.set_default_timeout(LONGEST_MS)
        self.context.add_init_script(_KEEP_PEERS)
        self.is_usual = True
        """Whether another test can use the profile."""
        self._unused: Page | None = None
        self.watch = Watch(self.context)

    def open(self, address: str = "") -> CallsPage:
        """A new tab with the page, or with a view of it."""
        page = self._new_page()
        page.goto(f"{self.url}/{address}")
        return CallsPage(page, self.watch)

    def close(self) -> None:
        for page in self.context.pages:
            # A request that a test answers may be under way.
            page.unroute_all(behavior="ignoreErrors")
        self.context.close()

    def leave(self) -> None:
        """Closes all tabs; the profile can be used again, with `enter`."""
        for page in self.context.pages:
            page.unroute_all(behavior="ignoreErrors")
            page.close()
        self._unused = None
        self.context.unroute_all(behavior="ignoreErrors")
        self.context.clear_permissions()
        self.context.set_offline(False)

    def enter(self, storage: StorageState | None) -> None:
        """Makes the profile as good as a new one with this storage, for another test. Only the
        browser's cache is left from before."""
        self.watch.forget()
        page = self.context.new_page()
        page.goto(f"{self.url}/health")
        origins = storage["origins"] if storage else []
        page.evaluate(
            _STORE, {item["name"]: item["value"] for it in origins for item in it["localStorage"]}
        )
        self._unused = page

    def _new_page(self) -> Page:
        # The first one is there already.
        page, self._unused = self._unused or self.context.new_page(), None
        return page

    def add_script(self, script: str) -> None:
        """Runs a script in all pages. It stays there, so no other test gets the profile."""
        self.is_usual = False
        self.context.add_init_script(script)

    def open_signed_in(self) -> CallsPage:
        """A new tab of a profile that has a session."""
        tab = self.open()
        tab.is_ready()
        return tab

    def open_with_clock(self) -> CallsPage:
        """The same, with a clock that the test can move."""
        self.is_usual = False
        page = self._new_page()
        page.clock.install()
        page.goto(self.url)
        tab = CallsPage(page, self.watch)
        tab.is_ready()
        return tab


class Profiles:
    """Browser profiles that tests use one after the other, because the browser's cache makes each
    page much cheaper."""

    def __init__(self, browser: Browser, stack: Stack) -> None:
        self._browser, self._stack = browser, stack
        self._free: list[Rep] = []

    def take(self, storage: StorageState | None) -> Rep:
        """A profile, new or as good as new."""
        rep = self._free.pop() if self._free else Rep(self._browser, self._stack)
        rep.enter(storage)
        return rep

    def give_back(self, rep: Rep) -> None:
        """The profile is not used any more."""
        if rep.is_usual:
            rep.leave()
            self._free.append(rep)
        else:
            rep.close()

    def close(self) -> None:
        for rep in self._free:
            rep.close()


Session = Callable[[str], StorageState]
Signed = Callable[..., CallsPage]
"""The types of the fixtures `session` and `signed_in`."""
