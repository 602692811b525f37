"""Known keys outlive an outage of the issuer, and invented key ids do not cause many fetches."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from http.server import BaseHTTPRequestHandler

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from shared import errors, jwks
from tests.endpoints import serving

_PUBLIC_KEY = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key(), as_dict=True)


def jwk(key_id: str) -> dict[str, object]:
    return _PUBLIC_KEY | {"kid": key_id, "alg": "ES256", "use": "sig"}


class Clock:
    """A clock that moves when a test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Publisher:
    """It takes the place of PyJWT's client."""

    def __init__(self, *key_ids: str) -> None:
        self.key_ids = list(key_ids)
        self.fetches = 0
        self.down = False
        self.before_answering: Callable[[], object] = lambda: None

    def fetch_data(self) -> dict[str, object]:
        self.fetches += 1
        self.before_answering()
        if self.down:
            raise jwt.PyJWKClientConnectionError("down")
        return {"keys": [jwk(key_id) for key_id in self.key_ids]}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Publisher:
    publisher = Publisher("current")
    monkeypatch.setattr(jwt, "PyJWKClient", lambda *_args, **_options: publisher)
    return publisher


@pytest.fixture
def keys(publisher: Publisher, clock: Clock) -> jwks.KeySet:
    return jwks.KeySet("https://henk.supabase.co/jwks.json", clock)


def known(keys: jwks.KeySet, key_id: str) -> bool:
    return keys.find(key_id) is not None


def test_nothing_is_fetched_before_a_key_is_needed(keys: jwks.KeySet, publisher: Publisher) -> None:
    assert publisher.fetches == 0
    assert known(keys, "current")
    assert publisher.fetches == 1


def test_a_known_key_is_fetched_once_in_its_lifespan(
    keys: jwks.KeySet, publisher: Publisher, clock: Clock
) -> None:
    for _ in range(100):
        assert known(keys, "current")
        clock.now += (jwks.LIFESPAN_SECONDS - 1) / 100
    assert publisher.fetches == 1


def test_ten_thousand_unknown_key_ids_cause_one_fetch(
    keys: jwks.KeySet, publisher: Publisher
) -> None:
    assert not any(known(keys, f"made-up-{number}") for number in range(10_000))
    assert publisher.fetches == 1


def test_unknown_key_ids_cause_one_fetch_per_cooldown(
    keys: jwks.KeySet, publisher: Publisher, clock: Clock
) -> None:
    for expected in (1, 2, 3):
        assert not any(known(keys, f"made-up-{number}") for number in range(100))
        assert publisher.fetches == expected
        clock.now += jwks.COOLDOWN_SECONDS


def test_unknown_key_ids_do_not_hide_a_known_key(
    keys: jwks.KeySet, publisher: Publisher, clock: Clock
) -> None:
    for number in range(10):
        assert not known(keys, f"made-up-{number}")
        assert known(keys, "current")
        clock.now += jwks.COOLDOWN_SECONDS


def test_a_known_key_goes_on_working_while_the_endpoint_is_down(
    keys: jwks.KeySet, publisher: Publisher, clock: Clock
) -> None:
    assert known(keys, "current")
    publisher.down = True
    for _ in range(10):
        clock.now += jwks.LIFESPAN_SECONDS
        assert known(keys, "current")


def test_an_endpoint_that_is_down_is_asked_once_per_cooldown(
    keys: jwks.KeySet, publisher: Publisher, clock: Clock
) -> None:
    assert known(keys, "current")
    publisher.down = True
    clock.now += jwks.LIFESPAN_SECONDS
    assert all(known(keys, "current") for _ in range(1000))
    assert publisher.fetches == 2
    clock.now += jwks.COOLDOWN_SECONDS
    assert all(known(keys, "current") for _ in range(1000))
    assert publisher.fetches == 3


def test_a_known_key_goes_on_working_while_the_endpoint_hangs(
    keys: jwks.KeySet, publisher: Publisher, clock: Clock
) -> None:
    assert known(keys, "current")
    clock.now += jwks.LIFESPAN_SECONDS
    hanging, answer = threading.Event(), threading.Event()

    def hang() -> None:
        hanging.set()
        answer.wait(10)

    publisher.before_answering = hang
    with ThreadPoolExecutor() as pool:
        fetching = pool.submit(known, keys, "current")
        assert hanging.wait(10)
        try:
            others = [pool.submit(known, keys, "current") for _ in range(4)]
            assert all(other.result(timeout=60) for other in others)
            assert not fetching.done()
        finally:
            answer.set()
        assert fetching.result(timeout=60)
    assert publisher.fetches == 2


def test_an_unknown_key_while_the_endpoint_is_down_is_neither_trusted_nor_refused(
    keys: jwks.KeySet, publisher: Publisher
) -> None:
    publisher.down = True
    for _ in range(2):
        with pytest.raises(errors.SignInUnavailable) as caught:
            keys.find("current")
        assert caught.value.status == 503
        assert caught.value.retry_after
    assert publisher.fetches == 1


