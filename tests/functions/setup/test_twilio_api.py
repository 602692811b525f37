"""Twilio's library with a timeout, and with one exception for every refusal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from functions.setup import twilio_api
from stack import Stack
from tests.endpoints import ACCOUNT_SID, AUTH_TOKEN, serving


def test_a_refused_list_says_why_as_a_refused_look_up_does(stack: Stack) -> None:
    sid = stack.env["TWILIO_ACCOUNT_SID"]
    twilio = twilio_api.client(sid, "not-the-token", sid, stack.env["TWILIO_API_URL"])
    for ask in (twilio.applications.list, twilio.api.v2010.accounts(sid).fetch):
        with pytest.raises(TwilioRestException) as refused:
            ask()
        assert (refused.value.status, refused.value.code) == (401, 20003)


@contextmanager
def always(status: int, body: bytes) -> Iterator[Client]:
    """A client of an API that always gives this answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with serving(Handler) as url:
        yield twilio_api.client(ACCOUNT_SID, AUTH_TOKEN, ACCOUNT_SID, url)


def test_an_answer_that_is_not_twilios_counts_as_no_answer() -> None:
    with always(200, b"<html>Sign in to the network</html>") as twilio:
        with pytest.raises(requests.RequestException):
            twilio.applications.list()
        with pytest.raises(requests.RequestException):
            twilio.api.v2010.accounts(ACCOUNT_SID).fetch()


def test_the_refusal_of_a_gateway_has_a_status_and_no_code() -> None:
    with always(502, b"<html>Bad gateway</html>") as twilio:
        with pytest.raises(TwilioRestException) as refused:
            twilio.applications.list()
        assert (refused.value.status, refused.value.code) == (502, None)
