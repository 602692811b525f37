"""A stack in which calls take as long as real ones, a Chromium, and reps who use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from stack import Stack
from tests.clusters import Cluster
from tests.end_to_end.clients import DEMO
from tests.simulator.tones import TONES
from tests.stacks import settings_in
from tests.web import chromium
from tests.web.calls_page import CallsPage, Rep, Session, Signed
from tests.web.network import Database, Network
from tests.web.sdk import Phones, SdkLab

# More than a page needs: other tests compute meanwhile.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def stack(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(settings_in(cluster.copied_to(tmp_path_factory.mktemp("stack")))) as running:
        yield running


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def chromium_at(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, str]]:
    return chromium.find(tmp_path_factory.mktemp("chromium"))


@pytest.fixture(scope="session")
def browser(playwright: Playwright, chromium_at: tuple[str, dict[str, str]]) -> Iterator[Browser]:
    path, needed = chromium_at
    running = chromium.launch(playwright, path, needed)
    yield running
    running.close()


@pytest.fixture(scope="session")
def network(stack: Stack) -> Iterator[Network]:
    network = Network(stack)
    yield network
    network.close()


@pytest.fixture(scope="session")
def database(stack: Stack) -> Iterator[Database]:
    database = Database(stack)
    yield database
    database.close()


@pytest.fixture(scope="session")
def session(browser: Browser, stack: Stack) -> Session:
    """The stored session of a rep who has signed in. Each rep signs in only once."""
    kept: dict[str, Any] = {}

    def make(email: str) -> Any:
        if email not in kept:
            rep = Rep(browser, stack)
            rep.open().sign_in(email)
            kept[email] = rep.context.storage_state()
            rep.context.close()
        return kept[email]

    return make


@pytest.fixture
def new_rep(browser: Browser, stack: Stack) -> Iterator[Callable[..., Rep]]:
    """Browser profiles. After the test, none of them may have logged an error or loaded anything
    from another host."""
    reps: list[Rep] = []

    def make(**settings: Any) -> Rep:
        reps.append(Rep(settings.pop("browser", browser), stack, **settings))
        return reps[-1]

    yield make
    for rep in reps:
        rep.close()
    for rep in reps:
        rep.watch.check()


@pytest.fixture
def signed_in(new_rep: Callable[..., Rep], session: Session) -> Signed:
    """The page of a rep who is already signed in."""

    def make(email: str = DEMO, **settings: Any) -> CallsPage:
        return new_rep(storage_state=session(email), **settings).open_signed_in()

    return make


@pytest.fixture(scope="session")
def sdk_lab() -> Iterator[SdkLab]:
    with SdkLab() as running:
        yield running


@pytest.fixture(scope="session")
def edges_browser(
    playwright: Playwright, chromium_at: tuple[str, dict[str, str]]
) -> Iterator[Browser]:
    """A browser that finds Twilio's edges on this machine."""
    rules = "--host-resolver-rules=MAP *.twilio.com 127.0.0.1"
    running = chromium.launch(playwright, *chromium_at, (*chromium.FLAGS, rules))
    yield running
    running.close()


@pytest.fixture
def phones(sdk_lab: SdkLab, edges_browser: Browser) -> Iterator[Callable[..., Phones]]:
    """Pages with Twilio's SDK alone, each with a tone of its own."""
    sdk_lab.reset()
    opened: list[Phones] = []

    def make(hertz: int = TONES[0]) -> Phones:
        opened.append(Phones(sdk_lab, edges_browser, hertz))
        return opened[-1]

    yield make
    for each in opened:
        each.close()
