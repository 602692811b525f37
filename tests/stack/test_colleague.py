"""The simulated colleague: when her phone is hers, and when a browser's."""

from __future__ import annotations

import json

import httpx
import pytest

from stack.colleague import Colleague

ENV = {
    "SUPABASE_URL": "http://supabase",
    "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_x",
    "SIMULATOR_URL": "http://simulator",
    "DEMO_BUSINESS_ID": "b0000000-0000-4000-8000-000000000001",
    "COLLEAGUE_EMAIL": "rep2@henk.test",
    "COLLEAGUE_PASSWORD": "secret",
}
USER_ID = "d0000000-0000-4000-8000-000000000002"
IDENTITY = f"user_{USER_ID.replace('-', '')}_{ENV['DEMO_BUSINESS_ID'].replace('-', '')}"


class World:
    """The database and the phone network as she meets them."""

    def __init__(self) -> None:
        self.browsers: list[dict[str, object]] = []
        self.has_expired = False
        self.told: list[str] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else {}
        match request.url.path:
            case "/auth/v1/token":
                self.told.append("signs in")
                return httpx.Response(200, json={"access_token": "t", "user": {"id": USER_ID}})
            case "/simulator/browsers":
                return httpx.Response(200, json={"browsers": self.browsers})
            case "/simulator/clients":
                assert body["identity"] == IDENTITY
                self.told.append("answers" if body["script"] else "leaves it to the browser")
                return httpx.Response(200, json={})
            case "/rest/v1/rpc/set_presence":
                if self.has_expired:
                    self.has_expired = False
                    return httpx.Response(401, json={"message": "JWT expired"})
                self.told.append(body["p_state"])
                return httpx.Response(200, json={"heartbeat_seconds": 15})
            case path:
                raise AssertionError(path)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def robin(world: World) -> Colleague:
    return Colleague(ENV, httpx.Client(transport=httpx.MockTransport(world.answer)))


def test_she_can_be_rung_before_she_says_so_and_says_so_once_a_heartbeat(
    world: World, robin: Colleague
) -> None:
    for _ in range(3):
        robin.work()
    assert world.told == ["signs in", "answers", "available"]
    robin.leave()
    assert world.told[-1] == "away"


def test_while_somebody_is_signed_in_as_her_their_browser_is_her_phone(
    world: World, robin: Colleague
) -> None:
    robin.work()
    world.browsers = [
        {"identity": IDENTITY, "registered": False},
        {"identity": "user_x", "registered": True},
    ]
    robin.work()
    assert world.told[-1] == "available"
    world.browsers.append({"identity": IDENTITY, "registered": True})
    robin.work()
    robin.work()
    robin.leave()
    assert world.told[3:] == ["leaves it to the browser"]
    world.browsers = []
    robin.work()
    assert world.told[4:] == ["answers", "available"]


def test_when_her_session_has_expired_she_signs_in_again(world: World, robin: Colleague) -> None:
    world.has_expired = True
    with pytest.raises(httpx.HTTPStatusError):
        robin.work()
    robin.work()
    assert world.told == ["signs in", "answers", "signs in", "available"]
