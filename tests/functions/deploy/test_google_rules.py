"""What Google asks of a project, of names and of gcloud itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from functions import bundle
from functions.deploy import plan
from functions.doctor import google_cloud
from functions.doctor.google_cloud import Unknown
from functions.doctor.inputs import Inputs
from functions.setup import gcloud, google_project
from functions.setup.addresses import service_name
from functions.setup.google_project import tag_of
from functions.setup.settings import Operator
from functions.setup.shell import Command, CommandFailed
from tests.functions.deploy.google_cloud import CI, NUMBER, PROJECT
from tests.functions.deploy.lab import SETTINGS, Lab

RESOURCE_MANAGER = "cloudresourcemanager.googleapis.com"


def test_a_service_account_deploys_in_a_new_project(lab: Lab) -> None:
    """It may read the project's policy only after the API that tells it is enabled."""
    lab.cloud.account = CI
    assert RESOURCE_MANAGER not in lab.cloud.apis
    # Somebody has used the project for other things.
    lab.cloud.apis.add("iam.googleapis.com")

    lab.deploy()

    assert RESOURCE_MANAGER in lab.cloud.apis
    assert all(lab.serving().values())
    assert f"{NUMBER}." in str(lab.cloud.jobs)
    lab.changes.clear()
    lab.deploy()
    assert lab.changes == []


def test_the_api_that_service_accounts_need_is_one_of_ours() -> None:
    assert RESOURCE_MANAGER in google_project.APIS


@pytest.mark.parametrize(
    "said",
    [
        f"API [{RESOURCE_MANAGER}] not enabled on project [{NUMBER}]. Would you like to enable and"
        " retry (this will take a few minutes)? (y/N)?",
        "ERROR: (gcloud.projects.describe) PERMISSION_DENIED: Cloud Resource Manager API has not"
        f" been used in project {NUMBER} before or it is disabled. Enable it by visiting"
        f" https://console.developers.google.com/apis/api/{RESOURCE_MANAGER}/overview then retry.\n"
        f"    service: {RESOURCE_MANAGER}\n  reason: SERVICE_DISABLED",
    ],
)
def test_the_doctor_knows_the_message_of_an_api_that_is_not_enabled(
    monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    def refuse(run: object, project: str, timeout: float) -> str:
        raise CommandFailed(Command(("gcloud",)), 1, said)

    monkeypatch.setattr(gcloud, "project_number", refuse)
    with pytest.raises(Unknown) as unknown:
        google_cloud.project_number(PROJECT)
    assert str(unknown.value).startswith(f"{RESOURCE_MANAGER} is not enabled in {PROJECT}")
    assert f"gcloud services enable {RESOURCE_MANAGER} --project={PROJECT}" in unknown.value.fix
    assert "./deploy.sh" in unknown.value.fix


@pytest.mark.parametrize("endpoint", bundle.endpoints(), ids=lambda endpoint: endpoint.folder)
def test_tag_and_service_name_have_46_characters_together(endpoint: bundle.Endpoint) -> None:
    version = f"{'0' * 12}-{'0' * 6}"
    assert len(tag_of(version)) + len(service_name(endpoint)) <= 46


def test_the_model_refuses_a_longer_tag(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "tag_of", lambda version: f"v-{version}-{'0' * 20}")
    assert "46 characters" in str(lab.stops("reconcile_fn"))


@pytest.mark.parametrize(
    ("version", "works"),
    [("510.0.0", False), ("99.0.0", False), ("511.0.0", True), ("612.1", True)],
)
def test_a_gcloud_that_lacks_flags_stops_before_anything_is_changed(
    lab: Lab, version: str, works: bool
) -> None:
    lab.cloud.version = version
    if works:
        lab.deploy()
    else:
        stopped = lab.stops()
        assert str(stopped) == f"gcloud {version} is too old: deploy.sh needs version 511 or newer."
        assert "gcloud components update" in stopped.fix
        assert lab.changes == []


@pytest.mark.parametrize("printed", ["", "Google Cloud SDK 578", "{}", "[]", '{"core": "1"}'])
def test_a_version_that_cannot_be_read_passes(printed: str) -> None:
    gcloud.require_version(lambda command: printed)


def test_the_guide_names_the_oldest_gcloud_and_the_role_for_logs() -> None:
    guide = (bundle.ROOT / "docs" / "setup.md").read_text("utf-8")
    assert f"{gcloud.OLDEST} or newer" in guide
    assert "roles/logging.viewer" in guide


def test_the_doctor_finds_a_gcloud_that_is_too_old(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "gcloud"
    program.write_text(
        '#!/bin/sh\n[ "$1" = version ] && echo \'{"Google Cloud SDK": "480.0.0"}\' || echo 12\n',
        encoding="utf-8",
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    found = list(google_cloud.look(Inputs(Operator.load(tmp_path / "none", SETTINGS))))
    assert [finding.status for finding in found] == ["fail", "pass"]
    assert "480.0.0 is too old" in found[0].detail
