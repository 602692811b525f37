"""Every failure that the doctor knows, made on purpose: in the local stack where that is possible,
otherwise by an answer as Twilio or Supabase would give it.

docs/troubleshooting.md lists the same faults.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from unittest.mock import Mock, patch

import httpx
import jwt
import psycopg
import pytest

from functions.bundle import ROOT
from functions.doctor import database, supabase_project
from functions.doctor.check import Finding
from functions.doctor.examination import examinations, findings
from functions.doctor.google_cloud import Address
from functions.doctor.inputs import Inputs, read
from functions.doctor.storage import LIMIT_BYTES
from functions.setup.webhook_jwt import (
    RECONCILER_ROLE,
    RECORDER_ROLE,
    REPORTER_ROLE,
    ROLE,
    SigningKey,
    mint,
)
from stack import Stack
from tests.endpoints import serving
from tests.functions.doctor.realtime_server import Realtime, realtime_at
from tests.functions.signing_keys import jwk_of

NUMBER = "+14155550100"
FOREIGN = "+14155559999"
CLOSED = "http://127.0.0.1:1"
WRONG = "a-secret-that-is-wrong-and-recognisable"
DAY = 24 * 3600


@dataclass
class Lab:
    """A set-up in which nothing is wrong, and the means to break it."""

    env: Mapping[str, str]
    folder: Path

    def inputs(self, webhook_jwt: str | None = None, **settings: str) -> Inputs:
        """The set-up with these settings changed."""
        values = {**self.env, "TWILIO_PHONE_NUMBER": NUMBER, **settings}
        operator, problems = read(values, self.folder)
        return Inputs(operator, problems, webhook_jwt, lambda: operator.public_base_url)

    def webhook_jwt(self, secret: str = "", issued_days_ago: float = 0, role: str = ROLE) -> str:
        key = SigningKey.from_secret(secret or self.env["SUPABASE_JWT_SECRET"])
        return mint(key, self.env["SUPABASE_URL"], time.time() - issued_days_ago * DAY, role=role)

    @contextmanager
    def account(self, **changes: object) -> Iterator[None]:
        """Twilio's account with these changes."""
        url = f"{self.env['SIMULATOR_URL']}/simulator/account"
        httpx.post(url, json=changes).raise_for_status()
        try:
            yield
        finally:
            usual = {"status": "active", "type": "Full", "balance": "100.00", "verified": []}
            httpx.post(url, json=usual).raise_for_status()

    @contextmanager
    def api_fault(self, **fault: object) -> Iterator[None]:
        """Twilio's API with a fault."""
        url = f"{self.env['SIMULATOR_URL']}/simulator/api-faults"
        httpx.post(url, json=fault).raise_for_status()
        try:
            yield
        finally:
            httpx.post(url, json={}).raise_for_status()

    @contextmanager
    def app(self, **fields: str) -> Iterator[str]:
        """A TwiML App with these fields. The others are right. Yields its SID."""
        sid = self.env["TWILIO_ACCOUNT_SID"]
        resource = f"{self.env['SIMULATOR_URL']}/2010-04-01/Accounts/{sid}/Applications"
        auth = (sid, self.env["TWILIO_AUTH_TOKEN"])
        base_url = self.env["PUBLIC_BASE_URL"]
        usual = {
            "FriendlyName": "Another",
            "VoiceUrl": f"{base_url}/twiml",
            "StatusCallback": f"{base_url}/status#rc=3&rp=ct,rt,5xx",
        }
        made = httpx.post(f"{resource}.json", data=usual | fields, auth=auth).raise_for_status()
        app_sid = str(made.json()["sid"])
        try:
            yield app_sid
        finally:
            httpx.delete(f"{resource}/{app_sid}.json", auth=auth).raise_for_status()

    @contextmanager
    def caller_ids(self, *numbers: str) -> Iterator[None]:
        """A business with these numbers, besides the demo businesses."""
        with psycopg.connect(self.env["DATABASE_URL"], autocommit=True) as connection:
            row = connection.execute(
                "insert into public.businesses (name, country) values ('Wrong', 'US') returning id"
            ).fetchone()
            assert row
            try:
                for number in numbers:
                    connection.execute(
                        "insert into public.phone_numbers (business_id, phone_number)"
                        " values (%s, %s)",
                        [row[0], number],
                    )
                yield
            finally:
                connection.execute(
                    "delete from public.phone_numbers where business_id = %s", [row[0]]
                )
                connection.execute("delete from public.businesses where id = %s", [row[0]])

    def migrations(self, *, added: str = "", without: str = "") -> Path:
        """A checkout with one migration more or less."""
        checkout = self.folder / secrets.token_hex(4)
        folder = checkout / "supabase" / "migrations"
        folder.mkdir(parents=True)
        for file in (ROOT / "supabase" / "migrations").glob("*.sql"):
            if file.name != without:
                (folder / file.name).touch()
        if added:
            (folder / added).touch()
        return checkout


Answer = tuple[int, object]


