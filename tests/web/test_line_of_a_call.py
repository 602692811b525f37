"""A rep sees in the call that they are hard to understand, and why; the call's row says it too."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Request, expect

from tests.web.calls_page import Rep
from tests.web.network import Database, Json, Network, eventually

# The demo's rep, as the phone network knows them.
CLIENT = "user_d0000000000040008000000000000001_b0000000000040008000000000000001"


# What measures the line, and shows it.
MEASURING = re.compile(
    r"/(call-(figures|incidents|line|quality)|line-(grade|stats|window|words)|measured-call"
    r"|quality-(outbox|reports)|steady-grade|stretch)\.js$"
)


@pytest.fixture
def bad_line(network: Network) -> Iterator[None]:
    """The rep's network loses a fifth of what they say."""
    network.conditions(CLIENT, loss=0.2, direction="out")
    yield
    network.conditions(CLIENT)


def quality_of(database: Database, call_sid: str) -> Json:
    """The row, when the page has reported it."""
    query = "select * from public.call_quality where call_sid = %s"
    return eventually(lambda: database.find(query, call_sid), f"the report of {call_sid}")[0]


def share_of(files: re.Pattern[str], profile: Json) -> float:
    """How much of the time the page has spent in these files."""
    urls = {node["id"]: node["callFrame"]["url"] for node in profile["nodes"]}
    spent = [
        (micros, files.search(urls[node]) is not None)
        for node, micros in zip(profile["samples"], profile["timeDeltas"], strict=True)
    ]
    share: float = sum(micros for micros, ours in spent if ours) / sum(
        micros for micros, _ in spent
    )
    return share


@pytest.mark.usefixtures("bad_line")
def test_a_rep_is_told_that_they_are_not_understood_and_the_row_has_it(
    known_rep: Callable[..., Rep], network: Network, database: Database
) -> None:
    # Packed, the page has its files, by which the profiler tells what measures.
    tab = known_rep().open("packed/")
    tab.is_ready()
    page = tab.page
    reported: list[str] = []

    def note(request: Request) -> None:
        if request.url.endswith("/report_call_quality"):
            reported.append(request.method)

    page.on("request", note)
    number = network.a_number(ringSeconds=0, talkSeconds=None)
    tab.call_and_talk(number)
    sid = network.call_to(number)["callSid"]
    profiler = page.context.new_cdp_session(page)
    profiler.send("Profiler.enable")
    profiler.send("Profiler.start")

    # A loaded machine may lose more, and in both directions: the test is about what is told.
    line = page.locator("#call-quality")
    expect(line).to_have_attribute("data-bars", "1")
    expect(line).to_contain_text("They may not hear you: Your network loses")
    expect(line).to_contain_text("Move closer to the Wi-Fi")
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Settings").click()
    expect(page.locator("#strip-line")).to_have_text("They may not hear you")
    page.get_by_role("link", name="Show the call").click()
    expect(line).to_contain_text("They may not hear you")

    assert share_of(MEASURING, profiler.send("Profiler.stop")["profile"]) < 0.01

    tab.hang_up.click()
    tab.is_ended("You hung up.")
    row = quality_of(database, sid)
    assert (row["grade"], row["fault"]) == ("poor", "loss_out"), row
    assert row["loss_out_p95"] >= 10 > row["loss_in_p95"], row
    assert row["browser"].startswith("Chrome"), row

    stars = page.get_by_role("group", name="How did it sound?")
    stars.get_by_role("button", name="2 stars").click()
    page.get_by_label("What was wrong with the sound?").select_option("choppy-audio")
    expect(page.locator("#rating-said")).to_have_text("Rated 2 of 5. Thank you.")
    eventually(
        lambda: quality_of(database, sid)["rating_issue"] == "choppy-audio", "the reason", page=page
    )
    assert quality_of(database, sid)["rating"] == 2
    assert tab.accessibility_findings() == []
    assert reported == ["POST"]

    # A page that is closed in a call leaves its report to the next one.
    other = network.a_number(ringSeconds=0, talkSeconds=None)
    tab.call_and_talk(other)
    second = network.call_to(other)["callSid"]
    expect(tab.clock).to_have_text(re.compile("0:(0[3-9]|[1-5][0-9])"))
    context = page.context
    page.close()
    next_page = context.new_page()
    next_page.goto(page.url)
    assert quality_of(database, second)["seconds"] < 60
