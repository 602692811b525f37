"""`./deploy.sh --dry-run` when somebody cannot be asked: it shows the plan as far as it is known,
says which part depends on whose answer, and ends with 1. Beside it: the days that tokens have
left, in `--status`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
import requests

from functions import bundle
from functions.bundle import ROOT
from functions.deploy import outline
from functions.deploy.changes import Changes
from functions.deploy.steps import DeployError
from functions.doctor.inputs import read
from functions.setup.google_project import service_account
from functions.setup.settings import Operator
from functions.setup.shell import Command, CommandFailed, ToolMissing
from functions.setup.webhook_jwt import RECONCILER_ROLE, mint
from tests.functions.deploy.lab import SECRETS, SETTINGS, Lab

CLOSED = "http://127.0.0.1:1"
FOLDERS = [service.folder for service in bundle.services()]
DAY = 24 * 3600


def deploy(
    directory: Path, settings: str, gcloud: str | None = None, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """`./deploy.sh --dry-run` with these lines of .env, and a gcloud of this shell script."""
    programs = directory / "bin"
    programs.mkdir()
    for tool in ("node", "sh", "env"):
        (programs / tool).symlink_to(str(shutil.which(tool)))
    for tool, script in (("gcloud", gcloud), ("npx", "echo no network >&2; exit 1")):
        if script is not None:
            (programs / tool).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
            (programs / tool).chmod(0o755)
    file = directory / "test.env"
    file.write_text(settings, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "functions.deploy", "--dry-run", f"--env={file}", *arguments],
        cwd=ROOT,
        env={"PATH": str(programs), "HOME": str(directory), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def assert_incomplete(done: subprocess.CompletedProcess[str]) -> None:
    """The plan is there, nothing secret is, and neither the status nor the last line says that all
    is well."""
    assert (done.returncode, done.stderr) == (1, ""), done.stdout + done.stderr
    for folder in FOLDERS:
        assert re.search(rf"^  {folder} [0-9a-f]{{12}}-SETTINGS deployed", done.stdout, re.M)
    assert "gcloud run deploy" in done.stdout
    assert "npx supabase db push --yes" in done.stdout
    assert not [secret for secret in SECRETS if secret in done.stdout]
    last = done.stdout.rstrip().splitlines()[-1]
    assert last.startswith("Nothing was changed. This dry run is incomplete for lack of ")
    assert last.endswith(": ./deploy.sh would stop there.")


def test_an_untouched_example_is_a_plan_without_settings(tmp_path: Path) -> None:
    """Every line of .env.example, also those that are comments there."""
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    done = deploy(tmp_path, re.sub(r"^# ?(?=[A-Z_]+=)", "", example, flags=re.M))
    assert_incomplete(done)
    for name in (
        "SUPABASE_URL",
        "SUPABASE_PUBLISHABLE_KEY",
        "SUPABASE_DB_URL",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_API_KEY_SID",
        "TWILIO_TWIML_APP_SID",
        "TWILIO_PHONE_NUMBER",
        "PUBLIC_BASE_URL",
    ):
        assert f"\n  - {name} is still the example's" in done.stdout
    for name in ("GOOGLE_CLOUD_PROJECT", "TWILIO_AUTH_TOKEN", "TWILIO_API_KEY_SECRET"):
        assert f"\n  - {name} is missing" in done.stdout
        assert "the settings (" in done.stdout.splitlines()[-1]


def test_without_accounts_and_network_the_plan_is_shown(tmp_path: Path) -> None:
    settings = SETTINGS | {
        "TWILIO_API_URL": CLOSED,
        "SUPABASE_URL": CLOSED,
        "SUPABASE_DB_URL": SETTINGS["SUPABASE_DB_URL"].replace("db.henk.test:5432", "127.0.0.1:1"),
    }
    lines = "".join(f"{name}={value}\n" for name, value in settings.items())
    said = "ERROR: (gcloud.auth) You do not currently have an active account selected."
    done = deploy(tmp_path, lines, f"echo '{said}' >&2; exit 1")
    assert_incomplete(done)
    # Three servers, three failures.
    failed = re.findall(r"^✗ (\w+)", done.stdout, re.M)
    assert failed == ["Examining", "twilio_credentials", "supabase_api", "database"]
    assert "Google Cloud (gcloud is not signed in)" in done.stdout
    assert "the database (no network)" in done.stdout
    assert "Twilio (Twilio does not answer: ConnectionError)" in done.stdout
    assert SETTINGS["GOOGLE_CLOUD_PROJECT"] in done.stdout


def test_why_somebody_was_not_asked_is_said_without_remarks_and_advice() -> None:
    """What the Supabase CLI and gcloud really write."""
    resolved = "failed to connect to postgres: hostname resolving error (getaddrinfo ENOTFOUND x)"
    supabase = Command(("npx", "supabase"))
    gcloud = Command(("gcloud", "services", "list"))
    signed_out = "You do not currently have an active account selected.\nPlease run:\n\n  $ gcloud"
    for command, said, reason in (
        (
            supabase,
            f"WARN: a is deprecated\nDRY RUN: nothing\n{resolved}\nTry rerunning the command with"
            " --debug to troubleshoot the error.",
            resolved,
        ),
        (gcloud, f"ERROR: (gcloud.services.list) {signed_out}", "gcloud is not signed in"),
        (
            gcloud,
            "ERROR: There was a problem refreshing your current auth tokens: Failed to resolve"
            " 'oauth2.googleapis.com'\nPlease run:\n  $ gcloud auth login",
            "gcloud does not reach Google",
        ),
        (gcloud, "ERROR: (gcloud) not yours.\n- details", "ERROR: (gcloud) not yours"),
        (supabase, "\n", "it says nothing"),
    ):
        assert outline._reason(CommandFailed(command, 1, said)) == reason


def test_without_gcloud_what_others_answer_is_certain(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = lab._command

    def command(command: Command) -> str:
        if command.argv[0] == "gcloud":
            raise ToolMissing("gcloud")
        return ask(command)

    monkeypatch.setattr(lab, "_command", command)
    lab.applied = lab.pending()[:-1]
    said = outlined(lab)
    assert "✓ 1 migrations are applied:" in said
    assert "? Secrets are stored. This depends on Google Cloud: " in said
    assert "✓ A TwiML App is made:" in said
    assert "(there is no program gcloud here)" in said.rstrip().splitlines()[-1]
    assert lab.changes == []


def test_without_twilio_the_project_is_certain(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.deploy()
    before = lab.snapshot()

    def refuse(*args: object, **kwargs: object) -> None:
        raise requests.ConnectionError

    monkeypatch.setattr(lab.twilio, "request", refuse)
    said = outlined(lab)
    assert "✓ What the project lacks is made:\n\n✓ 0 migrations" in said
    assert "\n✓ Secrets are stored:\n" in said
    assert "? Endpoints are deployed" in said
    assert lab.snapshot() == before
    assert not [secret for secret in SECRETS if secret in said]


def test_code_that_cannot_be_packed_is_no_plan(lab: Lab) -> None:
    lab.edit("token_fn", "from shared import *")
    said = outlined(lab)
    assert said == "\nNothing was changed: this was a dry run. ./deploy.sh would stop: see above.\n"


def outlined(lab: Lab, problems: Sequence[str] = ()) -> str:
    return lab._run(
        lambda deployment: deployment.steps.report.say(outline.show(deployment, problems)),
        dry_run=True,
    )


@pytest.mark.parametrize(("days", "advises"), [(60, False), (22, False), (21, True), (3, True)])
def test_status_says_how_many_days_the_tokens_have_left(lab: Lab, days: int, advises: bool) -> None:
    lab.deploy()
    operator = Operator.load(lab.checkout / "no-such.env", lab.settings)
    issued = time.time() - (90 - days - 0.5) * DAY
    token = mint(operator.signing_key, operator.supabase.url, issued, role=RECONCILER_ROLE)
    lab.cloud.secrets["SUPABASE_RECONCILER_JWT"].versions.append(token)
    said = lab.status()
    assert "SUPABASE_WEBHOOK_JWT: valid for 89 more days\n" in said
    advice = ": run ./deploy.sh, which makes a new one" if advises else ""
    assert f"SUPABASE_RECONCILER_JWT: valid for {days} more days{advice}\n" in said
    assert token not in said


def test_before_the_first_deployment_status_waits_for_nothing(lab: Lab) -> None:
    """No API is enabled, and nobody is enabling one."""
    said = lab.status()
    assert lab.waited == 0
    assert said.count("not deployed") == len(bundle.endpoints())
    assert "SUPABASE_WEBHOOK_JWT: not stored yet: ./deploy.sh makes it" in said
    with pytest.raises(DeployError, match="nothing to go back to"):
        lab.rollback()
    assert lab.waited == 0


def test_status_says_why_days_are_not_known(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.deploy()
    lab.cloud.secrets["SUPABASE_WEBHOOK_JWT"].versions.append("no token")
    ask = lab._command

    def command(command: Command) -> str:
        if "--secret=SUPABASE_RECONCILER_JWT" in command.argv:
            raise CommandFailed(command, 1, "PERMISSION_DENIED: not yours\nmore")
        return ask(command)

    monkeypatch.setattr(lab, "_command", command)
    said = lab.status()
    assert "SUPABASE_WEBHOOK_JWT: not valid (" in said
    assert "does not show it (PERMISSION_DENIED: not yours)" in said
    assert "token_fn" in said


@pytest.mark.parametrize(
    ("project", "address"),
    [
        ("henk-voice", "token-fn@henk-voice.iam.gserviceaccount.com"),
        ("example.com:my-project", "token-fn@my-project.example.com.iam.gserviceaccount.com"),
        ("a.b.co.uk:henk-1", "token-fn@henk-1.a.b.co.uk.iam.gserviceaccount.com"),
    ],
)
def test_a_project_of_a_domain_has_its_domain_last_in_addresses(project: str, address: str) -> None:
    operator = Operator.load(Path("no-such.env"), SETTINGS | {"GOOGLE_CLOUD_PROJECT": project})
    assert operator.google_project == project
    assert service_account("token-fn", project) == address
    endpoint = bundle.endpoints()[0]
    command = Changes(project, "europe-west1").deploy(endpoint, Path("x"), "t", {}, {}, serves=True)
    assert f"--service-account={address}" in command.argv
    assert f"--project={project}" in command.argv
    builder = service_account("henk-builder", project)
    assert f"--build-service-account=projects/{project}/serviceAccounts/{builder}" in command.argv


@pytest.mark.parametrize(
    "project", ["Henk Voice", "123456789012", "example.com:", ":henk-voice", "example:henk-voice",
                "example.com:Henk", "henk_voice", "projects/henk-voice", "example.com/henk-voice"]
)  # fmt: skip
def test_what_is_not_an_id_of_a_project_is_refused(project: str) -> None:
    done = [
        problem
        for problem in problems_with(GOOGLE_CLOUD_PROJECT=project)
        if problem.startswith("GOOGLE_CLOUD_PROJECT is malformed")
    ]
    assert len(done) == 1
    assert "not its name or number" in done[0]


def problems_with(**changes: str) -> list[str]:
    return read(SETTINGS | changes)[1]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "functions.deploy", "--env", "nowhere/x.env", "--status"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"There is no file {ROOT}/nowhere/x.env. Correct --env" in done.stdout
    assert "Traceback" not in done.stderr
