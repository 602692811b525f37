"""The database over REST: each request has its own caller's token, and is sent once."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from typing import ClassVar

import pytest

from shared import errors
from shared.database import TOTAL_SECONDS, Database
from shared.http_client import HttpClient, NoAnswer, Response
from shared.settings import Supabase
from tests.canned_server import Answer, CannedServer
from tests.endpoints import JWT_SECRET, PUBLISHABLE_KEY, REST, SUPABASE_URL, rpc, serving

THREADS = 16


class Echo(BaseHTTPRequestHandler):
    """A REST API whose answer says who asked."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    connections: ClassVar[set[tuple[str, int]]] = set()
    lock = threading.Lock()

    def do_POST(self) -> None:
        with self.lock:
            self.connections.add(self.client_address)
        parameters = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer(
            {
                "authorization": self.headers.get_all("Authorization"),
                "apikey": self.headers.get_all("apikey"),
                "parameters": parameters,
            }
        )

    def do_GET(self) -> None:
        self.answer([{"authorization": self.headers.get_all("Authorization")}])

    def answer(self, body: object) -> None:
        if self.path.endswith("/hang_up"):
            self.close_connection = True
            return
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def echoing() -> Iterator[Database]:
    Echo.connections.clear()
    with serving(Echo) as address:
        yield Database(Supabase(address, PUBLISHABLE_KEY, None))


class Clock:
    """A clock that moves when the code sleeps, or when a test moves it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(clock: Clock) -> Database:
    return Database(Supabase(SUPABASE_URL, PUBLISHABLE_KEY, JWT_SECRET), clock, clock.sleep)


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """The interpreter switches between threads as often as it can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("hasty_threads")
def test_a_call_never_carries_the_token_of_another_caller(echoing: Database) -> None:
    together = threading.Barrier(THREADS)

    def ask(caller: int) -> None:
        together.wait(10)
        for number in range(25):
            token = f"token-{caller}-{number}"
            answer = echoing.call(token, "who", {"caller": caller})
            assert answer["authorization"] == [f"Bearer {token}"]
            assert answer["apikey"] == [PUBLISHABLE_KEY]
            assert answer["parameters"] == {"caller": caller}
            row = echoing.find(token, "conversations", "id", "1")
            assert row == {"authorization": [f"Bearer {token}"]}

    with ThreadPoolExecutor(THREADS) as pool:
        for asked in [pool.submit(ask, caller) for caller in range(THREADS)]:
            asked.result(timeout=60)
    assert len(Echo.connections) == THREADS


def test_connections_are_used_again(echoing: Database) -> None:
    for number in range(20):
        echoing.call(f"token-{number}", "who", {})
    assert len(Echo.connections) == 1


def test_connections_that_break_are_replaced(echoing: Database) -> None:
    for number in range(2 * THREADS):
        with pytest.raises(errors.DatabaseUnavailable):
            echoing.call("token", "hang_up", {})
        assert echoing.call(f"token-{number}", "who", {})


def test_a_call_is_one_post_of_its_parameters(database: Database, canned: CannedServer) -> None:
    canned.on_post(rpc("f"), {"a": 1})
    assert database.call("token", "f", {"p_text": "ü", "p_null": None}) == {"a": 1}
    asked = canned.only()
    assert asked.json() == {"p_text": "ü", "p_null": None}
    assert asked.header("Content-Type") == "application/json"
    assert asked.header("Authorization") == "Bearer token"
    assert asked.header("apikey") == PUBLISHABLE_KEY


def test_a_row_is_found_by_its_id_and_these_columns(
    database: Database, canned: CannedServer
) -> None:
    canned.on_get(f"{REST}/conversations", [{"id": "1"}])
    assert database.find("token", "conversations", "id,status", "1") == {"id": "1"}
    asked = canned.only()
    assert asked.parameters() == {"select": "id,status", "id": "eq.1", "limit": "1"}
    assert asked.header("Authorization") == "Bearer token"


