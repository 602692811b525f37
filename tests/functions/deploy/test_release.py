"""A deployment does what is missing and no more, while what serves goes on serving."""

from __future__ import annotations

import re
import time

import jwt
import pytest

from functions import bundle
from functions.deploy.steps import DeployError
from functions.doctor import Check
from functions.setup import twiml_app
from functions.setup.addresses import STATUS_OVERRIDES, VOICE_OVERRIDES
from tests import endpoints
from tests.functions.deploy.google_cloud import NUMBER, PROJECT, REGION, Refused
from tests.functions.deploy.lab import SECRETS, Lab
from tests.soak import SOAK

FOLDERS = [endpoint.folder for endpoint in bundle.endpoints()]
DAY = 24 * 3600


def order(lab: Lab, *fragments: str) -> list[int]:
    """Where among the changes the first one with each fragment comes."""
    return [
        next(n for n, change in enumerate(lab.changes) if fragment in change)
        for fragment in fragments
    ]


def test_a_first_deployment_leaves_everything_in_place(lab: Lab) -> None:
    lab.deploy()

    assert lab.pending() == []
    assert set(lab.cloud.services) == {folder.replace("_", "-") for folder in FOLDERS}
    assert all(lab.serving().values())
    (app,) = lab.twilio.apps.values()
    base = f"https://{{}}-fn-{NUMBER}.{REGION}.run.app/api/twilio/{{}}"
    assert app["friendly_name"] == twiml_app.NAME
    assert app["voice_url"] == base.format("twiml", "twiml") + VOICE_OVERRIDES
    assert app["status_callback"] == base.format("status", "status") + STATUS_OVERRIDES
    assert (app["voice_method"], app["status_callback_method"]) == ("POST", "POST")
    token = lab.cloud.revision_at("token-fn")
    assert token is not None
    assert token.variables["TWILIO_TWIML_APP_SID"] == app["sid"]


def test_what_the_doctor_finds_stops_a_deployment(lab: Lab) -> None:
    lab.findings = [
        Check("database", "", "pass", "Postgres lets postgres in", ""),
        Check("twilio_balance", "", "fail", "The balance is 0.00 USD", "Top it up"),
        Check("twilio_api_key", "SK1", "fail", "Twilio knows no such key", "Make one"),
    ]
    stopped = lab.stops()
    assert "✗ twilio_api_key  Twilio knows no such key" in str(stopped)
    assert "→ Top it up" in str(stopped)
    assert "Postgres" not in str(stopped)
    assert lab.changes == []


def test_what_makes_only_calls_fail_is_left_to_the_operator(lab: Lab) -> None:
    lab.findings = [Check("twilio_balance", "", "fail", "The balance is 0.00 USD", "Top it up")]
    lab.deploy()
    assert "The balance is 0.00 USD. Top it up." in lab.left
    assert all(lab.serving().values())


def test_steps_come_in_an_order_in_which_nothing_is_missing(lab: Lab) -> None:
    lab.deploy()

    wanted = (
        "gcloud services enable",
        "gcloud iam service-accounts create",
        "supabase db push",
        "gcloud secrets create",
        "gcloud secrets versions add",
        "gcloud secrets add-iam-policy-binding",
        "gcloud run deploy",
        "Twilio POST AP",
    )
    found = order(lab, *(fragment.removeprefix("gcloud ") for fragment in wanted))
    assert found == sorted(found)


def test_without_a_change_nothing_is_deployed(lab: Lab) -> None:
    lab.deploy()
    lab.changes.clear()
    before = lab.snapshot()

    said = lab.deploy()

    assert lab.changes == []
    assert lab.snapshot() == before
    assert "Every endpoint serves this version already." in said


def test_one_changed_endpoint_is_deployed_alone(lab: Lab) -> None:
    lab.deploy()
    before = lab.serving()
    lab.changes.clear()
    lab.edit("status_fn", "ANOTHER = 1")

    lab.deploy()

    after = lab.serving()
    assert {folder for folder in FOLDERS if after[folder] != before[folder]} == {"status_fn"}
    assert lab.changes == [
        f"run deploy status-fn --source={lab.checkout}/build/status_fn",
        "run services update-traffic status-fn",
    ]


