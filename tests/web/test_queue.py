"""The library's queue with the real database and phone network."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Browser, Error

from stack import Stack
from tests.web.calls_page import Session
from tests.web.library_page import Profile, Tab
from tests.web.network import Database, Network

# What the queue does, for `Tab.shows`.
NOW = "[voice.queue.state, voice.queue.entry?.lead.name ?? null, voice.queue.why?.code ?? null]"


class Campaign:
    """A campaign of the demo business with leads of its own."""

    def __init__(self, database: Database, business_id: str, name: str, mode: str) -> None:
        self._database, self._business_id = database, business_id
        [row] = database.find(
            "insert into public.campaigns (business_id, name, mode, wrap_up_seconds)"
            " values (%s, %s, %s, 3) returning id",
            business_id,
            name,
            mode,
        )
        self.id = str(row["id"])

    def add(self, name: str, number: str) -> None:
        [lead] = self._database.find(
            "insert into public.leads (business_id, name, phone_number) values (%s, %s, %s)"
            " returning id",
            self._business_id,
            name,
            number,
        )
        self._database.execute(
            "insert into public.queue_entries (business_id, campaign_id, lead_id, priority)"
            " values (%s, %s, %s, (select -count(*) from public.queue_entries where campaign_id = %s))",
            self._business_id,
            self.id,
            lead["id"],
            self.id,
        )

    def entries(self) -> dict[str, tuple[str, str | None]]:
        """Where each lead is in the queue: its state, and why it waits or is done."""
        rows = self._database.find(
            "select leads.name, state, coalesce(wait_reason, done_reason) as reason"
            " from public.queue_entries join public.leads on leads.id = lead_id"
            " where campaign_id = %s",
            self.id,
        )
        return {row["name"]: (row["state"], row["reason"]) for row in rows}

    def close(self) -> None:
        self._database.execute("delete from public.queue_entries where campaign_id = %s", self.id)


@pytest.fixture
def business_id(stack: Stack) -> str:
    return stack.env["DEMO_BUSINESS_ID"]


@pytest.fixture
def profile(browser: Browser, stack: Stack, session: Session) -> Iterator[Profile]:
    profile = Profile(browser, stack, session)
    yield profile
    profile.context.close()


def run(tab: Tab, campaign: Campaign) -> None:
    tab.run(f"voice.queue.open('{campaign.id}')")
    tab.run("voice.queue.start()")


def crash(tab: Tab) -> None:
    """The browser kills the page's process: nothing of the page runs any more."""
    with suppress(Error):
        tab.page.goto("chrome://crash", timeout=5_000)


def test_try(profile: Profile, database: Database, network: Network, business_id: str) -> None:
    campaign = Campaign(database, business_id, "Try", "power")
    numbers = []
    for name in ("Ada", "Ben", "Cem"):
        numbers.append(network.a_number(ringSeconds=30))
        campaign.add(name, numbers[-1])
    for number, state in ((numbers[0], "connecting"), (numbers[0], "ringing")):
        tab = profile.open()
        run(tab, campaign)
        print(tab.run(NOW))
        tab.run("voice.queue.finish()")
        tab.shows("voice.call?.state ?? null", state)
        print("crash", state)
        crash(tab)
        time.sleep(3)
        for number in numbers:
            calls = network.calls_to(number)
            for call in calls:
                print(
                    number,
                    json.dumps(
                        [(e["text"][:80], e["data"]) for e in network.events(call["callSid"])]
                    )[:3000],
                )
        print(campaign.entries())
    campaign.close()
