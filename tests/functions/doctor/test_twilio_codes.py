"""What Twilio's refusals mean is read from their error codes, in the doctor and in deploy.sh."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from functions.doctor.check import Finding
from functions.doctor.examination import examinations, findings
from functions.doctor.inputs import Inputs
from functions.setup import twilio_api, twiml_app
from functions.setup.settings import Operator
from tests.endpoints import serving
from tests.functions.deploy.lab import SETTINGS

CHECKS = ("twilio_credentials", "twilio_api_key")
OTHERS = ("twilio_balance", "twilio_number", "twiml_app")


@contextmanager
def refusing(status: int, code: int | None) -> Iterator[Inputs]:
    """A set-up whose Twilio refuses everything with this answer."""
    body = json.dumps({"code": code, "message": "Refused", "status": status} if code else {})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    with serving(Handler) as url:
        settings = {
            **SETTINGS,
            "TWILIO_API_URL": url,
            "TWILIO_PHONE_NUMBER": "+14155550100",
            "PUBLIC_BASE_URL": "https://app.callhenk.com/api/twilio",
        }
        operator = Operator.load(Path("no-such.env"), settings)
        yield Inputs(operator, base_url=lambda: operator.public_base_url)


def look(name: str, inputs: Inputs) -> Finding:
    (found,) = next(findings(each, inputs) for each in examinations() if each.name == name)
    return found


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize("code", [10001, 20005, 20403, 90010])
def test_an_account_that_is_suspended_or_out_of_funds_is_named(status: int, code: int) -> None:
    with refusing(status, code) as inputs:
        found = [look(name, inputs) for name in CHECKS]
        others = [look(name, inputs) for name in OTHERS]
    for each in found:
        assert each.status == "fail"
        assert each.detail.startswith("The account is suspended or out of funds")
        assert str(code) in each.detail
        assert "Add funds" in each.fix
        assert "support" in each.fix
        # The token is right. To change it would stop calls.
        assert "Copy" not in each.fix
    assert {(each.status, each.detail) for each in others} == {
        ("skip", "Not examined: the account is not active, see twilio_credentials")
    }


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("name", CHECKS)
def test_credentials_that_are_not_authorized_can_be_many_things(name: str, status: int) -> None:
    with refusing(status, 70051) as inputs:
        found = look(name, inputs)
    assert found.status == "fail"
    for cause in ("restricted key", "does not exist", "another account", "suspended"):
        assert cause in found.detail
    assert "standard key" in found.fix
    assert "front page" in found.fix


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    ("name", "secret"),
    [("twilio_credentials", "TWILIO_AUTH_TOKEN"), ("twilio_api_key", "TWILIO_API_KEY_SECRET")],
)
def test_a_wrong_secret_is_named(name: str, secret: str, status: int) -> None:
    with refusing(status, 20003) as inputs:
        found = look(name, inputs)
        others = [look(each, inputs) for each in OTHERS]
    assert found.status == "fail"
    assert f"with {secret}" in found.detail
    assert "restricted" not in found.detail
    assert {each.detail for each in others} == {
        "Not examined: Twilio refuses the credentials, see twilio_credentials"
    }


def test_a_code_that_says_nothing_about_credentials_is_shown_as_it_is() -> None:
    with refusing(403, 20999) as inputs:
        assert look("twilio_credentials", inputs).detail == "Twilio answers 403, 20999, Refused"


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        (401, 20003, "the secret does not belong to the SID"),
        (401, 20005, "suspended or out of funds"),
        (403, 20403, "suspended or out of funds"),
        (401, 10001, "suspended or out of funds"),
        (403, 70051, "a restricted key"),
        (401, None, "the secret does not belong to the SID"),
    ],
)
def test_deploy_sh_says_it_too(status: int, code: int | None, says: str) -> None:
    with refusing(status, code) as inputs:
        twilio = twilio_api.account_client(inputs.operator.twilio)
        with pytest.raises(twiml_app.TwilioFailed) as failed:
            twiml_app.find(twilio, None)
    assert says in str(failed.value)
    assert f"({status}, {code})" in str(failed.value)