def test_a_row_that_the_caller_cannot_see_is_not_found(
    database: Database, canned: CannedServer
) -> None:
    canned.on_get(f"{REST}/conversations", [])
    assert database.find("token", "conversations", "id", "1") is None


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520])
def test_an_answer_is_never_asked_for_twice(
    database: Database, canned: CannedServer, status: int
) -> None:
    canned.on("*", "*", Answer(status))
    with pytest.raises(errors.DatabaseUnavailable):
        database.call("token", "f", {})
    with pytest.raises(errors.DatabaseUnavailable):
        database.find("token", "conversations", "id", "1")
    assert len(canned.asked) == 2


def test_a_broken_connection_is_tried_once_more(database: Database, canned: CannedServer) -> None:
    broken = Answer(breaks_off=True)
    canned.on("POST", rpc("f"), broken, Answer(body={"a": 1}))
    assert database.call("token", "f", {}) == {"a": 1}
    canned.on("GET", f"{REST}/conversations", broken, broken, Answer(body=[]))
    with pytest.raises(errors.DatabaseUnavailable):
        database.find("token", "conversations", "id", "1")


def test_a_webhook_waits_for_a_database_that_is_away_for_a_moment(
    database: Database,
    canned: CannedServer,
    clock: Clock,
    capsys: pytest.CaptureFixture[str],
) -> None:
    gone = Answer(503, {"code": "PGRST001", "message": "retrying"})
    canned.on("POST", rpc("f"), gone, gone, gone, Answer(body={"a": 1}))
    assert database.call_as_endpoint("jwt", "f", {}, setting="JWT") == {"a": 1}
    assert clock.slept == [0.25, 0.5, 1.0]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["severity"] for line in lines] == ["WARNING"] * 3
    assert "PGRST001" in lines[0]["message"]


def test_tries_end_before_the_limit(database: Database, canned: CannedServer, clock: Clock) -> None:
    canned.on_post(rpc("f"), None, 503)
    with pytest.raises(errors.DatabaseUnavailable):
        database.call_as_endpoint("jwt", "f", {}, setting="JWT")
    assert len(canned.asked) == 1 + len(clock.slept) > 4
    assert clock.now < TOTAL_SECONDS


def test_there_is_no_second_try_when_the_first_took_all_the_time(
    database: Database, canned: CannedServer, clock: Clock
) -> None:
    def pass_time() -> None:
        clock.now += 4.6

    timeout = {"code": "57014", "message": "statement timeout"}
    canned.on("POST", rpc("f"), Answer(500, timeout, meanwhile=pass_time))
    with pytest.raises(errors.DatabaseUnavailable):
        database.call_as_endpoint("jwt", "f", {}, setting="JWT")
    assert (len(canned.asked), clock.slept) == (1, [])


def test_a_wrong_set_up_is_not_tried_again(
    database: Database, canned: CannedServer, clock: Clock
) -> None:
    canned.on_post(rpc("f"), {"code": "42501", "message": "permission denied"}, 403)
    with pytest.raises(errors.PhoneSystemError):
        database.call_as_endpoint("jwt", "f", {}, setting="JWT")
    assert clock.slept == []


def test_a_request_has_what_is_left_of_the_time(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    had: list[float] = []

    def broken(*_args: object, seconds: float, **_named: object) -> Response:
        had.append(seconds)
        clock.now += 2
        raise NoAnswer("broken")

    monkeypatch.setattr(HttpClient, "request", broken)
    with pytest.raises(errors.DatabaseUnavailable):
        database.call("token", "f", {})
    assert had == [TOTAL_SECONDS, TOTAL_SECONDS - 2]
    assert TOTAL_SECONDS <= 7  # Twilio's patience is 15 s, and it asks twice.
    had.clear()
    with pytest.raises(errors.DatabaseUnavailable):
        database.call_as_endpoint("jwt", "f", {}, setting="JWT")
    assert had == [TOTAL_SECONDS, TOTAL_SECONDS - 2]
