"""Which pages may call a browser endpoint and read its answer."""

from __future__ import annotations

import pytest

from tests.canned_server import CannedServer
from tests.endpoints import BUSINESS_ID, Endpoint, load, loaded, rpc

OURS = ["https://callhenk.com", "https://www.callhenk.com", "https://app.callhenk.com"]
FOREIGN = [
    "http://callhenk.com",
    "http://app.callhenk.com",
    "https://evil.callhenk.com",
    "https://api.app.callhenk.com",
    "https://callhenk.com.example.com",
    "https://app.callhenk.com.",
    "https://notcallhenk.com",
    "https://callhenk.co",
    "https://callhenk.com/",
    "https://callhenk.com:443",
    "https://callhenk.com:8443",
    "https://CALLHENK.com",
    "https://callhenk.com https://evil.example.com",
    "https://callhenk.com,https://app.callhenk.com",
    "callhenk.com",
    "//callhenk.com",
    "http://localhost:3000",
    "null",
    "*",
    "",
]
GRANT = {"business_id": BUSINESS_ID, "caller_id": None}


@pytest.fixture
def token() -> Endpoint:
    return loaded("token_fn")


@pytest.fixture(scope="module")
def local() -> Endpoint:
    return load("token_fn", HENK_ENV="development")


def preflight(endpoint: Endpoint, origin: str | None) -> dict[str, str]:
    headers = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    if origin is not None:
        headers["Origin"] = origin
    answer = endpoint.client.options(endpoint.path, headers=headers)
    assert answer.status_code == 204
    assert answer.data == b""
    return dict(answer.headers)


@pytest.mark.parametrize("origin", OURS)
def test_our_own_pages_may_call_and_read(
    token: Endpoint, origin: str, canned: CannedServer
) -> None:
    canned.on_post(rpc("grant_access_token"), GRANT)
    answer = token.browser({}, origin=origin)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert answer.headers["Vary"] == "Origin"
    assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("origin", [*FOREIGN, None])
def test_a_foreign_page_is_refused_before_anything_is_asked(
    token: Endpoint, origin: str | None, canned: CannedServer
) -> None:
    answer = token.browser({}, origin=origin)
    assert answer.status_code == 403
    assert answer.get_json()["error"]["code"] == "unauthorized_domain"
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer.headers["Vary"] == "Origin"
    assert not canned.asked


@pytest.mark.parametrize("origin", OURS)
def test_our_own_pages_can_read_why_they_were_refused(token: Endpoint, origin: str) -> None:
    answer = token.browser({}, origin=origin, token="garbage")
    assert answer.status_code == 401
    assert answer.headers["Access-Control-Allow-Origin"] == origin


@pytest.mark.parametrize("folder", ["token_fn", "twiml_fn", "status_fn", "numbers_fn"])
@pytest.mark.parametrize("origin", OURS)
def test_a_preflight_allows_what_our_pages_send(folder: str, origin: str) -> None:
    headers = preflight(loaded(folder), origin)
    assert headers["Access-Control-Allow-Origin"] == origin
    assert "POST" in headers["Access-Control-Allow-Methods"]
    assert set(headers["Access-Control-Allow-Headers"].split(", ")) == {
        "authorization",
        "content-type",
    }
    assert int(headers["Access-Control-Max-Age"]) > 0
    assert headers["Vary"] == "Origin"


@pytest.mark.parametrize("origin", [*FOREIGN, None])
def test_a_preflight_does_not_allow_a_foreign_page_anything(
    token: Endpoint, origin: str | None
) -> None:
    assert not [name for name in preflight(token, origin) if name.startswith("Access-Control")]


@pytest.mark.parametrize("origin", ["http://localhost:3000", "https://evil.example.com", None])
def test_development_allows_any_page(
    local: Endpoint, origin: str | None, canned: CannedServer
) -> None:
    canned.on_post(rpc("grant_access_token"), GRANT)
    answer = local.browser({}, origin=origin)
    assert answer.status_code == 200
    assert answer.headers.get("Access-Control-Allow-Origin") == origin
    assert preflight(local, origin).get("Access-Control-Allow-Origin") == origin
