"""What the doctor says about settings: a file that nobody filled in, names that are there twice,
variables of the environment that hide the file's."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from functions import bundle
from functions.bundle import ROOT
from functions.doctor.__main__ import main
from functions.setup.settings import Given, Operator
from shared.settings import ConfigurationError
from tests.functions.deploy.lab import SETTINGS

# Lines of .env.example whose value one can keep.
USABLE = {
    "GOOGLE_CLOUD_REGION", "SUPABASE_SIGNING_KEY_FILE", "TWILIO_AUTH_TOKEN_NEXT",
    "HENK_HIDDEN_VIEWS", "BUSINESS_CREATION", "BUSINESS_FOUNDERS",
}  # fmt: skip


def settings_of(
    file: Path, capsys: pytest.CaptureFixture[str], environ: dict[str, str] | None = None
) -> list[dict[str, str]]:
    """What the doctor says about settings, if nobody answers."""
    main(["--json", f"--env={file}"], {"PATH": "/nowhere", **(environ or {})})
    checks: list[dict[str, str]] = json.loads(capsys.readouterr().out)["checks"]
    return [check for check in checks if check["name"] == "settings"]


def example(*, every_line: bool) -> str:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    return re.sub(r"^# ?(?=[A-Z_]+=)", "", text, flags=re.MULTILINE) if every_line else text


@pytest.mark.parametrize("every_line", [False, True], ids=["copied", "without-comments"])
def test_an_untouched_example_is_not_a_set_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], every_line: bool
) -> None:
    file = tmp_path / ".env"
    # Nobody is asked: there is no address of anybody.
    text = re.sub(r"^TWILIO_API_URL=.*\n", "", example(every_line=every_line), flags=re.MULTILINE)
    file.write_text(text + "TWILIO_API_URL=http://127.0.0.1:1\n")
    found = settings_of(file, capsys)
    said = {check["subject"]: check["detail"] for check in found}
    assert all(check["status"] == "fail" and check["fix"] for check in found)
    for name in ("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY"):
        assert f"{name} is still the example's" in said[name]
    if every_line:
        deployment = example(every_line=True).partition("# --- `make run`")[0]
        names = set(re.findall(r"^([A-Z_]+)=", deployment, re.MULTILINE))
        optional = {"SUPABASE_JWT_SECRET", "SCHEDULER_SECRET"}
        assert set(said) | optional >= names - USABLE
    with pytest.raises(ConfigurationError):
        Operator.load(file, {})


@pytest.mark.parametrize("name", ["TWILIO_AUTH_TOKEN_NEXT", "SCHEDULER_SECRET"])
@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("<your-secret>", "is still the example's"),
        ("your-secret-that-an-example-has-in-this-place", "is still the example's"),
        ("too-short", "is malformed"),
        ("32 characters and more, with blanks", "is malformed: it has a blank in it"),
        ("\u201c0123456789012345678901234567890123456789\u201d", "has a curly quote"),
    ],
)
def test_a_secret_that_is_optional_is_examined_where_it_is_given(
    tmp_path: Path, name: str, value: str, said: str
) -> None:
    """Otherwise the endpoint that gets it would be deployed, and would not start."""
    with pytest.raises(ConfigurationError) as error:
        Operator.load(tmp_path / "no.env", SETTINGS | {name: value})
    (problem,) = error.value.problems
    assert problem.startswith(f"{name} {said}")
    assert value not in problem


def test_where_nothing_is_set_one_failure_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "ROOT", tmp_path)
    environ = {"TWILIO_API_URL": "http://127.0.0.1:1", "PATH": "/nowhere"}
    main(["--json"], environ)
    checks = json.loads(capsys.readouterr().out)["checks"]
    failed = [check for check in checks if check["status"] == "fail"]
    assert failed[0]["detail"].startswith(
        f"There is no {tmp_path}/.env, and the environment has no"
    )
    assert {check["name"] for check in failed} == {"settings", "clock"}
    (tmp_path / ".env").touch()
    found = settings_of(tmp_path / ".env", capsys, environ)
    assert [check["detail"].partition(" (")[0] for check in found] == [
        f"{tmp_path}/.env has no settings"
    ]
    with pytest.raises(ConfigurationError, match="the environment has no settings"):
        Operator.load(tmp_path / "nowhere.env", {})


def test_what_may_surprise_is_told_and_is_not_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.env"
    lines = [f"{name}={value}" for name, value in SETTINGS.items()]
    closed = ["SUPABASE_URL=http://127.0.0.1:1", "TWILIO_API_URL=http://127.0.0.1:1"]
    file.write_text("\n".join([*lines, *closed, "A=1", "A=2"]))
    secret = "the-token-of-the-shell-that-counts"
    found = settings_of(file, capsys, {"TWILIO_AUTH_TOKEN": secret, "A": "2"})
    said = [check["detail"] for check in found]
    assert {check["status"] for check in found} == {"pass"}
    assert f"{file} has A in line {len(lines) + 3} and in line {len(lines) + 4}" in " ".join(said)
    hidden = "TWILIO_AUTH_TOKEN is set in the environment, which counts, and otherwise in"
    assert hidden in " ".join(said)
    assert " A is set in the environment" not in f" {' '.join(said)}"
    assert secret not in " ".join(said)
    assert SETTINGS["TWILIO_AUTH_TOKEN"] not in " ".join(said)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=1\nB=2\n")
    given = Given.load(tmp_path / ".env", {"A": "3"})
    assert given.values == {"A": "3", "B": "2"}
    assert len(given.notes) == 1