def test_an_endpoint_gets_its_traffic_only_after_every_new_one_has_answered(lab: Lab) -> None:
    lab.deploy()
    lab.changes.clear()
    lab.edit("shared", "ANOTHER = 1")

    lab.deploy()

    kinds = [change.split()[1] if change.startswith("run ") else change for change in lab.changes]
    assert kinds == ["deploy"] * len(FOLDERS) + ["services"] * len(FOLDERS)
    assert all("--no-traffic" in argv for argv in lab.commands("run", "deploy")[len(FOLDERS) :])


def test_a_changed_setting_deploys_those_that_have_it(lab: Lab) -> None:
    lab.deploy()
    before = lab.serving()
    lab.settings["TWILIO_API_KEY_SECRET"] = "a-new-secret-of-the-same-key"
    lab.changes.clear()

    lab.deploy()

    after = lab.serving()
    changed = {folder for folder in FOLDERS if after[folder] != before[folder]}
    assert changed == {"token_fn", "control_fn", "reconcile_fn", "recording_fn"}
    assert lab.cloud.secrets["TWILIO_API_KEY_SECRET"].versions[-1].startswith("a-new-secret")
    # The revision that served before keeps the old version of the secret: it is pinned.
    token = lab.cloud.services["token-fn"]
    pins = [revision.secrets["TWILIO_API_KEY_SECRET"][1] for revision in token.revisions.values()]
    assert pins == [1, 2]


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("SUPABASE_WEBHOOK_JWT", "call_webhook"),
        ("SUPABASE_RECONCILER_JWT", "call_reconciler"),
        ("SUPABASE_RECORDER_JWT", "call_recorder"),
        ("SUPABASE_REPORTER_JWT", "call_reporter"),
    ],
)
def test_an_endpoints_jwt_is_valid_for_90_days_and_signed_with_the_projects_key(
    lab: Lab, name: str, role: str
) -> None:
    lab.deploy()

    (token,) = lab.cloud.secrets[name].versions
    claims = jwt.decode(token, endpoints.JWT_SECRET, algorithms=["HS256"], audience="authenticated")
    assert claims["role"] == role
    assert claims["exp"] - claims["iat"] == 90 * DAY


@pytest.mark.parametrize("name", ["SUPABASE_WEBHOOK_JWT", "SUPABASE_RECONCILER_JWT"])
@pytest.mark.parametrize(("age_days", "renewed"), [(29, False), (31, True), (100, True)])
def test_an_endpoints_jwt_is_replaced_when_fewer_than_60_days_are_left(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, age_days: int, renewed: bool, name: str
) -> None:
    lab.deploy()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + age_days * DAY)

    lab.deploy()

    assert len(lab.cloud.secrets[name].versions) == 1 + renewed


def test_the_summary_says_where_and_how_long_it_serves(lab: Lab) -> None:
    said = lab.deploy()

    serving = lab.serving()
    for folder in FOLDERS:
        name = folder.removesuffix("_fn")
        address = f"  https://{name}-fn-{NUMBER}.{REGION}.run.app/api/twilio/{name}"
        shown = "" if folder == "reconcile_fn" else address
        assert re.search(rf"^  {folder} +{serving[folder]}{shown}$", said, re.M)
    assert re.search(r"^  JWTs +valid for (89|90) days", said, re.M)
    assert any("docs/client-library.md" in left for left in lab.left)
    lab.deploy()
    assert lab.left == []


@pytest.mark.parametrize("stored", ["rubbish", jwt.encode({"role": "anon"}, endpoints.JWT_SECRET)])
def test_a_stored_webhook_jwt_that_is_not_valid_is_replaced(lab: Lab, stored: str) -> None:
    lab.deploy()
    lab.cloud.secrets["SUPABASE_WEBHOOK_JWT"].versions.append(stored)

    lab.deploy()

    assert len(lab.cloud.secrets["SUPABASE_WEBHOOK_JWT"].versions) == 3
    twiml = lab.cloud.revision_at("twiml-fn")
    assert twiml is not None
    assert twiml.secrets["SUPABASE_WEBHOOK_JWT"] == ("SUPABASE_WEBHOOK_JWT", 3)


