"""`python -m functions.doctor`, and what deploy.sh asks of it."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from functions import bundle
from functions.bundle import ROOT
from functions.doctor import Check, examine, rendering
from functions.doctor.__main__ import main
from functions.doctor.examination import examinations
from functions.doctor.inputs import Inputs, read
from functions.setup import env_file
from functions.setup.settings import Operator
from functions.setup.webhook_jwt import SigningKey, mint
from stack import Stack
from tests.proxies import HOSTILE

WRONG = {
    "TWILIO_AUTH_TOKEN": "wrong-auth-token-that-one-recognises",
    "TWILIO_API_KEY_SECRET": "wrong-key-secret-that-one-recognises",
    "SUPABASE_JWT_SECRET": "wrong-jwt-secret-that-one-recognises",
    "SUPABASE_PUBLISHABLE_KEY": "sb_secret_that-one-recognises",
    "SUPABASE_DB_URL": "postgresql://postgres:wrong-password-one-recognises@127.0.0.1:1/postgres",
}
GOOGLE = {"GOOGLE_CLOUD_PROJECT": "henk-test", "GOOGLE_CLOUD_REGION": "europe-west1"}


@pytest.fixture
def settings_file(stack: Stack, tmp_path: Path) -> Path:
    """Those of the local stack, in a place of the test's own."""
    file = tmp_path / "test.env"
    env_file.write(file, stack.env)
    return file


