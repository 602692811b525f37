"""A stack in which calls take as long as real ones, a Chromium, and reps who use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from stack import Stack
from tests.end_to_end.clients import DEMO
from tests.stacks import settings_in
from tests.web import chromium
from tests.web.calls_page import CallsPage, Rep, Session, Signed
from tests.web.network import Database, Network

# More than a page needs: other tests compute meanwhile.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(settings_in(tmp_path_factory.mktemp("stack"))) as running:
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