@pytest.mark.parametrize(
    ("folder", "secrets"),
    [
        ("token_fn", {"TWILIO_API_KEY_SECRET", "SUPABASE_JWT_SECRET"}),
        ("twiml_fn", {"TWILIO_AUTH_TOKEN", "SUPABASE_WEBHOOK_JWT", "SUPABASE_JWT_SECRET"}),
        ("status_fn", {"TWILIO_AUTH_TOKEN", "SUPABASE_WEBHOOK_JWT", "SUPABASE_JWT_SECRET"}),
        ("control_fn", {"TWILIO_API_KEY_SECRET", "SUPABASE_WEBHOOK_JWT", "SUPABASE_JWT_SECRET"}),
        ("numbers_fn", {"SUPABASE_JWT_SECRET"}),
        (
            "reconcile_fn",
            {"TWILIO_API_KEY_SECRET", "SUPABASE_RECONCILER_JWT", "SCHEDULER_SECRET"},
        ),
        (
            "recording_fn",
            {
                "TWILIO_AUTH_TOKEN",
                "TWILIO_API_KEY_SECRET",
                "SUPABASE_RECORDER_JWT",
                "SUPABASE_JWT_SECRET",
                "SCHEDULER_SECRET",
            },
        ),
        ("reports_fn", {"SUPABASE_REPORTER_JWT", "SUPABASE_JWT_SECRET", "SCHEDULER_SECRET"}),
    ],
)
def test_an_endpoint_can_read_its_own_secrets_and_no_others(
    lab: Lab, folder: str, secrets: set[str]
) -> None:
    lab.deploy()

    service = folder.replace("_", "-")
    member = f"--member=serviceAccount:{service}@{PROJECT}.iam.gserviceaccount.com"
    granted = {
        argv[2] for argv in lab.commands("secrets", "add-iam-policy-binding") if member in argv
    }
    (deployed,) = lab.commands("run", "deploy", service)
    (given,) = (flag for flag in deployed if flag.startswith("--set-secrets="))
    pins = given.removeprefix("--set-secrets=").split(",")
    assert granted == secrets
    assert {pin.split("=")[0] for pin in pins} == secrets
    # Its account has no other right, and no other endpoint uses it.
    assert f"--service-account={member.removeprefix('--member=serviceAccount:')}" in deployed
    assert not [argv for argv in lab.commands("projects") if member in argv]


def test_every_endpoint_has_a_row_in_the_test_of_its_secrets() -> None:
    (mark,) = (
        mark
        for mark in test_an_endpoint_can_read_its_own_secrets_and_no_others.pytestmark  # type: ignore[attr-defined]
        if mark.name == "parametrize"
    )
    assert [folder for folder, _ in mark.args[1]] == FOLDERS


def test_secrets_are_not_arguments_and_are_not_shown(lab: Lab) -> None:
    lab.settings["TWILIO_AUTH_TOKEN_NEXT"] = endpoints.NEXT_AUTH_TOKEN
    said = lab.deploy(dry_run=True) + lab.deploy()

    minted = lab.cloud.secrets["SUPABASE_WEBHOOK_JWT"].versions
    for secret in (*SECRETS, endpoints.NEXT_AUTH_TOKEN, *minted):
        assert secret not in said
        assert not [argv for argv in lab.cloud.changes if secret in " ".join(argv)]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_that_a_failing_tool_prints_is_hidden(lab: Lab, secret: str) -> None:
    def fail(what: str, when: str) -> None:
        if what.startswith("run deploy"):
            raise Refused(f"cannot start: {secret}")

    lab.fault = fail
    assert secret in str(lab.stops())
    assert "cannot start: [secret]" in lab.output
    assert secret not in lab.output


def test_a_new_version_that_answers_wrongly_gets_no_traffic(lab: Lab) -> None:
    lab.deploy()
    lab.edit("shared", "ANOTHER = 1")
    before = lab.serving()
    lab.changes.clear()

    def break_it(what: str, when: str) -> None:
        if what.startswith("run deploy token-fn") and when == "after":
            *_, newest = lab.cloud.services["token-fn"].revisions.values()
            newest.variables["HENK_VERSION"] = "another"

    lab.fault = break_it
    stopped = lab.stops()

    assert "The old version goes on serving." in stopped.fix
    assert lab.serving() == before
    assert not [change for change in lab.changes if "update-traffic" in change]