@contextmanager
def answering(answers: Mapping[str, Answer], date: float | None = None) -> Iterator[str]:
    """A server that gives these answers to addresses that contain the key, 404 to others."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = (answer for part, answer in answers.items() if part in self.path)
            status, body = next(found, (404, {"code": 20404, "message": "Not found"}))
            content = json.dumps(body).encode()
            self.send_response_only(status)
            self.send_header("Date", formatdate(time.time() if date is None else date, usegmt=True))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    with serving(Handler) as url:
        yield url


Breaking = Callable[[Lab], AbstractContextManager[Inputs]]


@dataclass(frozen=True)
class Fault:
    """``name`` fails, says this, and has this among its advice."""

    name: str
    says: str
    fix: str
    breaking: Breaking


FAULTS: list[Fault] = []


def fault(
    name: str, says: str, fix: str
) -> Callable[[Callable[[Lab], Iterator[Inputs]]], Breaking]:
    """Adds a fault to the table."""

    def add(breaking: Callable[[Lab], Iterator[Inputs]]) -> Breaking:
        made = contextmanager(breaking)
        FAULTS.append(Fault(name, says, fix, made))
        return made

    return add


@fault("settings", "is missing", "Supabase's dashboard, Connect")
def no_supabase_url(lab: Lab) -> Iterator[Inputs]:
    yield lab.inputs(SUPABASE_URL="")


@fault("settings", "is malformed", "make a standard key")
def account_sid_as_key(lab: Lab) -> Iterator[Inputs]:
    yield lab.inputs(TWILIO_API_KEY_SID=lab.env["TWILIO_ACCOUNT_SID"])


@fault("google_cloud", "There is no gcloud here", "cloud.google.com/sdk")
def no_gcloud(lab: Lab) -> Iterator[Inputs]:
    with gcloud(lab, None):
        yield lab.inputs(GOOGLE_CLOUD_PROJECT="henk-test", GOOGLE_CLOUD_REGION="europe-west1")


@fault("google_cloud", "gcloud is not signed in", "gcloud auth login")
def not_signed_in(lab: Lab) -> Iterator[Inputs]:
    said = "ERROR: You do not currently have an active account selected."
    with gcloud(lab, f"echo '{said}' >&2; exit 1"):
        yield lab.inputs(GOOGLE_CLOUD_PROJECT="henk-test", GOOGLE_CLOUD_REGION="europe-west1")


@fault("google_cloud", "gcloud does not reach Google", "DNS, proxy, firewall")
def no_network_for_gcloud(lab: Lab) -> Iterator[Inputs]:
    """gcloud then says that one should sign in, which does not help."""
    said = (
        "ERROR: There was a problem refreshing your current auth tokens: (Caused by"
        " NameResolutionError: Failed to resolve oauth2.googleapis.com) Please run: gcloud auth"
        " login"
    )
    with gcloud(lab, f"echo '{said}' >&2; exit 1"):
        yield lab.inputs(GOOGLE_CLOUD_PROJECT="henk-test", GOOGLE_CLOUD_REGION="europe-west1")


@fault("google_cloud", "gcloud does not reach Google", "DNS, proxy, firewall")
def no_proxy_for_gcloud(lab: Lab) -> Iterator[Inputs]:
    said = "ERROR: problem refreshing: Unable to connect to proxy. Please run: gcloud auth login"
    with gcloud(lab, f"echo '{said}' >&2; exit 1"):
        yield lab.inputs(GOOGLE_CLOUD_PROJECT="henk-test", GOOGLE_CLOUD_REGION="europe-west1")


@fault("google_cloud", "gcloud does not show", "gcloud projects list")
def no_such_project(lab: Lab) -> Iterator[Inputs]:
    said = (
        "ERROR: (gcloud.projects.describe) [me@example.com] does not have permission to access"
        " projects instance [henk-test] (or it may not exist): The caller does not have permission."
        " This command is authenticated as me@example.com which is the active account specified by"
        " the [core/account] property"
    )
    with gcloud(lab, f"echo '{said}' >&2; exit 1"):
        yield lab.inputs(GOOGLE_CLOUD_PROJECT="henk-test", GOOGLE_CLOUD_REGION="europe-west1")


@fault("google_cloud", "is not enabled in", "./deploy.sh enables it")
def api_disabled(lab: Lab) -> Iterator[Inputs]:
    said = "API [cloudresourcemanager.googleapis.com] not enabled on project [123]."
    with gcloud(lab, f"echo 'ERROR: {said}' >&2; exit 1"):
        yield lab.inputs(GOOGLE_CLOUD_PROJECT="henk-test", GOOGLE_CLOUD_REGION="europe-west1")


@fault("google_cloud", "is too old", "gcloud components update")
def old_gcloud(lab: Lab) -> Iterator[Inputs]:
    answers = """case $1 in version) echo '{"Google Cloud SDK": "400.0.0"}';; *) echo 123;; esac"""
    with gcloud(lab, answers):
        yield lab.inputs(GOOGLE_CLOUD_PROJECT="henk-test", GOOGLE_CLOUD_REGION="europe-west1")


@contextmanager
def gcloud(lab: Lab, script: str | None, mode: int = 0o755) -> Iterator[None]:
    """A program called gcloud, or none."""
    programs = lab.folder / secrets.token_hex(4)
    programs.mkdir()
    if script is not None:
        (programs / "gcloud").write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (programs / "gcloud").chmod(mode)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(programs))
        yield


@fault("clock", "ahead of Twilio's", "NTP")
def clock_ahead(lab: Lab) -> Iterator[Inputs]:
    yield replace(lab.inputs(), now=lambda: time.time() + 60)


@fault("clock", "behind Twilio's", "NTP")
def clock_behind(lab: Lab) -> Iterator[Inputs]:
    yield replace(lab.inputs(), now=lambda: time.time() - 60)


@fault("twilio_credentials", "Twilio refuses TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN", "primary")
def wrong_auth_token(lab: Lab) -> Iterator[Inputs]:
    yield lab.inputs(TWILIO_AUTH_TOKEN=WRONG)


@fault("twilio_credentials", "test credentials", "the live ones")
def credentials_for_tests(lab: Lab) -> Iterator[Inputs]:
    body = {"code": 20008, "message": "Resource not accessible with Test Account Credentials"}
    with answering({"/Accounts/": (403, body)}) as url:
        yield lab.inputs(TWILIO_API_URL=url)


@fault("twilio_credentials", "The account is suspended", "Twilio's support")
def suspended(lab: Lab) -> Iterator[Inputs]:
    with lab.account(status="suspended"):
        yield lab.inputs()


@fault("twilio_credentials", "suspended or out of funds", "Add funds")
def out_of_funds(lab: Lab) -> Iterator[Inputs]:
    body = {"code": 20403, "message": "Account is suspended"}
    with answering({"/Accounts/": (403, body)}) as url:
        yield lab.inputs(TWILIO_API_URL=url)


@fault("twilio_credentials", "No answer from", "status.twilio.com")
def no_twilio(lab: Lab) -> Iterator[Inputs]:
    yield lab.inputs(TWILIO_API_URL=CLOSED)


@fault("twilio_balance", "are left: calls fail", "Add funds")
def no_money(lab: Lab) -> Iterator[Inputs]:
    with lab.account(balance="4.99"):
        yield lab.inputs()


@fault("twilio_balance", "Twilio answers 503", "status.twilio.com")
def twilio_is_down(lab: Lab) -> Iterator[Inputs]:
    with lab.api_fault(status=503, path="Balance"):
        yield lab.inputs()


@fault("twilio_api_key", "with TWILIO_API_KEY_SECRET in this account", "another key's")
def wrong_key_secret(lab: Lab) -> Iterator[Inputs]:
    yield lab.inputs(TWILIO_API_KEY_SECRET=WRONG)


@fault("twilio_api_key", "is a restricted key", "Make a standard key")
def restricted_key(lab: Lab) -> Iterator[Inputs]:
    with lab.api_fault(status=403, path="Applications"):
        yield lab.inputs()


@fault("twilio_number", "does not belong to the account and is not verified", "Verified caller IDs")
def foreign_number(lab: Lab) -> Iterator[Inputs]:
    yield lab.inputs(TWILIO_PHONE_NUMBER=FOREIGN)


def incoming(number: str, *, voice: bool) -> Answer:
    """A list of one number."""
    listed = {"phone_number": number, "capabilities": {"voice": voice, "sms": True}}
    return 200, {"incoming_phone_numbers": [listed], "next_page_uri": None}


NO_CALLER_IDS: Answer = (200, {"outgoing_caller_ids": [], "next_page_uri": None})


@fault("twilio_number", "cannot do voice", "can do voice")
def number_for_texts(lab: Lab) -> Iterator[Inputs]:
    with answering({"IncomingPhoneNumbers": incoming(NUMBER, voice=False)}) as url:
        yield lab.inputs(TWILIO_API_URL=url)


@fault("twiml_app", "has no TwiML App", "TWILIO_TWIML_APP_SID")
def no_such_app(lab: Lab) -> Iterator[Inputs]:
    yield lab.inputs(TWILIO_TWIML_APP_SID="AP" + 32 * "0")


@fault("twiml_app", "has no TwiML App named", "./deploy.sh")
def no_app_yet(lab: Lab) -> Iterator[Inputs]:
    yield lab.inputs(TWILIO_TWIML_APP_SID="")


@fault("twiml_app", "several TwiML Apps named", "TWILIO_TWIML_APP_SID")
def two_apps(lab: Lab) -> Iterator[Inputs]:
    with lab.app(FriendlyName="Henk Voice"), lab.app(FriendlyName="Henk Voice"):
        yield lab.inputs(TWILIO_TWIML_APP_SID="")


@fault("twiml_app", "its Voice URL is", "./deploy.sh")
def app_asks_others(lab: Lab) -> Iterator[Inputs]:
    with lab.app(VoiceUrl="https://demo.twilio.com/welcome/voice/") as sid:
        yield lab.inputs(TWILIO_TWIML_APP_SID=sid)


@fault("twiml_app", "its status callback is", "./deploy.sh")
def app_tells_nobody(lab: Lab) -> Iterator[Inputs]:
    with lab.app(StatusCallback="") as sid:
        yield lab.inputs(TWILIO_TWIML_APP_SID=sid)


@fault("twiml_app", "is lost", "./deploy.sh")
def app_does_not_retry(lab: Lab) -> Iterator[Inputs]:
    with lab.app(StatusCallback=f"{lab.env['PUBLIC_BASE_URL']}/status#rc=3&rp=ct") as sid:
        yield lab.inputs(TWILIO_TWIML_APP_SID=sid)


@fault("twiml_app", "asks by GET", "./deploy.sh")
def app_asks_by_get(lab: Lab) -> Iterator[Inputs]:
    with lab.app(VoiceMethod="GET") as sid:
        yield lab.inputs(TWILIO_TWIML_APP_SID=sid)


@fault("supabase_api", "No answer from", "Compare SUPABASE_URL")
def no_supabase(lab: Lab) -> Iterator[Inputs]:
    yield lab.inputs(SUPABASE_URL=CLOSED)


@fault("supabase_api", "is paused", "Restore the project")
def paused(lab: Lab) -> Iterator[Inputs]:
    with answering({"/": (540, {"message": "Project paused"})}) as url:
        yield lab.inputs(SUPABASE_URL=url)


@fault("supabase_api", "answers HTTP 503", "Is the database up?")
def no_database_behind_the_api(lab: Lab) -> Iterator[Inputs]:
    body = {"code": "PGRST001", "message": "Database client error. Retrying the connection."}
    with answering({"/auth/": (200, {}), "/rest/": (503, body)}) as url:
        yield lab.inputs(SUPABASE_URL=url)


@fault("supabase_api", "is not a Supabase project", "Supabase's dashboard, Connect")
def not_supabase(lab: Lab) -> Iterator[Inputs]:
    yield lab.inputs(SUPABASE_URL=lab.env["SIMULATOR_URL"])


@fault("supabase_publishable_key", "ALARM", "Rotate it now")
def secret_key_for_all(lab: Lab) -> Iterator[Inputs]:
    yield lab.inputs(SUPABASE_PUBLISHABLE_KEY=lab.env["SUPABASE_SECRET_KEY"])


@fault("supabase_publishable_key", "ALARM", "Rotate it now")
def service_role_for_all(lab: Lab) -> Iterator[Inputs]:
    legacy = {"role": "service_role", "iss": "supabase", "exp": 4102444800}
    yield lab.inputs(SUPABASE_PUBLISHABLE_KEY=jwt.encode(legacy, 32 * "s"))


@fault("supabase_publishable_key", "is not a publishable key", "sb_publishable_")
def access_token_as_key(lab: Lab) -> Iterator[Inputs]:
    yield lab.inputs(SUPABASE_PUBLISHABLE_KEY=WRONG)


@fault("supabase_publishable_key", "The project refuses", "another project's")
def key_of_another_project(lab: Lab) -> Iterator[Inputs]:
    yield lab.inputs(SUPABASE_PUBLISHABLE_KEY="sb_publishable_of-another-project")


@fault("sign_up", "ALARM", "Confirm email")
def addresses_of_others(lab: Lab) -> Iterator[Inputs]:
    believed = Mock(return_value=supabase_project.Answer(200, {"mailer_autoconfirm": True}, "", ""))
    with patch.object(supabase_project, "ask", believed):
        yield lab.inputs(SUPABASE_URL="https://henk.supabase.co")


@fault("signing_keys", "does not publish key", "standby")
def key_not_imported(lab: Lab) -> Iterator[Inputs]:
    (lab.folder / "key.json").write_text(json.dumps(jwk_of("ES256")), encoding="utf-8")
    yield lab.inputs(SUPABASE_SIGNING_KEY_FILE="key.json", SUPABASE_JWT_SECRET="")


@fault("signing_keys", "accepts nothing that", "be that of this project")
def secret_of_another_project(lab: Lab) -> Iterator[Inputs]:
    yield lab.inputs(SUPABASE_JWT_SECRET=WRONG)


@fault("webhook_jwt", "is not of role call_webhook", "mints a new one")
def token_of_a_user(lab: Lab) -> Iterator[Inputs]:
    claims = {"role": "authenticated", "exp": 4102444800}
    yield lab.inputs(jwt.encode(claims, lab.env["SUPABASE_JWT_SECRET"]))


@fault("webhook_jwt", "has no date of expiry", "mints a new one")
def token_for_ever(lab: Lab) -> Iterator[Inputs]:
    yield lab.inputs(jwt.encode({"role": "call_webhook"}, lab.env["SUPABASE_JWT_SECRET"]))


@fault("webhook_jwt", "has expired", "mints a new one")
def token_expired(lab: Lab) -> Iterator[Inputs]:
    yield lab.inputs(lab.webhook_jwt(issued_days_ago=92))


@fault("webhook_jwt", "is valid for", "mints a new one")
def token_about_to_expire(lab: Lab) -> Iterator[Inputs]:
    yield lab.inputs(lab.webhook_jwt(issued_days_ago=86.5))


@fault("webhook_jwt", "a key that the project does not know", "mints a new one")
def token_of_another_key(lab: Lab) -> Iterator[Inputs]:
    yield lab.inputs(lab.webhook_jwt(secret=WRONG))


@fault("webhook_jwt", "does not accept role call_webhook", "npx supabase db push --remote=")
def no_webhook_role(lab: Lab) -> Iterator[Inputs]:
    body = {"code": "22023", "message": 'role "call_webhook" does not exist'}
    with answering({"/rest/": (400, body)}) as url:
        yield lab.inputs(lab.webhook_jwt(), SUPABASE_URL=url)


@fault("webhook_jwt", "sees conversations", "Row-level security")
def no_policies(lab: Lab) -> Iterator[Inputs]:
    with answering({"/rest/": (200, [{"id": "1"}])}) as url:
        yield lab.inputs(lab.webhook_jwt(), SUPABASE_URL=url)


@fault("reconciler_jwt", "is not of role call_reconciler", "make webhook-jwt ROLE=call_reconciler")
def token_of_the_other_role(lab: Lab) -> Iterator[Inputs]:
    yield lab.inputs(SUPABASE_RECONCILER_JWT=lab.webhook_jwt())


@fault("reconciler_jwt", "has expired", "mints a new one")
def reconciler_token_expired(lab: Lab) -> Iterator[Inputs]:
    token = lab.webhook_jwt(issued_days_ago=92, role=RECONCILER_ROLE)
    yield lab.inputs(SUPABASE_RECONCILER_JWT=token)


@fault("reconciler_jwt", "is valid for", "mints a new one")
def reconciler_token_about_to_expire(lab: Lab) -> Iterator[Inputs]:
    token = lab.webhook_jwt(issued_days_ago=86.5, role=RECONCILER_ROLE)
    yield lab.inputs(SUPABASE_RECONCILER_JWT=token)


@fault("recorder_jwt", "is not of role call_recorder", "make webhook-jwt ROLE=call_recorder")
def token_of_another_role(lab: Lab) -> Iterator[Inputs]:
    yield lab.inputs(SUPABASE_RECORDER_JWT=lab.webhook_jwt())


@fault("recorder_jwt", "has expired: no call is recorded", "mints a new one")
def recorder_token_expired(lab: Lab) -> Iterator[Inputs]:
    token = lab.webhook_jwt(issued_days_ago=92, role=RECORDER_ROLE)
    yield lab.inputs(SUPABASE_RECORDER_JWT=token)


@fault("recorder_jwt", "sees conversations", "Row-level security")
def no_policies_for_the_recorder(lab: Lab) -> Iterator[Inputs]:
    with answering({"/rest/": (200, [{"id": "1"}])}) as url:
        yield lab.inputs(SUPABASE_URL=url)


@fault("reporter_jwt", "is not of role call_reporter", "make webhook-jwt ROLE=call_reporter")
def token_that_is_not_the_reporters(lab: Lab) -> Iterator[Inputs]:
    yield lab.inputs(SUPABASE_REPORTER_JWT=lab.webhook_jwt())


@fault("reporter_jwt", "has expired: reports do not get the new calls", "mints a new one")
def reporter_token_expired(lab: Lab) -> Iterator[Inputs]:
    token = lab.webhook_jwt(issued_days_ago=92, role=REPORTER_ROLE)
    yield lab.inputs(SUPABASE_REPORTER_JWT=token)


@fault("database", "password authentication failed", "Copy SUPABASE_DB_URL again")
def wrong_password(lab: Lab) -> Iterator[Inputs]:
    host = lab.env["SUPABASE_DB_URL"].rpartition("@")[2]
    yield lab.inputs(SUPABASE_DB_URL=f"postgresql://postgres:{WRONG}@{host}")


@fault("database", "Connection refused", "the session pooler's")
def no_postgres(lab: Lab) -> Iterator[Inputs]:
    yield lab.inputs(SUPABASE_DB_URL=f"postgresql://postgres:{WRONG}@127.0.0.1:1/postgres")


@fault("migrations", "The database lacks", "npx supabase db push --remote=postgresql://")
def empty_database(lab: Lab) -> Iterator[Inputs]:
    server = lab.env["SUPABASE_DB_URL"].rpartition("/")[0]
    yield lab.inputs(SUPABASE_DB_URL=f"{server}/template1")


@fault("migrations", "The database lacks 1 of", "./deploy.sh applies them")
def one_to_apply(lab: Lab) -> Iterator[Inputs]:
    yield replace(lab.inputs(), checkout=lab.migrations(added="20991231000000_later.sql"))


@fault("migrations", "This checkout lacks", "git pull")
def old_checkout(lab: Lab) -> Iterator[Inputs]:
    checkout = lab.migrations(without="20261126091300_live_status.sql")
    yield replace(lab.inputs(), checkout=checkout)


@contextmanager
def a_realtime(lab: Lab, lets_in: set[str] | None) -> Iterator[Inputs]:
    """A project that has Realtime, which lets these users follow every business."""
    with (
        psycopg.connect(lab.env["DATABASE_URL"], autocommit=True) as connection,
        realtime_at(Realtime(lets_in, lab.env["SUPABASE_JWT_SECRET"])) as url,
    ):
        connection.execute("create schema realtime; create table realtime.messages ()")
        try:
            yield lab.inputs(SUPABASE_URL=url)
        finally:
            connection.execute("drop schema realtime cascade")


@fault("realtime", "ALARM", "policy of realtime.messages")
def everybody_may_follow(lab: Lab) -> Iterator[Inputs]:
    with a_realtime(lab, None) as inputs:
        yield inputs


@fault("realtime", "does not let a member follow", "policy of realtime.messages")
def nobody_may_follow(lab: Lab) -> Iterator[Inputs]:
    with a_realtime(lab, set()) as inputs:
        yield inputs


@fault("lost_callbacks", "nobody has asked Twilio", "gcloud scheduler jobs list")
def no_scheduler(lab: Lab) -> Iterator[Inputs]:
    with psycopg.connect(lab.env["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(
            "insert into private.unsettled_calls (agent_call_sid, next_check_at)"
            " values ('CAlost', now() - interval '2 hours')"
        )
        try:
            yield lab.inputs()
        finally:
            connection.execute(
                "delete from private.unsettled_calls where agent_call_sid = 'CAlost'"
            )


@contextmanager
def altered(lab: Lab, change: str, undo: str) -> Iterator[Inputs]:
    """The database with a change by its superuser."""
    with psycopg.connect(lab.env["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(change.encode())
        try:
            yield lab.inputs()
        finally:
            connection.execute(undo.encode())


@contextmanager
def renamed_bucket(lab: Lab, bucket: str) -> Iterator[Inputs]:
    """A project without this bucket, but with its objects: other tests may have left some."""
    # Without the check that objects belong to a bucket.
    rename = (
        "set session_replication_role = replica;"
        " update storage.buckets set id = '{}' where id = '{}';"
        " reset session_replication_role"
    )
    change, undo = rename.format("others", bucket), rename.format(bucket, "others")
    with altered(lab, change, undo) as inputs:
        yield inputs


@fault("recordings_bucket", "has no bucket recordings", "npx supabase db push --remote=")
def no_bucket(lab: Lab) -> Iterator[Inputs]:
    with renamed_bucket(lab, "recordings") as inputs:
        yield inputs


@fault("recordings_bucket", "The project has no Storage", "SUPABASE_DB_URL")
def another_database(lab: Lab) -> Iterator[Inputs]:
    server = lab.env["SUPABASE_DB_URL"].rpartition("/")[0]
    yield lab.inputs(SUPABASE_DB_URL=f"{server}/template1")


@fault("recordings_bucket", "the bucket recordings is public", "Make it private now")
def public_bucket(lab: Lab) -> Iterator[Inputs]:
    change = "update storage.buckets set public = {} where id = 'recordings'"
    with altered(lab, change.format(True), change.format(False)) as inputs:
        yield inputs


@fault("recordings_bucket", "longer recordings stay at Twilio", "Edit bucket")
def small_bucket(lab: Lab) -> Iterator[Inputs]:
    change = "update storage.buckets set file_size_limit = {} where id = 'recordings'"
    with altered(lab, change.format(1000), change.format(LIMIT_BYTES)) as inputs:
        yield inputs


@fault("recordings_bucket", "lacks insert in Storage", "upgrade it")
def no_grant(lab: Lab) -> Iterator[Inputs]:
    change = "revoke insert on storage.objects from call_recorder granted by postgres"
    undo = "grant insert on storage.objects to call_recorder granted by postgres"
    as_postgres = "set role postgres; {}; reset role"
    with altered(lab, as_postgres.format(change), as_postgres.format(undo)) as inputs:
        yield inputs


@fault("recordings_bucket", "row-level security of storage.objects is off", "Supabase's support")
def open_storage(lab: Lab) -> Iterator[Inputs]:
    change = "alter table storage.objects {} row level security"
    with altered(lab, change.format("disable"), change.format("enable")) as inputs:
        yield inputs


@fault("recordings_bucket", "has policies of storage.objects for", "look at the policies")
def one_policy_more(lab: Lab) -> Iterator[Inputs]:
    change = "create policy more on storage.objects for update to call_recorder using (true)"
    with altered(lab, change, "drop policy more on storage.objects") as inputs:
        yield inputs


@fault("recordings_bucket", "may open recordings to users", "notes who listens")
def users_may_read_all_files(lab: Lab) -> Iterator[Inputs]:
    change = "create policy everything on storage.objects for select to authenticated using (true)"
    with altered(lab, change, "drop policy everything on storage.objects") as inputs:
        yield inputs


@fault("messages_bucket", "has no bucket messages", "npx supabase db push --remote=")
def no_bucket_of_messages(lab: Lab) -> Iterator[Inputs]:
    with renamed_bucket(lab, "messages") as inputs:
        yield inputs


@fault("messages_bucket", "the bucket messages is public", "Make it private now")
def public_bucket_of_messages(lab: Lab) -> Iterator[Inputs]:
    change = "update storage.buckets set public = {} where id = 'messages'"
    with altered(lab, change.format(True), change.format(False)) as inputs:
        yield inputs


@fault("messages_bucket", "Twilio may not play a message", "Edit bucket")
def bucket_of_any_messages(lab: Lab) -> Iterator[Inputs]:
    change = "update storage.buckets set allowed_mime_types = {} where id = 'messages'"
    with altered(lab, change.format("null"), change.format("'{audio/wav}'")) as inputs:
        yield inputs


@fault("messages_bucket", "The policies of the bucket messages allow", "look at the policies")
def everybody_hears_messages(lab: Lab) -> Iterator[Inputs]:
    change = (
        "create policy heard on storage.objects for select to public using (bucket_id = 'messages')"
    )
    with altered(lab, change, "drop policy heard on storage.objects") as inputs:
        yield inputs


@fault("storage_access", "refuses a test token of role call_recorder", "status.supabase.com")
def storage_refuses(lab: Lab) -> Iterator[Inputs]:
    body = {"statusCode": "403", "error": "Unauthorized", "message": "jws verification failed"}
    with answering({"/storage/": (400, body)}) as url:
        yield lab.inputs(SUPABASE_URL=url)


@fault("storage_access", "Storage does not answer as it should", "must show the bucket")
def no_storage(lab: Lab) -> Iterator[Inputs]:
    with answering({"/storage/": (503, {"message": "upstream"})}) as url:
        yield lab.inputs(SUPABASE_URL=url)


@fault("storage_access", "ALARM", "Policies")
def everybody_lists_recordings(lab: Lab) -> Iterator[Inputs]:
    with answering({"/storage/": (200, [{"name": "a-business"}])}) as url:
        yield lab.inputs(SUPABASE_URL=url)


@fault("recordings_overdue", "nobody has gone on with recordings", "gcloud scheduler jobs list")
def recordings_wait(lab: Lab) -> Iterator[Inputs]:
    change = (
        "insert into public.recordings (agent_call_sid, call_sid, part, state, next_at)"
        " values ('CAlate', 'CAlate', 1, 'asked', now() - interval '2 hours')"
    )
    undo = "delete from public.recordings where agent_call_sid = 'CAlate'"
    with altered(lab, change, undo) as inputs:
        yield inputs


@fault("reports_overdue", "Reports lack what has changed since", "gcloud scheduler jobs list")
def nobody_folds(lab: Lab) -> Iterator[Inputs]:
    change = (
        # Before the marks that other tests have left: the first one is the oldest.
        "insert into private.fold_marks (id, conversation_id, marked_at) overriding system value"
        " values (0, '00000000-0000-0000-0000-00000000f01d', now() - interval '2 hours')"
    )
    undo = "delete from private.fold_marks where id = 0"
    with psycopg.connect(lab.env["DATABASE_URL"]) as folding:
        # Nobody else folds meanwhile: a fold takes this row.
        folding.execute("select from private.report_state for update")
        with altered(lab, change, undo) as inputs:
            yield inputs


@fault("caller_ids", "is a business's caller ID, but does not belong", "TAKE=1")
def foreign_caller_id(lab: Lab) -> Iterator[Inputs]:
    with lab.caller_ids(FOREIGN):
        yield lab.inputs()


@fault("businesses", "Nobody owns or manages Ownerless (", "make owner")
def business_without_owner(lab: Lab) -> Iterator[Inputs]:
    change = (
        "insert into public.businesses (id, name)"
        " values ('00000000-0000-0000-0000-000000000b05', 'Ownerless');"
        " insert into public.business_members (business_id, user_id, role)"
        " select '00000000-0000-0000-0000-000000000b05', id, 'agent' from auth.users limit 1"
    )
    undo = "delete from public.businesses where name = 'Ownerless'"
    with altered(lab, change, undo) as inputs:
        yield inputs


@fault("businesses", "Nobody owns or manages Ownerless (", "make owner")
def business_of_a_banned_owner(lab: Lab) -> Iterator[Inputs]:
    change = (
        "insert into public.businesses (id, name)"
        " values ('00000000-0000-0000-0000-000000000b06', 'Ownerless');"
        " insert into auth.users (id, email, banned_until)"
        " values ('00000000-0000-0000-0000-000000000b07', 'banned@henk.test', 'infinity');"
        " insert into public.business_members (business_id, user_id, role) values"
        " ('00000000-0000-0000-0000-000000000b06', '00000000-0000-0000-0000-000000000b07', 'owner')"
    )
    undo = (
        "delete from public.businesses where name = 'Ownerless';"
        " delete from auth.users where email = 'banned@henk.test'"
    )
    with altered(lab, change, undo) as inputs:
        yield inputs


@fault("page", "answers 404, and not the page", "--only page_fn")
def no_page(lab: Lab) -> Iterator[Inputs]:
    with page_at(404, {}, "{}") as origin:
        yield with_page(lab, origin)


@fault("page", "asks https://other.supabase.co, and not http", "make page")
def page_of_another_project(lab: Lab) -> Iterator[Inputs]:
    told = {"supabaseUrl": "https://other.supabase.co", "functionsUrl": ""}
    with page_at(200, {}, json.dumps(told)) as origin:
        yield with_page(lab, origin)


@fault("page", "does not send Content-Security-Policy", "_headers")
def page_without_headers(lab: Lab) -> Iterator[Inputs]:
    told = {
        "supabaseUrl": lab.env["SUPABASE_URL"],
        "functionsUrl": lab.env["PUBLIC_BASE_URL"],
    }
    with page_at(200, {}, json.dumps(told)) as origin:
        yield with_page(lab, origin)


def with_page(lab: Lab, origin: str) -> Inputs:
    """The set-up whose page is at this address of this machine, where a real one has https."""
    inputs = lab.inputs()
    operator = replace(inputs.operator, allowed_origins=frozenset({origin}))
    return replace(inputs, operator=operator)


@contextmanager
def page_at(status: int, headers: Mapping[str, str], config: str) -> Iterator[str]:
    """The origin of a page that answers so."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(config.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    with serving(Page) as url:
        yield url.rstrip("/")


