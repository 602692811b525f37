"""Twilio's own library over our HTTP client: what is sent, and what each trouble becomes."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException

from shared import errors, twilio_client
from shared.http_client import HttpClient, Response
from shared.settings import TWILIO_API, TwilioRest
from tests.canned_server import CANNED, Answer, CannedServer
from tests.endpoints import ACCOUNT_SID, API_KEY_SECRET, API_KEY_SID, CALL_SID, LEAD_CALL_SID

CALLS = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Calls"
CALL = f"{CALLS}/{CALL_SID}.json"
BODY = {"sid": CALL_SID, "status": "completed"}


def settings_of(api_url: str) -> TwilioRest:
    return TwilioRest(ACCOUNT_SID, API_KEY_SID, API_KEY_SECRET, api_url)


@pytest.fixture
def client() -> Any:
    return twilio_client.build_client(settings_of(CANNED.url))


def test_a_fetch_is_one_get_by_api_key(client: Any, canned: CannedServer) -> None:
    canned.on_get(CALL, BODY)
    assert client.calls(CALL_SID).fetch().status == "completed"
    asked = canned.only()
    credentials = base64.b64encode(f"{API_KEY_SID}:{API_KEY_SECRET}".encode()).decode()
    assert asked.header("Authorization") == f"Basic {credentials}"
    assert str(asked.header("User-Agent")).startswith("twilio-python/")
    assert (asked.method, asked.query, asked.body) == ("GET", "", b"")


def test_a_list_names_what_is_looked_for(client: Any, canned: CannedServer) -> None:
    canned.on_get(f"{CALLS}.json", {"calls": [BODY], "next_page_uri": None})
    (call,) = client.calls.list(parent_call_sid=LEAD_CALL_SID, page_size=50, limit=50)
    assert call.sid == CALL_SID
    assert canned.only().parameters() == {"ParentCallSid": LEAD_CALL_SID, "PageSize": "50"}


def test_pages_follow_each_other_at_the_same_address(client: Any, canned: CannedServer) -> None:
    more = f"{CALLS}.json?Page=1&PageToken=x"
    pages = [{"calls": [BODY], "next_page_uri": uri} for uri in (more, None)]
    canned.on("GET", f"{CALLS}.json", *(Answer(body=page) for page in pages))
    assert len(client.calls.list()) == 2
    assert [asked.query for asked in canned.asked][1] == "Page=1&PageToken=x"


def test_an_update_is_a_form(client: Any, canned: CannedServer) -> None:
    canned.on_post(CALL, BODY)
    client.calls(CALL_SID).update(twiml="<Response>é &</Response>")
    asked = canned.only()
    assert asked.header("Content-Type") == "application/x-www-form-urlencoded"
    assert asked.form() == [("Twiml", "<Response>é &</Response>")]


def test_a_parameter_with_several_values_is_sent_several_times(
    client: Any, canned: CannedServer
) -> None:
    canned.on_post(f"{CALLS}.json", BODY, 201)
    events = ["initiated", "answered"]
    client.calls.create(to="+1", from_="+2", status_callback_event=events)
    sent = canned.only().form()
    assert [value for name, value in sent if name == "StatusCallbackEvent"] == events


def test_json_is_sent_to_products_that_take_it(canned: CannedServer) -> None:
    canned.on_post("/v1/x", {})
    http = twilio_client.CurlHttpClient(CANNED.url)
    headers = {"Content-Type": "application/json"}
    http.request("POST", f"{TWILIO_API}/v1/x", data={"a": [1]}, headers=headers)
    assert canned.only().json() == {"a": [1]}


def test_a_deletion_has_no_body(client: Any, canned: CannedServer) -> None:
    canned.on("DELETE", CALL, Answer(204))
    assert client.calls(CALL_SID).delete() is True
    assert (canned.only().method, canned.only().body) == ("DELETE", b"")
    assert canned.only().header("Content-Length") is None


def test_a_method_does_not_stick_to_the_connection(client: Any, canned: CannedServer) -> None:
    canned.on("DELETE", CALL, Answer(204))
    canned.on_get(CALL, BODY)
    canned.on_post(CALL, BODY)
    for _ in range(2):
        client.calls(CALL_SID).delete()
        client.calls(CALL_SID).fetch()
        client.calls(CALL_SID).update(status="completed")
    assert [asked.method for asked in canned.asked] == ["DELETE", "GET", "POST"] * 2
    assert [len(asked.body) for asked in canned.asked] == [0, 0, len("Status=completed")] * 2


@pytest.mark.parametrize(
    ("retry_after", "seconds"), [("17", 17), (None, 60), ("0", 60), ("86400", 3600), ("soon", 60)]
)
def test_a_429_says_for_how_long_twilio_must_not_be_asked(
    client: Any, canned: CannedServer, retry_after: str | None, seconds: int
) -> None:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    canned.on("GET", CALL, Answer(429, {"code": 20429}, headers=headers))
    with pytest.raises(errors.TwilioBusy) as raised:
        client.calls(CALL_SID).fetch()
    assert raised.value.seconds == seconds
    assert len(canned.asked) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_api_key_is_a_wrong_setting(
    client: Any, canned: CannedServer, status: int
) -> None:
    canned.on_get(CALL, {"code": 20003}, status)
    with pytest.raises(errors.PhoneSystemError) as raised:
        client.calls(CALL_SID).fetch()
    assert "TWILIO_API_KEY_SID" in raised.value.detail


@pytest.mark.parametrize("status", [301, 302, 307, 500, 502, 503])
@pytest.mark.parametrize("method", ["fetch", "update"])
def test_in_an_outage_twilio_is_asked_once(
    client: Any, canned: CannedServer, status: int, method: str
) -> None:
    canned.on("*", CALL, Answer(status, headers={"Location": "https://evil.example.com/"}))
    with pytest.raises(errors.TwilioUnavailable) as raised:
        getattr(client.calls(CALL_SID), method)()
    assert str(status) in raised.value.detail
    assert len(canned.asked) == 1


def test_a_connection_that_breaks_is_not_hidden(client: Any, canned: CannedServer) -> None:
    canned.on("POST", f"{CALLS}.json", Answer(201, BODY, breaks_off=True))
    with pytest.raises(errors.TwilioUnavailable, match="does not answer"):
        client.calls.create(to="+1", from_="+2", url="https://x.example")
    assert len(canned.asked) == 1


@pytest.mark.parametrize("change", ["update", "delete"])
def test_what_changes_something_is_not_sent_again_if_twilio_hangs_up_without_an_answer(
    change: str,
) -> None:
    """Not even on a connection that was kept open, where libcurl tries again by itself: Twilio may
    have dialled."""
    heard: list[bytes] = []
    body = json.dumps(BODY).encode()
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        client = twilio_client.build_client(settings_of(f"http://127.0.0.1:{port}"))

        def serve() -> None:
            with contextlib.suppress(OSError):
                connection, _ = listening.accept()
                threading.Thread(target=serve, daemon=True).start()
                answer_all(connection)

        def answer_all(connection: socket.socket) -> None:
            with connection:
                while request := connection.recv(10_000):
                    heard.append(request.split()[0])
                    if not request.startswith(b"GET"):
                        return
                    connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        assert client.calls(CALL_SID).fetch().status == "completed"
        with pytest.raises(errors.TwilioUnavailable):
            getattr(client.calls(CALL_SID), change)()
    assert heard == [b"GET", b"POST" if change == "update" else b"DELETE"]


@pytest.mark.parametrize("status", [400, 404, 409])
def test_other_refusals_are_twilios_own_errors(
    client: Any, canned: CannedServer, status: int
) -> None:
    canned.on_post(CALL, {"code": 21220, "message": "not in progress"}, status)
    with pytest.raises(TwilioRestException) as raised:
        client.calls(CALL_SID).update(status="completed")
    assert (raised.value.status, raised.value.code) == (status, 21220)


def test_one_limit_holds_for_the_whole_request(
    client: Any, canned: CannedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twilio_client, "TOTAL_SECONDS", 0.05)
    canned.on("GET", CALL, Answer(hangs=True))
    started = time.monotonic()
    with pytest.raises(errors.TwilioUnavailable) as raised:
        client.calls(CALL_SID).fetch()
    assert "in time" in raised.value.detail
    assert time.monotonic() - started < 3


def test_a_caller_may_give_another_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[float] = []

    def request(*_args: object, seconds: float, **_named: object) -> Response:
        limits.append(seconds)
        return Response(200, b"{}", 0)

    monkeypatch.setattr(HttpClient, "request", request)
    http = twilio_client.CurlHttpClient(TWILIO_API)
    http.request("GET", f"{TWILIO_API}/x")
    http.request("GET", f"{TWILIO_API}/x", timeout=1.5)
    assert limits == [twilio_client.TOTAL_SECONDS, 1.5]


def test_the_environment_cannot_change_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    urls: list[str] = []

    def request(_self: object, _method: str, url: str, **_named: object) -> Response:
        urls.append(url)
        return Response(200, b'{"sid": "CA0"}', 0)

    monkeypatch.setattr(HttpClient, "request", request)
    monkeypatch.setenv("TWILIO_REGION", "au1")
    monkeypatch.setenv("TWILIO_EDGE", "sydney")
    twilio_client.build_client(settings_of(TWILIO_API)).calls(CALL_SID).fetch()
    assert urls == [f"https://api.twilio.com{CALL}"]


def test_threads_share_a_client(client: Any, canned: CannedServer) -> None:
    canned.on_get(CALL, BODY)
    with ThreadPoolExecutor(8) as pool:
        calls = list(pool.map(lambda _: client.calls(CALL_SID).fetch(), range(40)))
    assert {call.sid for call in calls} == {CALL_SID}
    assert len(canned.asked) == 40