def test_threads_are_as_many_as_requests_at_once(lab: Lab) -> None:
    lab.deploy()

    for endpoint in bundle.endpoints():
        revision = lab.cloud.revision_at(endpoint.folder.replace("_", "-"))
        assert revision is not None
        assert f"--concurrency={revision.variables['THREADS']}" in revision.flags


def test_the_minimum_of_instances_belongs_to_the_service_and_not_to_each_revision(lab: Lab) -> None:
    lab.deploy()

    for endpoint in bundle.endpoints():
        (argv,) = lab.commands("run", "deploy", endpoint.folder.replace("_", "-"))
        assert f"--min={endpoint.min_instances}" in argv
        assert not [flag for flag in argv if flag.startswith("--min-instances")]


def test_public_endpoints_have_no_invoker_check(lab: Lab) -> None:
    lab.deploy()

    for endpoint in bundle.endpoints():
        (argv,) = lab.commands("run", "deploy", endpoint.folder.replace("_", "-"))
        assert ("--no-invoker-iam-check" in argv) is endpoint.is_public
        assert ("--invoker-iam-check" in argv) is not endpoint.is_public


def test_a_dry_run_says_every_command_and_changes_nothing(lab: Lab) -> None:
    before = lab.snapshot()

    said = lab.deploy(dry_run=True)

    assert lab.snapshot() == before
    assert lab.changes == []
    assert not (lab.checkout / "build").exists()
    said_commands = re.findall(r"^    (gcloud|npx supabase|Twilio:)", said, re.M)
    lab.deploy()
    # A real run then needs as many.
    assert len(said_commands) == len(lab.changes)


def test_only_the_named_endpoint_is_deployed(lab: Lab) -> None:
    lab.deploy()
    before = lab.serving()
    lab.edit("shared", "ANOTHER = 1")

    lab.deploy("token_fn")

    after = lab.serving()
    assert {folder for folder in FOLDERS if after[folder] != before[folder]} == {"token_fn"}
    # Nobody is told to take rights away that the others need.
    assert lab.left == []


def test_twilio_is_not_told_of_endpoints_that_are_not_deployed(lab: Lab) -> None:
    stopped = lab.stops("token_fn")

    assert "twiml" in str(stopped)
    assert "Twilio was not told of it" in stopped.fix
    assert lab.serving()["token_fn"]
    assert not any(app["voice_url"] for app in lab.twilio.apps.values())


def test_what_is_broken_elsewhere_does_not_stop_a_deployment_of_one_endpoint(lab: Lab) -> None:
    lab.deploy()
    lab.edit("shared", "ANOTHER = 1")
    lab.deploy()
    lab.edit("token_fn", "ANOTHER = 2")
    status = lab.cloud.services["status-fn"]
    # It does not answer.
    status.revisions[status.serving].variables["HENK_VERSION"] = ""
    before = lab.serving()

    lab.deploy("token_fn")

    assert lab.serving()["token_fn"] != before["token_fn"]


def test_a_right_that_is_no_longer_needed_is_named(lab: Lab) -> None:
    lab.deploy()
    lab.cloud.secrets["TWILIO_AUTH_TOKEN"].readers.append(
        f"serviceAccount:token-fn@{PROJECT}.iam.gserviceaccount.com"
    )

    lab.deploy()

    (left,) = lab.left
    assert "can still read TWILIO_AUTH_TOKEN" in left
    assert "gcloud secrets remove-iam-policy-binding TWILIO_AUTH_TOKEN" in left


def test_an_app_of_the_operators_own_is_used(lab: Lab) -> None:
    own = "AP" + "9" * 32
    lab.twilio.apps[own] = {"sid": own, "friendly_name": "ours", "voice_url": "https://old.test/"}
    lab.twilio.apps[own] |= {"voice_method": "GET", "status_callback": None}
    lab.settings["TWILIO_TWIML_APP_SID"] = own

    said = lab.deploy()

    assert list(lab.twilio.apps) == [own]
    assert "not https://old.test/" in said
    assert lab.twilio.apps[own]["voice_method"] == "POST"