@fault("caller_ids", "is a business's caller ID, but cannot do voice", "can do voice")
def caller_id_for_texts(lab: Lab) -> Iterator[Inputs]:
    answers = {
        "IncomingPhoneNumbers": incoming(NUMBER, voice=False),
        "OutgoingCallerIds": NO_CALLER_IDS,
    }
    with answering(answers) as url:
        yield lab.inputs(TWILIO_API_URL=url)


@fault("functions", "No answer from", "PUBLIC_BASE_URL must lead to the functions")
def no_functions(lab: Lab) -> Iterator[Inputs]:
    yield lab.inputs(PUBLIC_BASE_URL=f"{CLOSED}/api/twilio")


@fault("functions", "not 401 unauthenticated", "PUBLIC_BASE_URL must lead to the functions")
def leads_elsewhere(lab: Lab) -> Iterator[Inputs]:
    yield lab.inputs(PUBLIC_BASE_URL=lab.env["SIMULATOR_URL"])


@fault("webhook_signature", "refuses a webhook signed with TWILIO_AUTH_TOKEN", "PUBLIC_BASE_URL")
def signed_over_another_address(lab: Lab) -> Iterator[Inputs]:
    """The same server by another name."""
    another = lab.env["PUBLIC_BASE_URL"].replace("127.0.0.1", "localhost")
    yield lab.inputs(PUBLIC_BASE_URL=another)


