"""A version that does not start leaves its tag behind, and the next deployment is not stopped by
it."""

from __future__ import annotations

import pytest

from functions.setup.google_project import Service
from tests.functions.deploy.google_cloud import Refused
from tests.functions.deploy.lab import Lab


@pytest.fixture
def watched(lab: Lab) -> Lab:
    """A lab with one release, in which every endpoint serves from then on, whatever happens."""
    lab.deploy()
    old = lab.serving()
    lab.changes.clear()

    def watch(what: str, when: str) -> None:
        serving = lab.serving()
        assert all(serving.values())
        if not any("update-traffic" in change and "--to" in change for change in lab.changes):
            assert {name for name in old if serving[name] != old[name]} <= {"token_fn"}

    lab.fault = watch
    return lab


def broken_then_good(lab: Lab) -> None:
    """A version that does not start, then one that does."""
    lab.cloud.starts = lambda revision: "BROKEN" not in _code(revision.source)
    lab.edit("token_fn", "BROKEN = 1")
    assert "failed to start and listen" in str(lab.stops())
    main = lab.checkout / "token_fn" / "main.py"
    main.write_text(main.read_text("utf-8").replace("BROKEN = 1", "MENDED = 1"), "utf-8")


def _code(source: str) -> str:
    with open(f"{source}/main.py", encoding="utf-8") as file:
        return file.read()


def test_after_a_version_that_did_not_start_a_good_one_is_deployed(watched: Lab) -> None:
    before = watched.serving()
    broken_then_good(watched)
    assert watched.serving() == before

    watched.deploy()

    assert watched.serving()["token_fn"] != before["token_fn"]
    assert {**watched.serving(), "token_fn": ""} == {**before, "token_fn": ""}


def test_the_tag_of_a_version_that_did_not_start_is_removed_at_once(watched: Lab) -> None:
    before = watched.cloud.services["token-fn"].spec_tags.copy()
    broken_then_good(watched)
    assert watched.cloud.services["token-fn"].spec_tags == before
    assert watched.cloud.services["token-fn"].tags == before


def test_a_tag_that_an_interrupted_run_left_is_removed_before_the_next_deployment(
    watched: Lab,
) -> None:
    """Nobody removed it after the failure, because the network went away too."""

    def go_away(what: str, when: str) -> None:
        if what.startswith("run services update-traffic"):
            raise Refused("the network went away")

    before = watched.serving()
    watched.fault = go_away
    broken_then_good(watched)
    assert len(watched.cloud.services["token-fn"].spec_tags) == 2
    watched.fault = lambda what, when: None
    watched.changes.clear()

    said = watched.deploy()

    assert watched.serving()["token_fn"] != before["token_fn"]
    assert "which did not start" in said
    kinds = [change.split()[1] for change in watched.changes]
    assert kinds == ["services", "deploy", "services"]


def test_a_first_version_that_did_not_start_leaves_no_tag_either(lab: Lab) -> None:
    """gcloud reports a failure where no revision is ready, although the tag is gone."""
    lab.cloud.starts = lambda revision: "token" not in revision.name
    lab.stops()
    assert lab.cloud.services["token-fn"].spec_tags == {}
    lab.cloud.starts = lambda revision: True

    lab.deploy()

    assert all(lab.serving().values())


def test_the_tag_that_an_interrupted_first_version_left_stops_nothing(lab: Lab) -> None:
    """Before the next deployment it is removed, and gcloud reports a failure for that too, because
    no revision is ready."""

    def go_away(what: str, when: str) -> None:
        if what.startswith("run services update-traffic"):
            raise Refused("the network went away")

    lab.fault = go_away
    lab.cloud.starts = lambda revision: "token" not in revision.name
    lab.stops()
    assert lab.cloud.services["token-fn"].spec_tags
    lab.fault = lambda what, when: None
    lab.cloud.starts = lambda revision: True

    lab.deploy()

    assert all(lab.serving().values())


def test_spec_and_status_are_both_read() -> None:
    service = Service.read(
        {
            "metadata": {"name": "token-fn"},
            "spec": {
                "traffic": [
                    {"revisionName": "r1", "percent": 100},
                    {"revisionName": "r1", "tag": "v-one"},
                    {"revisionName": "r2", "tag": "v-two"},
                    {"revisionName": "r3", "tag": "previous"},
                    {"latestRevision": True, "tag": "latest"},
                ]
            },
            "status": {
                "url": "https://token.test",
                "traffic": [
                    {"revisionName": "r1", "percent": 100},
                    {"revisionName": "r1", "tag": "v-one", "url": ""},
                    {"revisionName": "r0", "tag": "previous", "url": ""},
                    {"revisionName": "r1", "tag": "latest", "url": ""},
                ],
            },
        }
    )
    assert service.stuck_tags == ["previous", "v-two"]
    assert service.tags == {"v-one": "r1", "previous": "r0", "latest": "r1"}
