"""The endpoints' tokens get the form that the project accepts, and deploy.sh says which."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import jwt
import pytest

from functions.doctor import token_form
from functions.doctor.examination import examinations, findings
from functions.doctor.inputs import Inputs
from functions.doctor.token_form import TokenForm
from functions.setup.settings import Operator
from functions.setup.webhook_jwt import NOBODY
from tests.endpoints import JWT_SECRET, serving
from tests.functions.deploy.lab import SETTINGS, Lab

NAMES = ("SUPABASE_WEBHOOK_JWT", "SUPABASE_RECONCILER_JWT")


@contextmanager
def gateway(*, wants_subject: bool, refuses: bool = False) -> Iterator[Operator]:
    """A project whose gateway wants a `sub` in every token, or not."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            token = self.headers["Authorization"].removeprefix("Bearer ")
            claims = jwt.decode(token, JWT_SECRET, ["HS256"], audience="authenticated")
            good = not refuses and ("sub" in claims or not wants_subject)
            body = json.dumps([] if good else {"code": "bad_jwt", "message": "missing sub claim"})
            self.send_response(200 if good else 403)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    with serving(Handler) as url:
        yield Operator.load(Path("no-such.env"), SETTINGS | {"SUPABASE_URL": url})


def subjects(lab: Lab) -> list[str | None]:
    tokens = [lab.cloud.secrets[name].versions[-1] for name in NAMES]
    return [
        jwt.decode(token, JWT_SECRET, ["HS256"], audience="authenticated").get("sub")
        for token in tokens
    ]


@pytest.mark.parametrize("wants_subject", [False, True])
def test_the_form_that_the_gateway_accepts_is_found(wants_subject: bool) -> None:
    with gateway(wants_subject=wants_subject) as operator:
        form = token_form.find(operator)
        (key,) = next(
            findings(each, Inputs(operator))
            for each in examinations()
            if each.name == "signing_keys"
        )
    assert form.subject == (NOBODY if wants_subject else "")
    assert ("only with a `sub`" in form.found) is wants_subject
    assert ("without a `sub`" in form.found) is not wants_subject
    # The doctor does not stop a deployment for it.
    assert key.status == "pass"
    assert ("if it has a `sub`" in key.detail) is wants_subject


def test_a_gateway_that_accepts_neither_form_is_told() -> None:
    with gateway(wants_subject=True, refuses=True) as operator:
        form = token_form.find(operator)
    assert form.subject == ""
    assert "accepts no token of role call_webhook: HTTP 403" in form.found


def test_a_project_that_does_not_answer_is_told() -> None:
    operator = Operator.load(Path("no-such.env"), SETTINGS | {"SUPABASE_URL": "http://127.0.0.1:1"})
    assert "was not asked" in token_form.find(operator).found


def test_tokens_have_no_subject_where_none_is_needed(lab: Lab) -> None:
    lab.token_form = TokenForm("", "Supabase accepts tokens without a `sub`.")
    assert "    Supabase accepts tokens without a `sub`." in lab.deploy()
    assert subjects(lab) == [None, None]


def test_where_one_is_needed_tokens_are_made_again_with_it(lab: Lab) -> None:
    lab.deploy()
    lab.token_form = TokenForm(NOBODY, "Supabase accepts tokens only with a `sub`.")
    lab.deploy()
    assert subjects(lab) == [NOBODY, NOBODY]
    lab.changes.clear()
    lab.deploy()
    assert lab.changes == []
