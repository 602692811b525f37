"""A stack in which calls take as long as real ones, a Chromium, and reps who use it.

These fixtures end with the last test of this folder, and not with the worker: while Playwright
runs, its event loop does too, and asyncio.run() fails. For that the folder is a package.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import (
    Browser,
    Playwright,
    StorageState,
    expect,
    sync_playwright,
)

from stack import Stack
from tests.clusters import Cluster
from tests.end_to_end.clients import DEMO, PASSWORD
from tests.simulator.tones import TONES
from tests.stacks import settings_in
from tests.web import chromium, firefox
from tests.web.calls_page import LONGEST_MS, CallsPage, Profiles, Rep, Session, Signed
from tests.web.network import Database, Network
from tests.web.sdk import Phones, SdkLab

expect.set_options(timeout=LONGEST_MS)


@pytest.fixture(scope="package")
def stack(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Who signs up must open the link of an e-mail, as in a hosted project."""
    settings = settings_in(cluster.copied_to(tmp_path_factory.mktemp("stack")))
    with Stack(replace(settings, confirm_addresses=True)) as running:
        yield running


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="package")
def chromium_at(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, str]]:
    """The browser, which all workers share, because it takes seconds to unpack."""
    base = tmp_path_factory.getbasetemp()
    directory = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "chromium"
    directory.mkdir(exist_ok=True)
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return chromium.find(directory)


@pytest.fixture(scope="package")
def browser(playwright: Playwright, chromium_at: tuple[str, dict[str, str]]) -> Iterator[Browser]:
    path, needed = chromium_at
    running = chromium.launch(playwright, path, needed)
    yield running
    running.close()


@pytest.fixture(scope="package")
def firefox_at() -> str:
    path = firefox.find()
    if path is None:
        pytest.skip("there is no Firefox here; on Debian, `make firefox` installs one")
    return path


@pytest.fixture(scope="module")
def in_firefox(
    firefox_at: str, playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """A Firefox, which ends with the tests of its file."""
    running = firefox.launch(playwright, firefox_at, tmp_path_factory.mktemp("firefox"))
    yield running
    running.close()


@pytest.fixture(scope="package")
def network(stack: Stack) -> Iterator[Network]:
    network = Network(stack)
    yield network
    network.close()


@pytest.fixture(scope="package")
def database(stack: Stack) -> Iterator[Database]:
    database = Database(stack)
    yield database
    database.close()


@pytest.fixture(scope="package")
def own_session(stack: Stack) -> Session:
    """Signs a rep in, and makes the session that their browser stores: without a page, which would
    cost much more."""
    url, key = stack.env["SUPABASE_URL"], stack.env["SUPABASE_PUBLISHABLE_KEY"]
    host = urlsplit(url).hostname or ""
    # As supabase-js names it.
    name = f"sb-{host.partition('.')[0]}-auth-token"

    def make(email: str) -> StorageState:
        answer = httpx.post(
            f"{url}/auth/v1/token?grant_type=password",
            headers={"apikey": key},
            json={"email": email, "password": PASSWORD},
            timeout=60,
        )
        answer.raise_for_status()
        return {
            "cookies": [],
            "origins": [
                {
                    "origin": stack.env["CALLS_PAGE_URL"],
                    "localStorage": [{"name": name, "value": answer.text}],
                }
            ],
        }

    return make


@pytest.fixture(scope="package")
def session(own_session: Session) -> Session:
    """The same, which tests share: each rep signs in only once."""
    return cache(own_session)


@pytest.fixture(scope="package")
def profiles(browser: Browser, stack: Stack) -> Iterator[Profiles]:
    profiles = Profiles(browser, stack)
    yield profiles
    profiles.close()


@pytest.fixture
def new_rep(profiles: Profiles, browser: Browser, stack: Stack) -> Iterator[Callable[..., Rep]]:
    """Browser profiles. After the test, none of them may have logged an error or looked for another
    host."""
    reps: list[Rep] = []

    def make(storage_state: StorageState | None = None, **settings: Any) -> Rep:
        if settings:
            own = settings.pop("browser", browser)
            rep = Rep(own, stack, storage_state=storage_state, **settings)
            rep.is_usual = False
        else:
            rep = profiles.take(storage_state)
        reps.append(rep)
        return rep

    yield make
    for rep in reps:
        profiles.give_back(rep)
    for rep in reps:
        rep.watch.check()


@pytest.fixture
def known_rep(new_rep: Callable[..., Rep], session: Session) -> Callable[..., Rep]:
    """Browser profiles of reps who have signed in."""

    def make(email: str = DEMO, **settings: Any) -> Rep:
        return new_rep(storage_state=session(email), **settings)

    return make


@pytest.fixture
def signed_in(known_rep: Callable[..., Rep]) -> Signed:
    """The page of a rep who is already signed in."""

    def make(email: str = DEMO, **settings: Any) -> CallsPage:
        return known_rep(email, **settings).open_signed_in()

    return make


@pytest.fixture(scope="package")
def sdk_lab() -> Iterator[SdkLab]:
    with SdkLab() as running:
        yield running


@pytest.fixture(scope="package")
def edges_browser(
    playwright: Playwright, chromium_at: tuple[str, dict[str, str]]
) -> Iterator[Browser]:
    """A browser that finds Twilio's edges on this machine."""
    running = chromium.launch(playwright, *chromium_at, hosts="MAP *.twilio.com 127.0.0.1")
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