@fault("webhook_signature", "to a signed preflight test, not 200", "another service")
def another_service(lab: Lab) -> Iterator[Inputs]:
    yield lab.inputs(PUBLIC_BASE_URL=lab.env["SIMULATOR_URL"])


@pytest.fixture(scope="module")
def lab(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return Lab(stack.env, tmp_path_factory.mktemp("doctor"))


def of(name: str, inputs: Inputs) -> list[Finding]:
    """What the examinations of this name find."""
    return [
        finding
        for examination in examinations()
        if examination.name == name
        for finding in findings(examination, inputs)
    ]


def ids(each: Fault) -> str:
    return f"{each.name}-{re.sub(r'[^a-z0-9]+', '-', each.says.lower())}"


@pytest.mark.parametrize("each", FAULTS, ids=ids)
def test_a_fault_is_told_with_what_to_do_about_it(lab: Lab, each: Fault) -> None:
    with each.breaking(lab) as inputs:
        found = of(each.name, inputs)

    matching = [finding for finding in found if each.says in finding.detail]
    assert matching, found
    assert all(finding.status == "fail" and each.fix in finding.fix for finding in matching)
    said = repr(found)
    assert not [secret for secret in secrets_of(lab, inputs) if secret in said]


def secrets_of(lab: Lab, inputs: Inputs) -> list[str]:
    """The secrets of the stack, and those that a fault made up."""
    names = ("TWILIO_AUTH_TOKEN", "TWILIO_API_KEY_SECRET", "SUPABASE_JWT_SECRET")
    key = inputs.operator.supabase.publishable_key
    found = [
        *(lab.env[name] for name in (*names, "SUPABASE_SECRET_KEY")),
        *(inputs.operator.values[name] for name in names),
        inputs.operator.database.password,
        inputs.webhook_jwt or "",
        WRONG,
        "" if key.startswith("sb_publishable_") else key,
    ]
    return [secret for secret in found if secret]


@pytest.mark.parametrize("each", examinations(), ids=lambda each: str(each.name))
def test_nothing_fails_where_nothing_is_wrong(lab: Lab, each: object) -> None:
    name = str(getattr(each, "name", ""))
    found = of(name, lab.inputs(lab.webhook_jwt()))
    expected = {"skip"} if name in ("google_cloud", "page") else {"pass"}
    assert {finding.status for finding in found} == expected, found
    assert not any(finding.fix for finding in found)


def test_google_cloud_gives_the_address_of_functions_that_have_no_other(lab: Lab) -> None:
    google = {"GOOGLE_CLOUD_PROJECT": "henk-test", "GOOGLE_CLOUD_REGION": "europe-west1"}
    inputs = lab.inputs(PUBLIC_BASE_URL="", **google)
    with gcloud(lab, f"echo x >> {lab.folder}/asked; echo 123456789012"):
        (found,) = of("google_cloud", inputs)
        assert found.status == "pass"
        address = Address(inputs.operator)
        twice = [address() for _ in range(2)]
    assert twice == 2 * ["https://{name}-fn-123456789012.europe-west1.run.app/api/twilio"]
    # By the examination, which asks for the version too, and once for the address.
    assert len((lab.folder / "asked").read_text(encoding="utf-8").split()) == 3


def test_where_the_functions_are_not_known_they_are_not_examined(lab: Lab) -> None:
    inputs = replace(lab.inputs(), base_url=lambda: None)
    for name in ("twiml_app", "functions", "webhook_signature"):
        assert {finding.status for finding in of(name, inputs)} == {"skip"}


def test_wrong_credentials_are_told_once(lab: Lab) -> None:
    inputs = lab.inputs(TWILIO_AUTH_TOKEN=WRONG)
    for name in ("twilio_balance", "twilio_number", "twiml_app", "caller_ids"):
        (found,) = of(name, inputs)
        assert (found.status, found.detail) == (
            "skip",
            "Not examined: Twilio refuses the credentials, see twilio_credentials",
        )


def test_a_trial_account_passes_with_advice(lab: Lab) -> None:
    with lab.account(type="Trial"):
        (found,) = of("twilio_credentials", lab.inputs())
    assert found.status == "pass"
    assert "verified numbers only" in found.detail
    assert "Upgrade" in found.fix


def test_a_verified_caller_id_passes_like_an_own_number(lab: Lab) -> None:
    with lab.account(verified=[FOREIGN]), lab.caller_ids(FOREIGN):
        inputs = lab.inputs(TWILIO_PHONE_NUMBER=FOREIGN)
        (number,) = of("twilio_number", inputs)
        (caller_ids,) = of("caller_ids", inputs)
    assert (number.status, number.detail) == ("pass", f"{FOREIGN} is a verified caller ID")
    assert caller_ids.status == "pass"


def test_of_many_wrong_caller_ids_five_are_named(lab: Lab) -> None:
    wrong = [f"+1415555900{n}" for n in range(7)]
    with lab.caller_ids(*wrong):
        found = of("caller_ids", lab.inputs())
    assert [finding.subject for finding in found] == [*wrong[:5], ""]
    assert found[-1].detail.startswith("2 more ")


def test_twilio_does_not_tell_the_balance_of_a_subaccount(lab: Lab) -> None:
    with answering({}) as url:
        (found,) = of("twilio_balance", lab.inputs(TWILIO_API_URL=url))
    assert found.status == "skip"


def test_a_balance_at_the_limit_is_enough(lab: Lab) -> None:
    with lab.account(balance="5.00"):
        (found,) = of("twilio_balance", lab.inputs())
    assert found.status == "pass"


@pytest.mark.parametrize(("seconds", "status"), [(20, "pass"), (40, "fail"), (-40, "fail")])
def test_clocks_may_differ_by_half_a_minute(lab: Lab, seconds: int, status: str) -> None:
    with answering({"/2010-04-01": (200, {})}, date=time.time() - seconds) as url:
        (found,) = of("clock", lab.inputs(TWILIO_API_URL=url))
    assert found.status == status


def test_a_legacy_anon_key_passes_with_advice(lab: Lab) -> None:
    anon = jwt.encode({"role": "anon", "iss": "supabase", "exp": 4102444800}, 32 * "s")
    with answering({"/auth/v1/settings": (200, {})}) as url:
        inputs = lab.inputs(SUPABASE_URL=url, SUPABASE_PUBLISHABLE_KEY=anon)
        (found,) = of("supabase_publishable_key", inputs)
    assert found.status == "pass"
    assert "Make a publishable key" in found.fix


def test_an_imported_key_is_tried(lab: Lab) -> None:
    (lab.folder / "imported.json").write_text(json.dumps(jwk_of("ES256")), encoding="utf-8")
    published: dict[str, Answer] = {"jwks.json": (200, {"keys": [{"kid": "key-1"}]})}
    unknown: Answer = (401, {"code": "PGRST301", "message": "No suitable key or wrong key type"})
    settings = {"SUPABASE_SIGNING_KEY_FILE": "imported.json", "SUPABASE_JWT_SECRET": ""}

    with answering({**published, "/rest/": (200, [])}) as url:
        (found,) = of("signing_keys", lab.inputs(SUPABASE_URL=url, **settings))
    assert (found.status, found.detail) == ("pass", "The REST API accepts what key key-1 signs")

    with answering({**published, "/rest/": unknown}) as url:
        (found,) = of("signing_keys", lab.inputs(SUPABASE_URL=url, **settings))
    assert found.status == "fail"
    assert "a standby key may have to become the current one" in found.fix


@pytest.mark.parametrize(
    ("status", "code"), [(400, "22023"), (403, "42501"), (404, "PGRST205"), (404, "42P01")]
)
def test_before_the_first_migration_a_key_passes_and_a_token_fails(
    lab: Lab, status: int, code: str
) -> None:
    with answering({"/rest/": (status, {"code": code, "message": "not there"})}) as url:
        inputs = lab.inputs(SUPABASE_URL=url)
        (key,) = of("signing_keys", inputs)
        (token,) = of("webhook_jwt", inputs)
    assert key.status == "pass"
    assert token.status == "fail"
    assert "migrations" in token.fix


def test_a_refused_api_key_is_told_once(lab: Lab) -> None:
    inputs = lab.inputs(SUPABASE_PUBLISHABLE_KEY="sb_publishable_of-another-project")
    assert [of(name, inputs)[0].status for name in ("signing_keys", "webhook_jwt")] == 2 * ["skip"]


def test_a_test_token_expires_after_five_minutes(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    get = httpx.Client.get

    def spy(client: httpx.Client, url: str, *, headers: dict[str, str]) -> httpx.Response:
        sent.append(headers.get("Authorization", "").removeprefix("Bearer "))
        return get(client, url, headers=headers)

    monkeypatch.setattr(httpx.Client, "get", spy)
    assert of("signing_keys", lab.inputs())[0].status == "pass"
    (token,) = sent
    claims = jwt.decode(token, options={"verify_signature": False})
    assert 0 < claims["exp"] - time.time() <= 300


@pytest.mark.parametrize(("days_ago", "advises"), [(30, False), (65, True)])
def test_a_webhook_jwt_is_to_be_renewed_in_its_last_month(
    lab: Lab, days_ago: int, advises: bool
) -> None:
    (found,) = of("webhook_jwt", lab.inputs(lab.webhook_jwt(issued_days_ago=days_ago)))
    assert found.status == "pass"
    assert bool(found.fix) is advises


def test_overdue_calls_pass_while_twilio_asked_for_a_pause(lab: Lab) -> None:
    pause = "update private.reconciliation set paused_until = now() + %s * interval '1 hour'"
    with psycopg.connect(lab.env["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(pause, [1])
        try:
            with no_scheduler(lab) as inputs:
                (found,) = of("lost_callbacks", inputs)
        finally:
            connection.execute(pause, [0])
    assert found.status == "pass"


def test_a_database_without_tables_has_no_list_of_calls(lab: Lab) -> None:
    with empty_database(lab) as inputs:
        (found,) = of("lost_callbacks", inputs)
    assert found.status == "skip"


def test_a_database_without_tables_has_no_recordings(lab: Lab) -> None:
    with empty_database(lab) as inputs:
        (found,) = of("recordings_overdue", inputs)
    assert found.status == "skip"


def test_a_database_without_tables_has_no_reports(lab: Lab) -> None:
    with empty_database(lab) as inputs:
        (found,) = of("reports_overdue", inputs)
    assert found.status == "skip"


def test_a_policy_of_another_bucket_opens_no_recording(lab: Lab) -> None:
    change = (
        "create policy avatars on storage.objects for select to authenticated"
        " using (bucket_id = 'avatars')"
    )
    with altered(lab, change, "drop policy avatars on storage.objects") as inputs:
        (found,) = of("recordings_bucket", inputs)
    assert found.status == "pass"


def test_a_database_without_tables_has_no_caller_ids(lab: Lab) -> None:
    with empty_database(lab) as inputs:
        (found,) = of("caller_ids", inputs)
    assert found.status == "skip"


def test_what_reads_the_database_cannot_write(lab: Lab) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        database.column(lab.inputs(), "update public.businesses set name = name returning name")


def test_the_guide_lists_exactly_these_faults() -> None:
    text = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\|[^|]*\| `(\w+)`: ([^|]*?) \|", text, re.MULTILINE)
    assert sorted(set(listed)) == sorted({(each.name, each.says) for each in FAULTS})


def test_every_examination_says_what_to_do_when_nobody_answers() -> None:
    assert all(each.no_answer for each in examinations())


def test_a_gcloud_that_does_not_run_is_told_with_what_to_do(lab: Lab) -> None:
    google = lab.inputs(GOOGLE_CLOUD_PROJECT="henk-test", GOOGLE_CLOUD_REGION="europe-west1")
    with gcloud(lab, "exit 0", mode=0o644):
        (found,) = of("google_cloud", google)
    assert found.status == "fail"
    assert "gcloud projects list" in found.fix


def test_every_examination_can_fail() -> None:
    assert {each.name for each in FAULTS} == {each.name for each in examinations()}
