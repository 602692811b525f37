"""Calls to browsers for tests: what the application dials, and who is there to hear it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from tests.simulator.browser import Browser, Payload, an_offer, connected, registered
from tests.simulator.lab import Lab, access_token

BOB = (
    '<Client statusCallback="/status" statusCallbackEvent="initiated ringing answered completed">'
    "bob</Client>"
)


def dials(lab: Lab, nouns: str = BOB, **attributes: str) -> None:
    """From now on the application dials ``nouns``."""
    given = {"answerOnBridge": "true", "action": "voice-after-dial"} | attributes
    text = " ".join(f'{name}="{value}"' for name, value in given.items())
    lab.product.replies("/voice", f"<Response><Dial {text}>{nouns}</Dial></Response>")


@asynccontextmanager
async def calling(lab: Lab) -> AsyncIterator[Browser]:
    """A browser of ada's that has placed a call."""
    async with connected(lab, access_token("ada")) as ada:
        await ada.invite(await an_offer())
        yield ada


@asynccontextmanager
async def ringing(
    lab: Lab, *names: str
) -> AsyncIterator[tuple[Browser, str, list[tuple[Browser, Payload]]]]:
    """Ada, who hears it ring, her CallSid, and registered browsers of ``names`` with their
    invites."""
    async with AsyncExitStack() as stack:
        browsers = [await stack.enter_async_context(registered(lab, name)) for name in names]
        ada = await stack.enter_async_context(calling(lab))
        sid = (await ada.expect("ringing"))["callsid"]
        yield ada, sid, [(browser, await browser.expect_invite()) for browser in browsers]


@asynccontextmanager
async def talking(lab: Lab) -> AsyncIterator[tuple[Browser, str, Browser, Payload]]:
    """Ada and bob in a call: each one's browser, her CallSid, and bob's invite."""
    dials(lab)
    async with ringing(lab, "bob") as (ada, sid, [(bob, invite)]):
        await bob.answer(invite)
        await ada.expect("answer")
        yield ada, sid, bob, invite


def end_of_dial(lab: Lab) -> dict[str, str]:
    """What the application was told by Dial's action."""
    [action] = lab.product.at("/voice-after-dial")
    return action.params


def status_of(lab: Lab, sid: str) -> str:
    """The status of the leg with this CallSid."""
    found = lab.network.leg(sid)
    assert found is not None
    return found[1].status
