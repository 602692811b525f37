"""Who hears whom in every state of a call with many legs: through the library, the SDK and the real
endpoints, each party with a tone of its own. Browsers are heard in the browsers; for parties of the
phone network, the network says what it plays to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from stack import Stack
from tests.end_to_end.clients import DEMO
from tests.simulator.tones import TONES, expect_heard, gap_in, give_tone, moment
from tests.soak import figure
from tests.web.calls_page import Session
from tests.web.library_page import Profile, Tab
from tests.web.network import Json, Network, eventually

REPS, COLLEAGUES, LEADS, EXPERTS = TONES[:4]


@pytest.fixture
def person(browser: Browser, stack: Stack, session: Session) -> Iterator[Callable[[str, int], Tab]]:
    """A tab of a person who sends a tone and can be rung."""
    profiles: list[Profile] = []

    def make(email: str, hertz: int) -> Tab:
        profiles.append(Profile(browser, stack, session, email))
        give_tone(profiles[-1].context, hertz)
        tab = profiles[-1].open()
        tab.shows("voice.phone.isReachable", True)
        return tab

    yield make
    for profile in profiles:
        profile.context.close()


class Lines:
    """What the network plays to parties without a browser."""

    def __init__(self, network: Network, call_sid: str) -> None:
        self._network = network
        self._call_sid = call_sid

    def expect(self, number: str, *heard: str) -> None:
        """Wait until who has ``number`` hears exactly these: numbers, clients, or a sound."""

        def hears() -> bool:
            legs: list[Json] = self._network.call(self._call_sid)["legs"]
            names = {leg["callSid"]: name_of(leg) for leg in legs}
            [leg] = [leg for leg in legs if name_of(leg) == number and not leg["endedAt"]]
            return sorted(names.get(each, each) for each in leg["media"]["hears"]) == sorted(heard)

        eventually(hears, f"{number} hears {heard}")


def name_of(leg: Json) -> str:
    """`rep`, `colleague`, or the party's number."""
    if leg["role"] == "agent":
        return "rep"
    return "colleague" if leg["to"].startswith("client:") else str(leg["to"])


def test_who_hears_whom_while_talking_with_an_expert_on_hold_consulting_merged_and_handed_over(
    person: Callable[[str, int], Tab], network: Network
) -> None:
    talks = {"ringSeconds": 0.2, "talkSeconds": None, "voice": "tone"}
    lead = network.a_number(**talks, toneHz=LEADS)
    expert = network.a_number(**talks, toneHz=EXPERTS)
    rep, colleague = person(DEMO, REPS), person("rep2@henk.test", COLLEAGUES)

    rep.run(f"void voice.dial({{ to: '{lead}' }})")
    rep.shows("voice.call.state", "talking")
    expect_heard(rep.page, {LEADS})
    lines = Lines(network, network.call_to(lead)["callSid"])
    lines.expect(lead, "rep")

    # The first request beyond the two makes the room.
    since = moment(rep.page)
    rep.run(f"voice.call.add({{ number: '{expert}' }}).then(() => null)")
    rep.shows("voice.call.stage", "together")
    expect_heard(rep.page, {LEADS, EXPERTS})
    gap = gap_in(rep.page, LEADS, since)
    figure(f"a room is made by the product: the rep does not hear the lead for {gap:.0f} ms")
    # A quarter of a second where nothing else runs.
    assert gap < 20_000
    lines.expect(lead, "rep", expert)
    lines.expect(expert, "rep", lead)
    experts = "voice.call.legs.find(({ role, ended_at }) => role === 'third_party' && !ended_at).id"
    rep.run(f"voice.call.remove({experts}).then(() => null)")
    expect_heard(rep.page, {LEADS})
    lines.expect(lead, "rep")

    rep.run("voice.call.hold().then(() => null)")
    expect_heard(rep.page, set())
    lines.expect(lead, "music")

    people = rep.run("voice.colleagues()")
    [to] = [one["user_id"] for one in people if one["name"] == "Robin Rep"]
    rep.run(f"voice.call.transfer({{ userId: '{to}' }}, 'warm').then(() => null)")
    colleague.shows("voice.ring?.state", "ringing")
    expect_heard(rep.page, set())
    lines.expect(lead, "music")
    colleague.run("void voice.ring.accept()")
    rep.shows("voice.call.stage", "consulting")
    expect_heard(rep.page, {COLLEAGUES})
    expect_heard(colleague.page, {REPS})
    lines.expect(lead, "music")

    rep.run("voice.call.merge().then(() => null)")
    expect_heard(rep.page, {COLLEAGUES, LEADS})
    expect_heard(colleague.page, {REPS, LEADS})
    lines.expect(lead, "rep", "colleague")

    rep.run("voice.call.complete().then(() => null)")
    expect_heard(colleague.page, {LEADS})
    expect_heard(rep.page, set())
    lines.expect(lead, "colleague")
    colleague.run("voice.call.hangUp()")
    colleague.shows("voice.call.state", "ended")
