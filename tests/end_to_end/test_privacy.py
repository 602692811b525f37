"""No log has what people typed, said or own. Marked numbers, names, addresses, notes and secrets go
into every part of requests to every endpoint: with a database that works, with one whose errors
repeat them, and with a REST API that answers with all it was sent. Then everything that was logged
is searched."""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import os
import re
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import ClassVar
from urllib.parse import quote, unquote_plus, urlencode

import httpx
import jwt
import psycopg
import pytest

from stack import Stack
from stack.settings import CHECKOUT
from tests.end_to_end.clients import Rep, identity, new_call_sid
from tests.end_to_end.production import Functions, functions
from tests.endpoints import serving, sign
from tests.soak import SOAK, figure

ORIGIN = "https://app.callhenk.com"
FORM = "application/x-www-form-urlencoded"

# The text to send, and the part that would give it away.
PRIVATE = {
    "+14155552671": "5552671",
    "(415) 555-2672": "555-2672",
    "+1 415 555 26 73": "26 73",
    "415.555.2674": "555.2674",
    "0044 20 7946 0975": "7946 0975",
    "grace.hopper@navy.example": "grace",
    "Grace Brewster Hopper": "hopper",
    "allergic to penicillin, call after six": "penicillin",
    "sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz": "sb_secret",
}


@dataclass(frozen=True)
class Marked:
    """What must not be logged: the texts to send, and the traces to search for."""

    texts: tuple[str, ...]
    traces: tuple[str, ...]

    def found_in(self, log: str) -> list[str]:
        """The traces that the text has."""
        log = f"{log}\n{unquote_plus(log)}".lower()
        return [trace for trace in self.traces if trace.lower() in log]


@pytest.fixture(scope="module")
def rep(stack: Stack) -> Rep:
    return Rep.sign_in(stack)


@pytest.fixture(scope="module")
def marked(stack: Stack, rep: Rep) -> Marked:
    tokens = [rep.access_token, rep.grant()["token"]]
    names = ("TWILIO_AUTH_TOKEN", "TWILIO_API_KEY_SECRET", "SUPABASE_JWT_SECRET")
    secrets = [stack.env[name] for name in (*names, "SUPABASE_SECRET_KEY", "DEMO_PASSWORD")]
    texts = (*PRIVATE, *tokens, *secrets)
    digits = [re.sub(r"\D", "", text)[-8:] for text in PRIVATE if text[-4:].isdigit()]
    of_tokens = [part for token in tokens for part in token.split(".")[1:]]
    in_base64 = [_base64(text).rstrip("=")[:-1] for text in texts]
    return Marked(texts, (*PRIVATE.values(), *digits, *secrets, *of_tokens, *in_base64))