def test_an_app_that_does_not_exist_stops_before_anything_is_changed(lab: Lab) -> None:
    lab.settings["TWILIO_TWIML_APP_SID"] = "AP" + "8" * 32

    assert "20404" in str(lab.stops())
    assert lab.changes == []


def test_two_apps_of_our_name_stop_before_anything_is_changed(lab: Lab) -> None:
    for digit in "12":
        sid = "AP" + digit * 32
        lab.twilio.apps[sid] = {"sid": sid, "friendly_name": twiml_app.NAME}
        lab.twilio.apps[sid] |= dict.fromkeys(("voice_url", "status_callback", "voice_method"))

    assert "choose one with TWILIO_TWIML_APP_SID" in str(lab.stops())
    assert lab.changes == []


def test_an_address_of_the_operators_own_must_lead_to_what_serves(lab: Lab) -> None:
    lab.settings["PUBLIC_BASE_URL"] = lab.cloud.base_url + "/{name}-fn"
    lab.deploy()
    lab.edit("twiml_fn", "ANOTHER = 1")
    before = lab.serving()
    lab.settings["PUBLIC_BASE_URL"] = "https://elsewhere.test/api/twilio"

    error = lab.stops()

    assert "https://elsewhere.test/api/twilio/t" in str(error)
    assert "PUBLIC_BASE_URL" in error.fix
    assert lab.serving() == before


def test_nobody_signed_in_stops_with_what_to_type(lab: Lab) -> None:
    lab.cloud.account = ""
    assert lab.stops().fix == "Sign in: gcloud auth login"
    assert lab.changes == []


def test_a_no_to_the_question_changes_nothing(lab: Lab) -> None:
    lab.confirm = lambda: False
    assert str(lab.stops()) == "Nothing was changed."
    assert lab.changes == []


def test_what_was_deployed_by_hand_is_replaced(lab: Lab) -> None:
    lab.deploy()
    service = lab.cloud.services["token-fn"]
    service.tags.clear()

    assert "token_fn" in lab.status()
    assert "not deployed by deploy.sh" in lab.status()
    lab.deploy()

    assert "not deployed by deploy.sh" not in lab.status()


def test_a_rollback_gives_the_traffic_back_and_a_second_one_undoes_it(lab: Lab) -> None:
    lab.deploy()
    old = lab.serving()
    lab.edit("shared", "ANOTHER = 1")
    lab.deploy()
    new = lab.serving()
    assert all(new[folder] != old[folder] for folder in FOLDERS)

    lab.rollback()
    assert lab.serving() == old
    lab.rollback()
    assert lab.serving() == new
    lab.rollback("token_fn")
    assert lab.serving() == new | {"token_fn": old["token_fn"]}


def test_a_rollback_leaves_alone_what_the_latest_release_left_alone(lab: Lab) -> None:
    lab.deploy()
    lab.edit("shared", "ANOTHER = 1")
    lab.deploy()
    lab.edit("token_fn", "ANOTHER = 2")
    before = lab.serving()
    lab.deploy()
    # deploy.sh does not know this traffic, as when an operator has split it by hand.
    alone = lab.commands("run", "services", "update-traffic", "status-fn")[-1]
    assert not [flag for flag in alone if flag.startswith("--to-")]

    lab.rollback()

    assert lab.serving() == before


# A rollback moves the traffic of each endpoint: that is all that it changes.
@pytest.mark.soak
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("nth", range(1, len(FOLDERS) + 1) if SOAK else (1, 4, len(FOLDERS)))
def test_a_rollback_that_fails_anywhere_changes_nothing_and_can_be_run_again(
    lab: Lab, when: str, nth: int
) -> None:
    lab.deploy()
    old = lab.serving()
    lab.edit("shared", "ANOTHER = 1")
    lab.deploy()
    before = lab.snapshot()
    left = nth

    def fail(what: str, now: str) -> None:
        nonlocal left
        left -= now == when
        if not left:
            left -= 1
            raise Refused("UNAVAILABLE")

    lab.fault = fail
    with pytest.raises(DeployError, match="UNAVAILABLE"):
        lab.rollback()
    assert lab.snapshot() == before

    lab.fault = lambda what, now: None
    lab.rollback()
    assert lab.serving() == old


