"""What all endpoints refuse in the same way: paths, methods, sizes, and their own defects."""

from __future__ import annotations

import io
import json

import pytest
from werkzeug.test import TestResponse

from functions import bundle
from tests.endpoints import FORM, ORIGIN, Endpoint, access_token, load, loaded

FOLDERS = {
    "token_fn": "POST",
    "twiml_fn": "POST",
    "status_fn": "GET, POST",
    "control_fn": "POST",
    "numbers_fn": "POST",
    "reconcile_fn": "POST",
    "recording_fn": "GET, POST",
    "reports_fn": "GET, POST",
}
LIMIT = 64 * 1024


@pytest.fixture(params=FOLDERS)
def endpoint(request: pytest.FixtureRequest) -> Endpoint:
    return loaded(request.param)


def assert_error(answer: TestResponse, status: int, code: str, *words: str) -> None:
    assert answer.status_code == status
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.get_json()
    assert body == {"success": False, "error": {"code": code, "message": body["error"]["message"]}}
    for word in words:
        assert word in body["error"]["message"]


def with_body(endpoint: Endpoint, size: int, content_type: str, *, chunked: bool) -> TestResponse:
    """A request of a signed-in browser, with a body of ``size`` spaces."""
    body = b" " * size
    headers = {"Origin": ORIGIN, "Authorization": f"Bearer {access_token()}"}
    if not chunked:
        return endpoint.client.post(
            endpoint.path, data=body, content_type=content_type, headers=headers
        )
    # This is how gunicorn passes a chunked body on.
    return endpoint.client.post(
        endpoint.path,
        input_stream=io.BytesIO(body),
        content_type=content_type,
        headers=headers | {"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )


def test_the_table_has_every_endpoint() -> None:
    assert set(FOLDERS) == {endpoint.folder for endpoint in bundle.endpoints()}


@pytest.mark.parametrize("path", ["/api/twilio", "/x", "/api/twilio/token/", "/api", "/%2e"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "DELETE"])
def test_there_is_nothing_at_another_path(endpoint: Endpoint, path: str, method: str) -> None:
    answer = endpoint.client.open(path, method=method)
    assert_error(answer, 404, "not_found")


def test_an_endpoint_answers_at_the_root_of_its_own_address_too(endpoint: Endpoint) -> None:
    at_root = endpoint.client.post("/", data="{}", content_type="text/plain")
    at_path = endpoint.client.post(endpoint.path, data="{}", content_type="text/plain")
    assert at_root.status_code == at_path.status_code != 404
    assert at_root.get_json() == at_path.get_json()


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "BREW"])
def test_another_method_is_refused_and_the_right_ones_named(folder: str, method: str) -> None:
    if method in FOLDERS[folder]:
        return
    endpoint = loaded(folder)
    answer = endpoint.client.open(endpoint.path, method=method)
    assert_error(answer, 405, "method_not_allowed", FOLDERS[folder])
    assert set(answer.headers["Allow"].split(", ")) == {*FOLDERS[folder].split(", "), "OPTIONS"}


@pytest.mark.parametrize("size", [LIMIT + 1, 10 * LIMIT])
def test_a_form_over_64_kb_is_refused(size: int) -> None:
    for folder in ("twiml_fn", "status_fn"):
        answer = with_body(loaded(folder), size, FORM, chunked=False)
        assert_error(answer, 413, "payload_too_large", "65536")


@pytest.mark.parametrize("size", [LIMIT + 1, 10 * LIMIT])
def test_json_over_64_kb_is_refused(size: int) -> None:
    for folder in ("twiml_fn", "token_fn"):
        answer = with_body(loaded(folder), size, "application/json", chunked=False)
        assert_error(answer, 413, "payload_too_large", "65536")


@pytest.mark.parametrize("size", [LIMIT + 1, 10 * LIMIT])
def test_a_form_over_64_kb_is_refused_without_a_content_length_too(size: int) -> None:
    for folder in ("twiml_fn", "status_fn"):
        answer = with_body(loaded(folder), size, FORM, chunked=True)
        assert_error(answer, 413, "payload_too_large", "65536")


@pytest.mark.parametrize("size", [LIMIT + 1, 10 * LIMIT])
def test_json_over_64_kb_is_refused_without_a_content_length_too(size: int) -> None:
    for folder in ("twiml_fn", "token_fn"):
        answer = with_body(loaded(folder), size, "application/json", chunked=True)
        assert_error(answer, 413, "payload_too_large", "65536")