def test_a_running_stack_passes(stack: Stack) -> None:
    """The doctor runs as in `make doctor`, only with the settings that the stack publishes."""
    done = subprocess.run(
        [sys.executable, "-m", "functions.doctor", f"--env={stack.settings.stack_env_path}"],
        cwd=ROOT,
        env=HOSTILE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "✗" not in done.stdout
    assert "\033" not in done.stdout
    assert re.search(r"^Nothing failed, 3 not examined of \d+\.$", done.stdout, re.MULTILINE)


def test_json_is_one_object(settings_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", f"--env={settings_file}"], {}) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["ok"] is True
    assert {check["name"] for check in said["checks"]} == {each.name for each in examinations()}
    for check in said["checks"]:
        assert list(check) == ["name", "subject", "status", "detail", "fix"]
        assert check["status"] in ("pass", "fail", "skip")


def test_one_failure_is_enough_to_fail(
    settings_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = {"TWILIO_PHONE_NUMBER": "+14155559999"}
    assert main(["--json", f"--env={settings_file}"], environ) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["ok"] is False
    assert [check["name"] for check in said["checks"] if check["status"] == "fail"] == [
        "twilio_number"
    ]


@pytest.mark.parametrize("json_wanted", [True, False])
def test_no_secret_is_ever_shown(
    stack: Stack, settings_file: Path, capsys: pytest.CaptureFixture[str], json_wanted: bool
) -> None:
    assert main([f"--env={settings_file}", *(["--json"] if json_wanted else [])], WRONG) == 1
    said = "".join(capsys.readouterr())
    assert "ALARM" in said
    hidden = [*WRONG.values(), "wrong-password-one-recognises"]
    hidden += [value for name, value in stack.env.items() if name.endswith(("_SECRET", "_TOKEN"))]
    assert not [secret for secret in hidden if secret in said]


def test_a_secret_in_a_finding_is_hidden(stack: Stack) -> None:
    operator, problems = read({**stack.env, "TWILIO_AUTH_TOKEN_NEXT": "the-next-token"})
    token = mint(operator.signing_key, operator.supabase.url)
    inputs = Inputs(operator, problems, token)
    slipped = [
        operator.twilio.auth_token,
        operator.twilio.api_key_secret,
        operator.supabase.jwt_secret or "",
        operator.database.password,
        "the-next-token",
        token,
        stack.env["SUPABASE_SECRET_KEY"],
        mint(SigningKey.from_secret(32 * "x"), operator.supabase.url),
    ]
    assert all(slipped)
    assert inputs.redaction().hide(" ".join(slipped)) == " ".join(len(slipped) * ["[secret]"])
    assert inputs.redaction().hide("+14155550100 of AC0") == "+14155550100 of AC0"


def test_every_setting_that_is_wrong_is_told_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.env").write_text("TWILIO_ACCOUNT_SID=AC1\nPUBLIC_BASE_URL=ftp://x\n")
    assert main(["--json", f"--env={tmp_path / 'a.env'}"], {}) == 1
    checks = json.loads(capsys.readouterr().out)["checks"]
    wrong = [check["subject"] for check in checks if check["name"] == "settings"]
    assert wrong == [
        "SUPABASE_URL",
        "SUPABASE_PUBLISHABLE_KEY",
        "SUPABASE_SIGNING_KEY_FILE",
        "SUPABASE_DB_URL",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
        "TWILIO_API_KEY_SID",
        "TWILIO_API_KEY_SECRET",
        "PUBLIC_BASE_URL",
    ]
    assert all(check["fix"] for check in checks if check["status"] == "fail")


def test_one_wrong_setting_leaves_the_rest_to_be_examined(
    settings_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--json", f"--env={settings_file}"], {"TWILIO_API_KEY_SID": "SK1"}) == 1
    status = {
        check["name"]: check["status"] for check in json.loads(capsys.readouterr().out)["checks"]
    }
    assert [name for name in status if status[name] == "fail"] == ["settings"]
    assert [name for name in status if status[name] == "skip"] == [
        "google_cloud",
        "twilio_api_key",
        "twilio_number",
        "page",
    ]


def test_googles_settings_are_needed_unless_the_functions_are_elsewhere(stack: Stack) -> None:
    def wrong(**changes: str) -> list[str]:
        return [problem.split()[0] for problem in read({**stack.env, **changes})[1]]

    assert wrong() == []
    assert wrong(PUBLIC_BASE_URL="") == list(GOOGLE)
    assert wrong(GOOGLE_CLOUD_PROJECT="henk-test") == ["GOOGLE_CLOUD_REGION"]


def test_a_line_that_is_not_a_setting_is_named_without_its_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.env").write_text("a secret that slipped\n")
    assert main([f"--env={tmp_path / 'a.env'}"], {}) == 1
    said = capsys.readouterr().out
    assert "line 1" in said
    assert "slipped" not in said


def test_the_token_of_the_webhook_endpoints_comes_by_standard_input(
    settings_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    operator, _ = read(env_file.read(settings_file))
    token = mint(operator.signing_key, operator.supabase.url)
    monkeypatch.setattr(sys, "stdin", io.StringIO(token + "\n"))
    assert main([f"--env={settings_file}", "--webhook-jwt-stdin"], {}) == 0
    said = capsys.readouterr().out
    assert "Valid for 89 more days" in said
    assert token not in said


def test_without_a_dot_env_a_running_stack_is_examined(
    settings_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    local = settings_file.parent
    monkeypatch.setattr(bundle, "ROOT", local)
    environ = {"HENK_LOCAL_DIR": str(local)}

    assert main([], environ) == 1
    assert "no local stack runs" in capsys.readouterr().out

    settings_file.rename(local / "stack.env")
    assert main([], environ) == 0

    (local / ".env").write_text("", encoding="utf-8")
    assert main([], environ) == 1


def test_before_a_deployment_what_it_corrects_is_not_examined(settings_file: Path) -> None:
    env_file.write(settings_file, env_file.read(settings_file) | GOOGLE)
    operator = Operator.load(settings_file, {})
    checks = examine(operator, stage="before", base_url=None, webhook_jwt=None)
    assert [check.name for check in checks] == [
        "settings",
        "clock",
        "twilio_credentials",
        "twilio_balance",
        "twilio_api_key",
        "twilio_number",
        "supabase_api",
        "supabase_publishable_key",
        "sign_up",
        "signing_keys",
        "database",
        "caller_ids",
        "businesses",
    ]
    assert not [check for check in checks if check.status == "fail"]


def test_after_a_deployment_everything_is_examined_where_it_says(
    settings_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No gcloud, whatever this machine has.
    monkeypatch.setenv("PATH", str(tmp_path))
    values = env_file.read(settings_file)
    base_url = values.pop("PUBLIC_BASE_URL")
    operator, _ = read(values)
    token = mint(operator.signing_key, operator.supabase.url)
    checks = examine(
        {**values, **GOOGLE},
        stage="all",
        base_url=base_url,
        webhook_jwt=token,
    )
    failed = {check.name for check in checks if check.status == "fail"}
    assert failed == {"google_cloud"}
    assert [check.detail for check in checks if check.name == "webhook_jwt"] == [
        "Valid for 89 more days"
    ]


CHECKS = [
    Check("one", "", "pass", "All is well", ""),
    Check("another", "x", "fail", "Something is not", "Mend it"),
    Check("third", "", "skip", "Not examined: no reason", ""),
]


def test_a_line_for_each_check_and_one_for_what_to_do() -> None:
    assert rendering.as_text(CHECKS).splitlines() == [
        "✓ one      All is well",
        "✗ another  Something is not",
        "           → Mend it",
        "– third    Not examined: no reason",
        "",
        "1 failed, 1 not examined of 3.",
    ]


def test_colour_is_for_terminals_that_want_it() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    assert rendering.is_colourful(Terminal(), {})
    assert not rendering.is_colourful(Terminal(), {"NO_COLOR": "1"})
    assert not rendering.is_colourful(io.StringIO(), {})
    assert "\033[31m✗\033[0m another" in rendering.as_text(CHECKS, colour=True)
    assert "\033" not in rendering.as_text(CHECKS)
