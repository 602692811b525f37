"""Delivery of webhooks: connection overrides, retries, time limits, redirects, and what is
signed."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from twilio.request_validator import RequestValidator

from simulator.webhooks.connection_overrides import Overrides
from simulator.webhooks.deliveries import Delivery, Reply
from simulator.webhooks.sender import WebhookSender
from tests.simulator.lab import AUTH_TOKEN, Lab, Received, in_lab, twiml


@asynccontextmanager
async def sender() -> AsyncIterator[WebhookSender]:
    sending = WebhookSender(AUTH_TOKEN)
    try:
        yield sending
    finally:
        await sending.close()


def status_to(url: str) -> Delivery:
    return Delivery("lead-status", url, "POST", {"CallSid": "CA1", "Called": ""})


async def deliver(delivery: Delivery) -> Reply | None:
    async with sender() as sending:
        return await sending.deliver(delivery)


def outcomes(delivery: Delivery) -> list[int | str | None]:
    return [attempt.failure or attempt.status for attempt in delivery.attempts]


@asynccontextmanager
async def raw_server(
    handle: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """A server that sends raw bytes, which no web framework would send."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await handle(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize(
    ("fragment", "overrides"),
    [
        ("", Overrides(5.0, 15.0, 15.0, 1, frozenset({"ct"}))),
        (
            "#rc=3&rp=ct,rt,5xx&rt=4000&ct=200&tt=9000",
            Overrides(0.2, 4.0, 9.0, 3, frozenset({"ct", "rt", "5xx"})),
        ),
        (
            "#rc=9&ct=1&rt=99999&tt=99999",
            Overrides(0.1, 15.0, 15.0, 5, frozenset({"ct"})),
        ),
        ("#rp=all", Overrides(5.0, 15.0, 15.0, 1, frozenset({"4xx", "5xx", "ct", "rt"}))),
        ("#rc=x&rp=sometimes&sni=y&e=dublin", Overrides()),
        ("#rc=0&rp=4xx", Overrides(5.0, 15.0, 15.0, 0, frozenset({"4xx"}))),
    ],
)
def test_connection_overrides_are_read_from_the_fragment(
    fragment: str, overrides: Overrides
) -> None:
    assert Overrides.of("https://h.example/a?b=c" + fragment) == overrides


@in_lab()
async def test_an_error_of_the_server_is_not_retried_unless_asked(lab: Lab) -> None:
    lab.product.replies_status("/status", 500, 204)
    delivery = status_to(f"{lab.product.url}/status#rc=5")
    assert await deliver(delivery) is None
    assert outcomes(delivery) == ["5xx"]
    assert delivery.problem is not None
    assert delivery.problem.code == 11200


@in_lab()
async def test_a_retry_carries_the_same_idempotency_token_and_signature(lab: Lab) -> None:
    lab.product.replies_status("/status", 503, 500, 204)
    delivery = status_to(f"{lab.product.url}/status#rc=3&rp=5xx")
    assert await deliver(delivery) is not None
    assert outcomes(delivery) == ["5xx", "5xx", 204]
    assert delivery.problem is None
    sent = lab.product.at("/status")
    assert {r.headers["I-Twilio-Idempotency-Token"] for r in sent} == {delivery.idempotency_token}
    assert len({r.headers["X-Twilio-Signature"] for r in sent}) == 1
    assert [r.params for r in sent] == [{"CallSid": "CA1", "Called": ""}] * 3


@in_lab()
async def test_retries_are_as_many_as_rc_says(lab: Lab) -> None:
    lab.product.replies_status("/status", 500)
    delivery = status_to(f"{lab.product.url}/status#rc=2&rp=all")
    assert await deliver(delivery) is None
    assert outcomes(delivery) == ["5xx"] * 3


@in_lab()
async def test_each_policy_retries_its_own_failures_alone(lab: Lab) -> None:
    lab.product.replies_status("/status", 429)
    for policy, tries in (("4xx", 2), ("5xx", 1), ("rt", 1), ("5xx,4xx", 2), ("all", 2)):
        delivery = status_to(f"{lab.product.url}/status#rp={policy}")
        await deliver(delivery)
        assert outcomes(delivery) == ["4xx"] * tries, policy


@pytest.mark.parametrize(("fragment", "tries"), [("", 2), ("#rc=0", 1), ("#rc=3&rp=5xx", 1)])
def test_a_refused_connection_is_retried_once_by_default(fragment: str, tries: int) -> None:
    # Port 1 is reserved and nothing listens there.
    delivery = status_to(f"http://127.0.0.1:1/status{fragment}")
    assert asyncio.run(deliver(delivery)) is None
    assert outcomes(delivery) == ["ct"] * tries
    assert delivery.problem is not None
    assert delivery.problem.code == 11205