@dataclass(frozen=True)
class Callers:
    """Makes requests of a browser and of Twilio. Each has a private text in one place."""

    functions: Functions
    access_token: str
    caller: str

    def requests(self, texts: Iterator[str]) -> Iterator[httpx.Request]:
        """One request for each place, each with the next text."""
        yield from self._of_browsers(texts)
        yield from self._of_twilio(texts)

    def _of_browsers(self, texts: Iterator[str]) -> Iterator[httpx.Request]:
        ask, known = self._ask, str(uuid.uuid4())
        for method, path, body in (
            ("POST", "token", {}),
            ("POST", "twiml", {"To": "+15005550006"}),
            ("GET", f"status?conversationId={known}", None),
        ):
            for header in (
                "Accept", "Authorization", "Content-Type", "Cookie", "Origin", "Referer",
                "User-Agent", "X-Cloud-Trace-Context", "X-Forwarded-For", "X-Twilio-Signature",
            ):  # fmt: skip
                yield ask(method, path, body, {header: next(texts)})
            for scheme in ("Bearer {}", "bearer x.{}.x", "Digest {}"):
                yield ask(method, path, body, {"Authorization": scheme.format(next(texts))})
            basic = f"Basic {_base64(next(texts))}"
            yield ask(method, path, body, {"Authorization": basic})
            bare = path.partition("?")[0]
            yield ask(method, f"{bare}?conversationId={quote(next(texts))}", body)
            yield ask(method, f"{bare}?{quote(next(texts))}={quote(next(texts))}", body)
            yield ask(method, f"{bare}/{quote(next(texts))}", body)
            for wrong in ("DELETE", "PATCH", "OPTIONS", "PUT", "TRACE"):
                headers = {"Access-Control-Request-Headers": next(texts)}
                yield ask(wrong, bare, {next(texts): next(texts)}, headers)
        for path in ("token", "twiml"):
            for field in ("To", "CallerId", "LeadId", "CampaignId", "businessId", "notes"):
                for value in (next(texts), [next(texts)], {next(texts): next(texts)}):
                    yield ask("POST", path, {"To": "+15005550006", field: value})
            yield ask("POST", path, {next(texts): next(texts)})
            yield ask("POST", path, next(texts))
            yield ask("POST", path, content=f'{{"To": "{next(texts)}'.encode())
            yield ask("POST", path, content=next(texts).encode() * 5000)

    def _of_twilio(self, texts: Iterator[str]) -> Iterator[httpx.Request]:
        def form(**changes: str) -> dict[str, str]:
            return {
                "AccountSid": self.functions.env["TWILIO_ACCOUNT_SID"],
                "CallSid": new_call_sid(),
                "CallStatus": "ringing",
                "From": self.caller,
                "To": "+15005550006",
                "DialCallStatus": "completed",
            } | changes

        send = self._send
        for path in ("twiml", "twiml?after=dial", "status"):
            for name in (
                "AccountSid", "CallSid", "ParentCallSid", "DialCallSid", "CallStatus",
                "DialCallStatus", "From", "To", "Called", "CallerId", "LeadId", "CampaignId",
                "CallerName", "Timestamp", "SequenceNumber", "CallDuration", "ErrorMessage",
                "SipHeader_X-Note",
            ):  # fmt: skip
                yield send(path, form(**{name: next(texts)}))
            yield send(path, form() | {next(texts): next(texts)})
            yield send(path, form(CallStatus="completed", To=next(texts)))
            yield send(path, form(To=next(texts)), {"X-Twilio-Signature": next(texts)})
            yield send(path, form(), {"I-Twilio-Idempotency-Token": next(texts)})
            query = urlencode({next(texts): next(texts)})
            yield send(f"{path}{'&' if '?' in path else '?'}{query}", form(To=next(texts)))

    def _ask(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx.Request:
        usual = {"Authorization": f"Bearer {self.access_token}", "Origin": ORIGIN}
        if body is not None or content is not None:
            usual["Content-Type"] = "application/json"
            content = content or json.dumps(body).encode()
        return httpx.Request(
            method,
            f"{self.functions.url}/api/twilio/{path}",
            headers=usual | dict(headers or {}),
            content=content,
        )

    def _send(
        self, path: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> httpx.Request:
        url = f"{self.functions.url}/api/twilio/{path}"
        signature = sign(self.functions.env["TWILIO_AUTH_TOKEN"], url, form.items())
        return httpx.Request(
            "POST",
            url,
            headers={"X-Twilio-Signature": signature, "Content-Type": FORM} | dict(headers or {}),
            content=urlencode(form).encode(),
        )


def ask_everything(callers: Callers, marked: Marked, shift: int, every: int = 1) -> int:
    """Sends a request for each place, or for each ``every``-th place. In the full form it does so
    with every text. Returns the number of requests."""
    sent = 0
    # Many are sent at once, because some wait for the database until the time is up.
    with httpx.Client(timeout=60) as client, ThreadPoolExecutor(32) as pool:
        for turn in range(len(marked.texts) if SOAK else 1):
            texts = itertools.islice(itertools.cycle(marked.texts), shift + turn, None)
            chosen = itertools.islice(callers.requests(texts), (shift + turn) % every, None, every)
            sent += len(list(pool.map(client.send, list(chosen))))
    return sent


def assert_discreet(log: str, marked: Marked) -> None:
    """Fails the test if the log has a private text, or a line that our code did not write."""
    for line in log.splitlines():
        assert marked.found_in(line) == [], line
        entry = json.loads(line)
        assert re.fullmatch(
            r"[A-Z]+ /(api/twilio/\w+)? \d{3}|\w+ is asked again: [\w/,: ]+", entry["message"]
        )
        # A request ID that contains a secret of ours is not shown.
        assert re.fullmatch(r"[0-9a-f]{32}|\[secret\]", entry["request_id"])


@pytest.fixture(scope="module")
def real(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Functions]:
    with functions(stack, tmp_path_factory.mktemp("real") / "functions.log") as running:
        yield running


@pytest.fixture
def callers(real: Functions, rep: Rep) -> Callers:
    return Callers(real, rep.access_token, _caller(rep))


@pytest.mark.soak
def test_nothing_private_is_logged_where_all_goes_well(callers: Callers, marked: Marked) -> None:
    before = len(callers.functions.log())
    sent = ask_everything(callers, marked, 0)
    log = callers.functions.log()[before:]
    assert_discreet(log, marked)
    # The server itself refuses unknown methods, and logs nothing.
    lines = [json.loads(line) for line in log.splitlines()]
    assert sent * 0.95 < len(lines) <= sent
    assert {200, 204, 400, 401, 403, 404, 405, 413, 415} <= {line["status"] for line in lines}
    figure(f"{sent} requests with private texts, to a working database: none of them logged")


@pytest.mark.soak
def test_nothing_private_is_logged_where_the_database_names_it_in_its_errors(
    stack: Stack, callers: Callers, marked: Marked
) -> None:
    before = len(callers.functions.log())
    with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(
            "create function private.tell_all() returns trigger language plpgsql as $$ begin"
            " raise exception 'no room for %', new using"
            " detail = to_jsonb(new)::text, hint = to_jsonb(new)::text, errcode = '23514';"
            " end $$"
        )
        tables = ("call_events", "conversations", "token_grants")
        try:
            for table in tables:
                connection.execute(
                    f"create trigger tell_all before insert on public.{table}"
                    " for each row execute function private.tell_all()".encode()
                )
            ask_everything(callers, marked, 1)
        finally:
            connection.execute("drop function private.tell_all() cascade")
    log = callers.functions.log()[before:]
    assert_discreet(log, marked)
    assert log.count("answered HTTP 400, 23514") > 20


class Echo(BaseHTTPRequestHandler):
    """A REST API whose answers repeat all it was sent. The test says in which way."""

    answer: ClassVar[Callable[[Echo, str], None]]
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        type(self).answer(self, f"{self.path} {unquote_plus(self.path)}\n{self.headers}\n{body}")

    do_GET = do_POST

    def send(self, status: int, body: object, **headers: str) -> None:
        content = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response_only(status)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def send_broken(self, head: str) -> None:
        self.wfile.write(head.encode())
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        pass


def _error(status: int, code: str | None = None) -> Callable[[Echo, str], None]:
    return lambda rest, echo: rest.send(
        status, {"code": code or echo, "message": echo, "details": echo, "hint": echo}
    )


def _row(echo: str) -> dict[str, object]:
    """Every field that a function of the database may answer, with this text in it."""
    names = (
        "business_id", "caller_id", "conversation_id", "block_reason", "to_number", "from_number",
        "time_limit_seconds", "error", "retry_after", "new",
    )  # fmt: skip
    return dict.fromkeys(names, echo)


ECHOES: dict[str, Callable[[Echo, str], None]] = {
    "a bad parameter": _error(400, "22P02"),
    "a malformed code": _error(400),
    "an unknown function": _error(404, "PGRST202"),
    "a refused token": _error(401, "PGRST301"),
    "a refused key": _error(401),
    "an error of the server": _error(500, "XX000"),
    "a page": lambda rest, echo: rest.send(502, f"<html>{echo}</html>"),
    "a redirect": lambda rest, echo: rest.send(302, echo, Location=f"/{quote(echo)}"),
    "no JSON": lambda rest, echo: rest.send(200, echo),
    "a JSON text": lambda rest, echo: rest.send(200, [echo]),
    "an object of something else": lambda rest, echo: rest.send(200, {echo: echo}),
    "something else in every field": lambda rest, echo: rest.send(200, _row(echo)),
    "a rep who must wait": lambda rest, echo: rest.send(
        200, _row(echo) | {"error": "rate_limited"}
    ),
    "an answer cut off": lambda rest, echo: rest.send_broken(
        f"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n{echo}"
    ),
    "no HTTP": lambda rest, echo: rest.send_broken(echo),
    "no answer": lambda rest, echo: rest.send_broken(""),
}


@pytest.fixture(scope="module")
def echoing(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Functions]:
    log_path = tmp_path_factory.mktemp("echoing") / "functions.log"
    with serving(Echo) as url, functions(stack, log_path, url) as running:
        yield running


@pytest.fixture(scope="module")
def repeated() -> Iterator[list[int]]:
    """How many requests were sent in each way."""
    sent: list[int] = []
    yield sent
    figure(f"{sum(sent)} more to {len(sent)} databases that repeat them: none of them logged")


@pytest.mark.soak
@pytest.mark.parametrize("name", ECHOES)
def test_nothing_private_is_logged_where_the_database_repeats_it(
    name: str,
    echoing: Functions,
    stack: Stack,
    rep: Rep,
    marked: Marked,
    repeated: list[int],
) -> None:
    Echo.answer = staticmethod(ECHOES[name])
    claims = jwt.decode(rep.access_token, options={"verify_signature": False})
    claims["iss"] = f"{echoing.env['SUPABASE_URL']}/auth/v1"
    token = jwt.encode(claims, stack.env["SUPABASE_JWT_SECRET"])
    before = len(echoing.log())
    shift = list(ECHOES).index(name)
    sent = ask_everything(Callers(echoing, token, _caller(rep)), marked, shift, every=5)
    log = echoing.log()[before:]
    assert_discreet(log, marked)
    assert token.split(".")[1] not in log
    assert echoing.env["SUPABASE_WEBHOOK_JWT"].split(".")[1] not in log
    repeated.append(sent)


def test_nothing_private_is_logged_of_bytes_that_are_not_http(
    real: Functions, marked: Marked
) -> None:
    port = httpx.URL(real.url).port
    before = len(real.log())
    for text in marked.texts:
        for head in (
            f"{text}\r\n\r\n",
            f"GET /{text} HTTP/1.1\r\n\r\n",
            f"{text} /api/twilio/token HTTP/1.1\r\n\r\n",
            f"GET /api/twilio/token?{text} HTTP/9.{text}\r\n\r\n",
            f"GET /api/twilio/token HTTP/1.1\r\n{text}: x\r\n\r\n",
            f"GET /api/twilio/token HTTP/1.1\r\nX: {text}\x00\r\n {text}\r\n\r\n",
            f"POST /api/twilio/token HTTP/1.1\r\nContent-Length: {text}\r\n\r\n",
            f"POST /api/twilio/token HTTP/1.1\r\nTransfer-Encoding: {text}\r\n\r\n",
            f"POST /api/twilio/status HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{text}\r\n",
            f"POST /api/twilio/status HTTP/1.1\r\nContent-Type: {FORM}\r\n"
            f"Transfer-Encoding: chunked\r\n\r\n4\r\nTo={text}\r\n",
            f"POST /api/twilio/status HTTP/1.1\r\nContent-Type: {FORM}\r\nContent-Length: 9999"
            f"\r\n\r\nTo={text}",
            f"GET /api/twilio/token HTTP/1.1\r\nCookie: {text * 3000}\r\n\r\n",
        ):
            with (
                socket.create_connection(("127.0.0.1", port or 0), timeout=60) as connection,
                contextlib.suppress(ConnectionError),
            ):
                connection.sendall(head.encode())
                connection.shutdown(socket.SHUT_WR)
                while part := connection.recv(65536):
                    assert b" 500 " not in part.partition(b"\r\n")[0]
    assert_discreet(real.log()[before:], marked)


def test_nothing_private_is_logged_by_a_server_that_cannot_start(
    real: Functions, marked: Marked
) -> None:
    names = (*real.env, "HENK_ENV", "TWILIO_AUTH_TOKEN_NEXT")
    wrong = {name: f"{marked.texts[n % len(marked.texts)]} ?" for n, name in enumerate(names)}
    done = subprocess.run(
        [sys.executable, "-m", "functions.local_server"],
        cwd=CHECKOUT,
        env={"PATH": os.environ["PATH"], **wrong},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode != 0
    assert "HENK_ENV is malformed" in done.stderr
    assert marked.found_in(done.stdout + done.stderr) == []


def _caller(rep: Rep) -> str:
    claims = jwt.decode(rep.access_token, options={"verify_signature": False})
    return identity(claims["sub"], rep.env["DEMO_BUSINESS_ID"])


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
