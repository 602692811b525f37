"""Who hears whom in a room: measured by tones, in browsers with Twilio's SDK, without the stack.

The steps are those of a hold and a warm transfer: the child is moved first, then the parent's Dial
asks its action, which answers with the same room.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web

from tests.simulator import rooms
from tests.simulator.lab import Received, twiml
from tests.simulator.rest import ask
from tests.simulator.tones import TONES, expect_heard, gap_in, moment
from tests.soak import figure
from tests.web.sdk import Phones, SdkLab

ADAS, LEADS, BOBS, EXPERTS = TONES[:4]


def test_everybody_hears_whom_they_should_through_a_hold_and_a_warm_transfer(
    phones: Callable[..., Phones], sdk_lab: SdkLab
) -> None:
    lab, run = sdk_lab.lab, sdk_lab.run
    here, there, desk, away = (phones(hertz) for hertz in (ADAS, LEADS, BOBS, EXPERTS))
    here.device("ada")
    there.phone("lead")
    desk.phone("bob")
    away.phone("expert")
    rooms.prepare(lab)

    async def join(received: Received) -> web.StreamResponse:
        more = 'jitterBufferSize="small"'
        return twiml(rooms.room_twiml(lab, "agent", host=True, more=more))

    lab.product.answers["/voice-after-dial"] = join

    here.call("ada", "lead")
    there.expect("lead", "registered", "incoming")
    there.do("lead", "accept()")
    here.expect("ada", "ringing", "accept")
    expect_heard(here.page, {LEADS})
    expect_heard(there.page, {ADAS})

    sid, child = here.described("ada")["sid"], there.described("lead")["sid"]
    since = [(here.page, LEADS, moment(here.page)), (there.page, ADAS, moment(there.page))]
    more = 'jitterBufferSize="small"'
    run(
        ask(
            lab,
            "POST",
            f"/Calls/{child}.json",
            Twiml=rooms.room_twiml(lab, "lead", wait=None, more=more),
        )
    )
    run(rooms.until(lab, sid, lambda call: len(rooms.present(call)) == 2))
    expect_heard(here.page, {LEADS})
    expect_heard(there.page, {ADAS})
    gaps = [gap_in(*each) for each in since]
    figure(f"a room is made: silence of {gaps[0]:.0f} ms for the rep, {gaps[1]:.0f} for the lead")
    # A quarter of a second where nothing else runs.
    assert max(gaps) < 20_000

    room = run(rooms.until(lab, sid, lambda call: bool(call["rooms"])))["rooms"][0]
    participants = f"/Conferences/{room['conferenceSid']}/Participants"

    def update(label: str, **form: Any) -> Any:
        return run(ask(lab, "POST", f"{participants}/{label}.json", **form))

    update("lead", Hold="true")
    expect_heard(there.page, set(), music=True)
    expect_heard(here.page, set())

    added = run(rooms.add(lab, room["conferenceSid"], "client:bob?reason=transfer", Label="bob"))
    desk.expect("bob", "registered", "incoming")
    invited = desk.described("bob")
    assert invited["sid"] == added["call_sid"]
    assert invited["custom"] == [["reason", "transfer"]]
    expect_heard(here.page, set())
    desk.do("bob", "accept()")
    expect_heard(here.page, {BOBS})
    expect_heard(desk.page, {ADAS})
    expect_heard(there.page, set(), music=True)

    update("lead", Hold="false")
    expect_heard(there.page, {ADAS, BOBS})
    expect_heard(here.page, {LEADS, BOBS})
    expect_heard(desk.page, {ADAS, LEADS})

    update("bob", EndConferenceOnExit="true")
    update("agent", EndConferenceOnExit="false")
    run(ask(lab, "DELETE", f"{participants}/agent.json"))
    here.expect("ada", "disconnect")
    expect_heard(there.page, {BOBS})
    expect_heard(desk.page, {LEADS})

    run(rooms.add(lab, room["conferenceSid"], "client:expert", Label="expert"))
    away.expect("expert", "registered", "incoming")
    away.do("expert", "accept()")
    expect_heard(there.page, {BOBS, EXPERTS})
    away.do("expert", "disconnect()")
    expect_heard(there.page, {BOBS})

    desk.do("bob", "disconnect()")
    there.page.wait_for_function("() => events.includes('lead disconnect')")