@in_lab()
async def test_a_slow_answer_is_given_up_after_rt_and_retried_if_asked(lab: Lab) -> None:
    async def slow_once(received: Received) -> web.StreamResponse:
        if len(lab.product.received) == 1:
            await asyncio.sleep(5)
        return web.Response(status=204)

    lab.product.answers["/status"] = slow_once
    delivery = status_to(f"{lab.product.url}/status#rt=400&rp=rt")
    assert await deliver(delivery) is not None
    assert outcomes(delivery) == ["rt", 204]

    lab.product.received.clear()
    impatient = status_to(f"{lab.product.url}/status#rt=150")
    assert await deliver(impatient) is None
    assert outcomes(impatient) == ["rt"]


@in_lab()
async def test_the_total_time_bounds_all_attempts_together(lab: Lab) -> None:
    async def slow(received: Received) -> web.StreamResponse:
        await asyncio.sleep(5)
        return web.Response(status=204)

    lab.product.answers["/status"] = slow
    delivery = status_to(f"{lab.product.url}/status#rc=5&rp=all&rt=300&tt=450")
    assert await deliver(delivery) is None
    # Without the limit there would be six attempts.
    assert 1 <= len(delivery.attempts) <= 2
    assert set(outcomes(delivery)) <= {"rt", "tt"}


def test_a_connection_closed_without_an_answer_counts_as_a_read_failure() -> None:
    async def scenario() -> Delivery:
        async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            pass

        async with raw_server(hang_up) as url:
            delivery = status_to(f"{url}/status#rp=rt&rc=2")
            assert await deliver(delivery) is None
            return delivery

    assert outcomes(asyncio.run(scenario())) == ["rt", "rt", "rt"]


def test_a_partial_answer_is_never_retried() -> None:
    async def scenario() -> Delivery:
        async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            await writer.drain()

        async with raw_server(half) as url:
            delivery = status_to(f"{url}/status#rp=all&rc=5")
            assert await deliver(delivery) is None
            return delivery

    assert outcomes(asyncio.run(scenario())) == ["partial"]


@in_lab()
async def test_a_redirect_is_followed_as_get_without_the_fields(lab: Lab) -> None:
    async def elsewhere(received: Received) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "/there?a=1"})

    async def there(received: Received) -> web.StreamResponse:
        return twiml("<Response/>")

    lab.product.answers |= {"/here": elsewhere, "/there": there}
    delivery = status_to(f"{lab.product.url}/here")
    reply = await deliver(delivery)
    assert reply is not None
    assert reply.url == f"{lab.product.url}/there?a=1"
    [received] = lab.product.at("/there")
    assert (received.method, received.params) == ("GET", {"a": "1"})
    signature = received.headers["X-Twilio-Signature"]
    assert RequestValidator(AUTH_TOKEN).validate(received.url, {}, signature)


@in_lab()
async def test_redirects_in_a_circle_end(lab: Lab) -> None:
    async def circle(received: Received) -> web.StreamResponse:
        return web.Response(status=301, headers={"Location": "/circle"})

    lab.product.answers["/circle"] = circle
    delivery = status_to(f"{lab.product.url}/circle")
    assert await deliver(delivery) is None
    assert outcomes(delivery) == ["redirects"]
    assert delivery.problem is not None
    assert delivery.problem.code == 11215


@in_lab()
async def test_credentials_in_the_url_are_sent_as_basic_auth_and_not_signed(lab: Lab) -> None:
    host = lab.product.url.removeprefix("http://")
    await deliver(status_to(f"http://us%40er:s3:cret@{host}/status?q=%2B1&r#rc=0"))
    [received] = lab.product.at("/status")
    expected = base64.b64encode(b"us@er:s3:cret").decode()
    assert received.headers["Authorization"] == f"Basic {expected}"
    assert RequestValidator(AUTH_TOKEN).validate(
        f"http://{host}/status?q=%2B1&r", received.params, received.headers["X-Twilio-Signature"]
    )


@in_lab()
async def test_the_fields_of_a_get_are_part_of_the_signed_url(lab: Lab) -> None:
    delivery = Delivery(
        "voice", f"{lab.product.url}/status?a=1", "GET", {"To": "+1 2", "Called": ""}
    )
    assert await deliver(delivery) is not None
    [received] = lab.product.at("/status")
    assert received.params == {"a": "1", "To": "+1 2", "Called": ""}
    assert RequestValidator(AUTH_TOKEN).validate(
        f"{lab.product.url}/status?a=1&To=%2B1+2&Called=",
        {},
        received.headers["X-Twilio-Signature"],
    )


@pytest.mark.parametrize(
    "url",
    [
        "ftp://h.example/a",
        "http:///a",
        "/status",
        "http://my_host.example/a",
        "http://h.example/a b",
        "https://h.example:99999/a",
    ],
)
def test_a_url_that_twilio_would_not_call_is_an_error_and_not_a_crash(url: str) -> None:
    delivery = status_to(url)
    assert asyncio.run(deliver(delivery)) is None
    assert delivery.problem is not None
    assert delivery.problem.code == 11100