def test_a_large_body_does_not_hide_why_a_request_is_refused() -> None:
    endpoint = loaded("token_fn")
    answer = endpoint.client.post(
        endpoint.path,
        data=b" " * (LIMIT + 1),
        content_type="application/json",
        headers={"Origin": "https://evil.example.com"},
    )
    assert_error(answer, 403, "unauthorized_domain")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_64_kb_is_read(chunked: bool) -> None:
    form = with_body(loaded("status_fn"), LIMIT, FORM, chunked=chunked)
    assert_error(form, 403, "invalid_signature")
    text = with_body(loaded("token_fn"), LIMIT, "application/json", chunked=chunked)
    assert_error(text, 400, "invalid_request", "not JSON")


@pytest.mark.parametrize(
    ("folder", "content_type"),
    [
        ("token_fn", "text/plain"),
        ("token_fn", FORM),
        ("token_fn", "application/jsonp"),
        ("token_fn", None),
        ("twiml_fn", "text/plain"),
        ("twiml_fn", "multipart/form-data; boundary=x"),
        ("twiml_fn", "application/xml"),
        ("twiml_fn", None),
        ("status_fn", "application/json"),
        ("status_fn", "multipart/form-data; boundary=x"),
        ("status_fn", None),
    ],
)
def test_a_body_of_another_type_is_refused(folder: str, content_type: str | None) -> None:
    endpoint = loaded(folder)
    answer = endpoint.client.post(
        endpoint.path,
        data=b"{}",
        content_type=content_type,
        headers={"Origin": ORIGIN, "Authorization": f"Bearer {access_token()}"},
    )
    assert_error(answer, 415, "unsupported_media_type", "Send")


@pytest.mark.parametrize(
    ("folder", "body"),
    [("token_fn", {}), ("twiml_fn", {"To": "+14155552671"}), ("status_fn", None)],
)
def test_a_defect_of_ours_is_logged_by_kind_and_place_and_not_shown(
    folder: str,
    body: object,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    endpoint = load(folder)

    def fail(*_args: object) -> None:
        raise ZeroDivisionError("a defect of ours")

    monkeypatch.setattr(endpoint.module.REPS, "authenticate", fail)
    answer = endpoint.browser(body, method="GET" if body is None else "POST")
    assert_error(answer, 500, "phone_system_error", "administrator")
    assert "defect" not in answer.text
    line = json.loads(capsys.readouterr().out)
    assert line["severity"] == "ERROR"
    assert line["reason"].startswith("ZeroDivisionError\n")
    assert "in fail" in line["reason"]
    words = line["reason"].replace('raise ZeroDivisionError("a defect of ours")', "")
    assert "a defect" not in words


def test_a_refusal_says_how_to_sign_in() -> None:
    answer = loaded("token_fn").browser({}, token=None)
    assert_error(answer, 401, "unauthenticated", "Sign in")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_keys_that_cannot_be_fetched_do_not_sign_anybody_out() -> None:
    # Nothing listens on port 9 of this machine.
    endpoint = load("token_fn", SUPABASE_URL="http://127.0.0.1:9", SUPABASE_JWT_SECRET=None)
    # {"alg": "ES256", "kid": "x"}
    answer = endpoint.browser({}, token="eyJhbGciOiJFUzI1NiIsImtpZCI6IngifQ.e30.AAAA")
    assert_error(answer, 503, "database_unavailable", "again")
    assert answer.headers["Retry-After"] == "2"


@pytest.mark.parametrize("body", ["[]", "7", '"text"', "null", "{", "\x00", "'", "{'a': 1}", "NaN"])
def test_a_body_that_is_not_a_json_object_is_refused(body: str) -> None:
    for folder in ("token_fn", "twiml_fn"):
        endpoint = loaded(folder)
        answer = endpoint.client.post(
            endpoint.path,
            data=body,
            content_type="application/json",
            headers={"Origin": ORIGIN, "Authorization": f"Bearer {access_token()}"},
        )
        assert_error(answer, 400, "invalid_request", "JSON")


@pytest.mark.parametrize("body", [b"[" * 60_000, b'{"a":' * 12_000, b"\xff\xfe", b'"\xe9"'])
def test_json_that_breaks_parsers_is_refused(body: bytes) -> None:
    endpoint = loaded("token_fn")
    answer = endpoint.client.post(
        endpoint.path,
        data=body,
        content_type="application/json",
        headers={"Origin": ORIGIN, "Authorization": f"Bearer {access_token()}"},
    )
    assert_error(answer, 400, "invalid_request", "JSON")
