"""What a deployment does for an installation of one's own: the page, whose origins may call, and
who may make a business."""

from __future__ import annotations

import re
import shutil

import pytest

from functions import bundle
from functions.bundle import ROOT
from functions.setup.settings import Creation
from shared import settings
from tests.functions.deploy.google_cloud import NUMBER, REGION
from tests.functions.deploy.lab import Lab

PAGE = f"https://page-fn-{NUMBER}.{REGION}.run.app"


@pytest.fixture
def with_page(lab: Lab) -> Lab:
    """A lab that deploys one endpoint and the page."""
    lab.bundle = [each for each in bundle.services() if each.folder in ("token_fn", "page_fn")]
    ignored = shutil.ignore_patterns("*.test.js")
    shutil.copytree(ROOT / "web", lab.checkout / "web", ignore=ignored)
    (lab.checkout / "node_modules").symlink_to(ROOT / "node_modules")
    return lab


def variables(lab: Lab, service: str) -> dict[str, str]:
    revision = lab.cloud.revision_at(service)
    assert revision is not None
    return dict(revision.variables)


def test_after_one_deployment_there_is_a_page_that_may_call(with_page: Lab) -> None:
    lab = with_page
    lab.settings["HENK_HIDDEN_VIEWS"] = "campaigns,reports"
    said = lab.deploy()

    assert re.search(rf"^  page_fn +\S+  {re.escape(PAGE)}$", said, re.M)
    assert [left for left in lab.left if PAGE in left and "make owner" in left]
    origins = set(variables(lab, "token-fn")["ALLOWED_ORIGINS"].split(","))
    assert origins == {*settings.ALLOWED_ORIGINS, PAGE}
    page = variables(lab, "page-fn")
    assert page["HENK_HIDDEN_VIEWS"] == "campaigns,reports"
    assert page["PUBLIC_BASE_URL"].startswith("https://{name}-fn-")
    revision = lab.cloud.revision_at("page-fn")
    assert revision is not None
    assert not revision.secrets
    lab.changes.clear()
    lab.deploy()
    assert lab.changes == []

    with (lab.checkout / "web" / "app" / "main.js").open("a", encoding="utf-8") as file:
        file.write("\n")
    lab.deploy()
    assert lab.changes[0].startswith("run deploy page-fn")


def test_with_origins_of_ones_own_no_others_may_call(with_page: Lab) -> None:
    lab = with_page
    lab.settings["ALLOWED_ORIGINS"] = " https://calls.example.com , https://b.example.com"
    lab.deploy()
    assert variables(lab, "token-fn")["ALLOWED_ORIGINS"] == (
        "https://b.example.com,https://calls.example.com"
    )
    assert [left for left in lab.left if f"Nobody can call from {PAGE}" in left]


def test_a_view_that_the_page_does_not_have_stops_it(lab: Lab) -> None:
    lab.settings["HENK_HIDDEN_VIEWS"] = "reports,colours"
    with pytest.raises(settings.ConfigurationError, match="names colours"):
        lab.deploy()


def test_who_may_make_a_business_is_written_after_the_migrations(lab: Lab) -> None:
    lab.settings["BUSINESS_CREATION"] = "invited"
    lab.settings["BUSINESS_FOUNDERS"] = "a@henk.test, b@henk.test"
    lab.deploy()
    assert lab.creations == [Creation("invited", ("a@henk.test", "b@henk.test"))]
    assert lab.changes.index("who may make a business") > lab.changes.index("supabase db push")


def test_without_the_setting_it_stays_as_it_is(lab: Lab) -> None:
    lab.deploy()
    assert lab.creations == []
