"""All endpoints behind one port, as the local server runs them."""

from __future__ import annotations

import sys

import pytest
from flask.testing import FlaskClient

from functions import bundle
from shared.settings import ConfigurationError
from tests.canned_server import CannedServer
from tests.endpoints import (
    ACCOUNT_SID,
    BUSINESS_ID,
    ENVIRONMENT,
    ORIGIN,
    access_token,
    rpc,
    start,
)

ENDPOINTS = bundle.endpoints()


def mounted(variables: dict[str, str]) -> FlaskClient:
    # Endpoints read their settings when they are imported.
    endpoints = [f"{endpoint.folder}.main" for endpoint in ENDPOINTS]
    for module in endpoints:
        sys.modules.pop(module, None)
    try:
        return start("mounted", bundle.ROOT / "functions" / "mounted.py", variables).client
    finally:
        for module in endpoints:
            sys.modules.pop(module, None)


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return mounted(ENVIRONMENT)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.folder)
def test_every_endpoint_answers_at_its_production_path(
    client: FlaskClient, endpoint: bundle.Endpoint
) -> None:
    answer = client.options(endpoint.path, headers={"Origin": ORIGIN})
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert client.delete(endpoint.path).status_code == 405


def test_a_request_reaches_the_endpoint_it_is_for(
    client: FlaskClient, canned: CannedServer
) -> None:
    canned.on_post(rpc("grant_access_token"), {"business_id": BUSINESS_ID, "caller_id": None})
    headers = {"Origin": ORIGIN, "Authorization": f"Bearer {access_token()}"}
    assert client.post("/api/twilio/token", headers=headers).status_code == 200
    unsigned = client.post("/api/twilio/status", data={"AccountSid": ACCOUNT_SID})
    assert unsigned.get_json()["error"]["code"] == "invalid_signature"
    preview = client.post("/api/twilio/twiml", json={}, headers=headers)
    assert preview.get_json()["error"]["message"] == "To is missing."


@pytest.mark.parametrize(
    "path",
    ["/api/twilio", "/api/twilio/token/", "/api/twilio/x", "/token", "/API/twilio/token"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_there_is_nothing_at_another_path(client: FlaskClient, path: str, method: str) -> None:
    answer = client.open(path, method=method)
    assert answer.status_code == 404
    body = answer.get_json()
    assert body["success"] is False
    assert body["error"]["code"] == "not_found"
    assert answer.headers["X-Request-Id"]


def test_the_root_tells_what_there_is(client: FlaskClient) -> None:
    paths = [endpoint.path for endpoint in ENDPOINTS]
    assert client.get("/").get_json()["data"] == {"endpoints": paths}


@pytest.mark.parametrize("name", ["TWILIO_TWIML_APP_SID", "PUBLIC_BASE_URL", "SUPABASE_URL"])
def test_the_server_does_not_start_if_any_endpoint_cannot(name: str) -> None:
    variables = {key: value for key, value in ENVIRONMENT.items() if key != name}
    with pytest.raises(ConfigurationError, match=name):
        mounted(variables)