def test_an_endpoint_that_comes_back_is_believed_again(
    keys: jwks.KeySet, publisher: Publisher, clock: Clock
) -> None:
    publisher.down = True
    with pytest.raises(errors.SignInUnavailable):
        keys.find("current")
    publisher.down = False
    clock.now += jwks.COOLDOWN_SECONDS
    assert known(keys, "current")
    assert not known(keys, "made-up")


def test_a_key_that_is_rotated_in_is_found_after_the_cooldown(
    keys: jwks.KeySet, publisher: Publisher, clock: Clock
) -> None:
    assert known(keys, "current")
    publisher.key_ids.append("next")
    clock.now += jwks.COOLDOWN_SECONDS
    assert known(keys, "next")
    assert known(keys, "current")


def test_a_key_that_was_removed_is_gone_after_its_lifespan(
    keys: jwks.KeySet, publisher: Publisher, clock: Clock
) -> None:
    assert known(keys, "current")
    publisher.key_ids[:] = ["next"]
    clock.now += jwks.LIFESPAN_SECONDS
    assert not known(keys, "current")
    assert known(keys, "next")


def test_many_first_requests_at_once_wait_for_one_fetch(
    keys: jwks.KeySet, publisher: Publisher
) -> None:
    fetching, answer = threading.Event(), threading.Event()

    def hang() -> None:
        fetching.set()
        answer.wait(10)

    publisher.before_answering = hang
    with ThreadPoolExecutor(16) as pool:
        asked = [pool.submit(known, keys, "current")]
        assert fetching.wait(10)
        asked += [pool.submit(known, keys, "current") for _ in range(15)]
        try:
            assert not wait(asked, timeout=0.1, return_when=FIRST_COMPLETED).done
        finally:
            answer.set()
        assert all(one.result(timeout=60) for one in asked)
    assert publisher.fetches == 1


class _Answers(BaseHTTPRequestHandler):
    """What a JWKS endpoint may answer, by path."""

    hang = threading.Event()

    def do_GET(self) -> None:
        getattr(self, self.path.strip("/").replace("-", "_"))()

    def respond(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def keys(self) -> None:
        self.respond(200, json.dumps({"keys": [jwk("current")]}).encode())

    def empty(self) -> None:
        self.respond(200, b'{"keys": []}')

    def server_error(self) -> None:
        self.respond(500, b"")

    def not_found(self) -> None:
        self.respond(404, b"")

    def page(self) -> None:
        self.respond(200, b"<html>Back soon</html>")

    def list(self) -> None:
        self.respond(200, b"[]")

    def cut_off(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b'{"keys": [')

    def nothing(self) -> None:
        self.close_connection = True

    def reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def silence(self) -> None:
        self.hang.wait(10)

    def redirect(self) -> None:
        self.send_response(302)
        self.send_header("Location", "/keys")
        self.end_headers()

    def finish(self) -> None:
        if self.path != "/reset":
            super().finish()

    def log_message(self, *_args: object) -> None:
        pass


OUTAGES = [
    "server-error",
    "not-found",
    "cut-off",
    "nothing",
    "redirect",
    "reset",
    "page",
    "list",
]


@pytest.mark.parametrize("outage", OUTAGES)
def test_an_endpoint_that_does_not_answer_a_key_set_counts_as_down(
    outage: str, clock: Clock
) -> None:
    with serving(_Answers) as address:
        keys = jwks.KeySet(f"{address}/{outage}", clock)
        for _ in range(2):
            with pytest.raises(errors.SignInUnavailable):
                keys.find("current")


@pytest.mark.parametrize("outage", OUTAGES)
def test_a_known_key_outlives_every_kind_of_outage(outage: str, clock: Clock) -> None:
    with serving(_Answers) as address:
        keys = jwks.KeySet(f"{address}/keys", clock)
        assert known(keys, "current")
        keys._client.uri = f"{address}/{outage}"
        clock.now += jwks.LIFESPAN_SECONDS
        assert known(keys, "current")


def test_a_request_does_not_wait_long_for_keys() -> None:
    assert 0 < jwks.KeySet("https://henk.supabase.co/jwks.json")._client.timeout <= 5


def test_an_endpoint_that_never_answers_is_given_up(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jwks, "TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr(_Answers, "hang", threading.Event())
    with serving(_Answers) as address:
        try:
            with pytest.raises(errors.SignInUnavailable):
                jwks.KeySet(f"{address}/silence", clock).find("current")
        finally:
            _Answers.hang.set()


def test_an_address_where_nothing_listens_counts_as_down(clock: Clock) -> None:
    with serving(_Answers) as address:
        pass
    with pytest.raises(errors.SignInUnavailable):
        jwks.KeySet(f"{address}/keys", clock).find("current")


def test_a_project_without_published_keys_has_no_key(clock: Clock) -> None:
    with serving(_Answers) as address:
        assert jwks.KeySet(f"{address}/empty", clock).find("current") is None