def test_after_a_rollback_the_same_version_can_be_released_again(lab: Lab) -> None:
    lab.deploy()
    lab.edit("shared", "ANOTHER = 1")
    lab.deploy()
    new = lab.serving()
    lab.rollback()
    lab.changes.clear()

    lab.deploy()

    assert lab.serving() == new
    assert not [change for change in lab.changes if change.startswith("run deploy")]


def test_without_a_release_before_there_is_nothing_to_go_back_to(lab: Lab) -> None:
    lab.deploy()
    with pytest.raises(DeployError, match="nothing to go back to"):
        lab.rollback()


def test_the_status_tells_what_serves(lab: Lab) -> None:
    lab.cloud.apis.add("run.googleapis.com")
    assert lab.status().count("not deployed") == len(FOLDERS)
    lab.deploy()
    assert lab.status().count("this checkout") == len(FOLDERS)
    lab.edit("token_fn", "ANOTHER = 1")
    assert lab.status().count("other code") == 1


def test_the_scheduler_asks_the_function_every_minute_as_an_account_without_rights(
    lab: Lab,
) -> None:
    lab.settings["PUBLIC_BASE_URL"] = ""
    lab.deploy()

    uri = f"https://reconcile-fn-{NUMBER}.{REGION}.run.app/api/twilio/reconcile"
    account = f"henk-scheduler@{PROJECT}.iam.gserviceaccount.com"
    assert list(lab.cloud.jobs) == ["reconcile-fn", "recording-fn", "reports-fn"]
    job = lab.cloud.jobs["reconcile-fn"]
    assert (job["schedule"], job["state"]) == ("* * * * *", "ENABLED")
    assert job["httpTarget"] == {
        "uri": uri,
        "httpMethod": "POST",
        "oidcToken": {"serviceAccountEmail": account, "audience": uri},
    }
    function = lab.cloud.revision_at("reconcile-fn")
    assert function is not None
    assert function.variables["SCHEDULER_AUDIENCE"] == uri
    assert function.variables["SCHEDULER_SERVICE_ACCOUNT"] == account
    assert f"serviceAccount:{account}" not in str(lab.cloud.policy)
    assert all(account not in str(secret.readers) for secret in lab.cloud.secrets.values())
    # The scheduler asks it only when it serves.
    traffic, scheduled = order(lab, "run deploy reconcile-fn", "scheduler jobs create http")
    assert traffic < scheduled

    lab.cloud.changes.clear()
    lab.deploy()
    assert lab.commands("scheduler") == []


def test_a_job_that_somebody_changed_is_corrected(lab: Lab) -> None:
    lab.deploy()
    before = dict(lab.cloud.jobs["reconcile-fn"])
    lab.cloud.jobs["reconcile-fn"] = before | {"schedule": "0 * * * *"}

    lab.deploy()

    assert lab.cloud.jobs["reconcile-fn"] == before
    assert len(lab.commands("scheduler", "jobs", "update", "http")) == 1


def test_a_job_that_somebody_paused_stays_paused_and_is_named(lab: Lab) -> None:
    lab.deploy()
    lab.cloud.jobs["reconcile-fn"]["state"] = "PAUSED"

    lab.deploy()

    assert lab.cloud.jobs["reconcile-fn"]["state"] == "PAUSED"
    (left,) = lab.left
    assert "gcloud scheduler jobs resume reconcile-fn" in left


def test_a_rollback_leaves_the_scheduler_as_it_is(lab: Lab) -> None:
    lab.deploy()
    lab.edit("shared", "ANOTHER = 1")
    lab.deploy()
    jobs = dict(lab.cloud.jobs)

    lab.rollback()

    assert lab.cloud.jobs == jobs


def test_without_the_function_there_is_nothing_to_schedule(lab: Lab) -> None:
    lab.deploy("token_fn", "twiml_fn", "status_fn")

    assert lab.cloud.jobs == {}
    assert not any("henk-scheduler" in account for account in lab.cloud.service_accounts)
