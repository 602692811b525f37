"""A deployment that fails anywhere leaves the old version serving, says what to do, and is finished
by running it again."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from functions.deploy.steps import DeployError
from tests.functions.deploy import lab as labs
from tests.functions.deploy.google_cloud import REGION, Refused
from tests.functions.deploy.lab import Lab
from tests.soak import SOAK

# The endpoints that the smaller release changes.
EDITED = {"twiml_fn", "status_fn"}


@dataclass
class FailsAt:
    """Lets one change fail: before it has done anything, or when its answer is lost."""

    position: int
    when: str
    error: Callable[[str], BaseException]
    seen: int = 0

    def __call__(self, what: str, when: str) -> None:
        if when == self.when:
            self.seen += 1
            if self.seen == self.position + 1:
                raise self.error(what)


def refusal(what: str) -> BaseException:
    if what.startswith("Twilio"):
        return requests.ConnectionError("connection reset")
    return Refused("the network went away")


def interrupt(what: str) -> BaseException:
    return KeyboardInterrupt()


def first(lab: Lab) -> None:
    """Nothing is there yet."""


def everything_changed(lab: Lab) -> None:
    """A release that has to do something in every step that a second one can have."""
    migrations = sorted((lab.checkout / "supabase" / "migrations").glob("*.sql"))
    kept = migrations.pop()
    kept.rename(kept.with_suffix(".later"))
    lab.deploy()
    kept.with_suffix(".later").rename(kept)
    lab.edit("shared", "ANOTHER = 1")
    lab.settings["TWILIO_AUTH_TOKEN_NEXT"] = "98f6bcd4621d373cade4e832627b4f6a"
    lab.settings["TWILIO_API_KEY_SECRET"] = "a-new-secret-of-the-same-key"
    lab.settings["PUBLIC_BASE_URL"] = lab.cloud.base_url + "/{name}-fn"
    lab.changes.clear()


def one_changed(lab: Lab) -> None:
    """A release that leaves endpoints alone which the one before it changed."""
    lab.deploy()
    lab.edit("shared", "ANOTHER = 1")
    lab.deploy()
    for folder in EDITED:
        lab.edit(folder, "ANOTHER = 2")
    lab.changes.clear()


def undoing(lab: Lab) -> dict[str, str | None]:
    """What a rollback would give the traffic to."""
    return {name: service.tags.get("previous") for name, service in lab.cloud.services.items()}


def changes_of(begun: Lab, directory: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lab = labs.twin(begun, directory, monkeypatch)
    lab.deploy()
    return lab.changes


def tried(changes: Sequence[str], part: float) -> Sequence[int]:
    """The positions at which changes fail: all in the full form. In the short form one of each
    kind, which are the first two words; ``part`` 0.0 is the first of the kind, 1.0 the last."""
    kinds: dict[str, list[int]] = {}
    for position, change in enumerate(changes):
        kinds.setdefault(" ".join(change.split()[:2]), []).append(position)
    if SOAK:
        return range(len(changes))
    return sorted(of_kind[int(part * (len(of_kind) - 1))] for of_kind in kinds.values())


@pytest.mark.soak
@pytest.mark.parametrize(
    ("scene", "when", "error", "part"),
    [
        (first, "before", refusal, 0.5),
        (first, "after", refusal, 1.0),
        (everything_changed, "before", refusal, 0.0),
        (everything_changed, "after", refusal, 0.5),
        (everything_changed, "after", interrupt, 1.0),
        (one_changed, "before", refusal, 1.0),
        (one_changed, "after", refusal, 0.5),
        (one_changed, "before", interrupt, 0.0),
    ],
)
def test_after_a_failure_at_any_change_the_old_version_serves_and_a_rerun_finishes(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    scene: Callable[[Lab], None],
    when: str,
    error: Callable[[str], BaseException],
    part: float,
) -> None:
    begun = labs.lab(tmp_path / "begun", monkeypatch)
    scene(begun)
    changes = changes_of(begun, tmp_path / "whole", monkeypatch)
    assert len(changes) > 4
    for position in tried(changes, part):
        lab = labs.twin(begun, tmp_path / str(position), monkeypatch)
        old, before = lab.serving(), undoing(lab)
        lab.fault = FailsAt(position, when, error)

        with pytest.raises((DeployError, KeyboardInterrupt)) as stopped:
            lab.deploy()

        failed = lab.changes[position]
        is_told_last = failed.startswith("Twilio POST AP") and "Applications" not in failed
        serving = lab.serving()
        if is_told_last:
            # Everything new serves; only Twilio asks at the old address, which is the same service.
            assert all(serving.values())
        elif any(old.values()):
            assert serving == old, failed
            assert undoing(lab) == before, failed
        if isinstance(stopped.value, DeployError):
            # It names the command that failed, marks the step, and says what to do.
            command = "Twilio" if failed.startswith("Twilio") else failed
            assert command in str(stopped.value), failed
            assert lab.output.count("✗") == 1, failed
            assert "./deploy.sh" in stopped.value.fix or "same command" in stopped.value.fix, failed

        lab.fault = lambda what, when: None
        lab.deploy()
        new = lab.serving()
        assert lab.pending() == [], failed
        assert all(new.values()), failed
        changed = EDITED if scene is one_changed else new.keys()
        assert {folder for folder in new if new[folder] != old[folder]} == changed, failed
        assert len({app["voice_url"] for app in lab.twilio.apps.values()}) == 1, failed
        lab.changes.clear()
        lab.deploy()
        assert lab.changes == [], failed
        if any(old.values()):
            # If one run begins a release and another finishes it, it is still one release.
            lab.rollback()
            assert lab.serving() == old, failed


def test_pressing_ctrl_c_again_does_not_stop_it_halfway_back(lab: Lab) -> None:
    everything_changed(lab)
    old = lab.serving()
    moves = 0

    def interrupt_traffic(what: str, when: str) -> None:
        nonlocal moves
        moves += what.startswith("run services update-traffic") and when == "after"
        if moves >= 2 and when == "after":
            os.kill(os.getpid(), signal.SIGINT)

    lab.fault = interrupt_traffic
    with pytest.raises(KeyboardInterrupt):
        lab.deploy()
    assert moves > 3
    assert lab.serving() == old


def test_traffic_that_cannot_be_given_back_is_left_with_the_command_to_type(lab: Lab) -> None:
    lab.deploy()
    lab.edit("shared", "ANOTHER = 1")
    old = lab.cloud.services["token-fn"].serving
    moves = 0

    def go_away(what: str, when: str) -> None:
        nonlocal moves
        moves += what.startswith("run services update-traffic") and when == "before"
        if moves > 1:
            raise Refused("the network went away")

    lab.fault = go_away
    lab.stops()

    (token,) = [left for left in lab.left if "token_fn" in left]
    assert f"gcloud run services update-traffic token-fn --region={REGION}" in token
    assert f"--to-revisions={old}=100" in token


def test_a_first_version_that_does_not_start_is_followed_by_one_that_does(lab: Lab) -> None:
    lab.cloud.starts = lambda revision: "token" not in revision.name
    stopped = lab.stops()
    assert "failed to start and listen" in str(stopped)
    assert "gcloud run services logs read token-fn" in stopped.fix
    # Nobody was told about the versions that started.
    assert not any(app["voice_url"] for app in lab.twilio.apps.values())
    lab.cloud.starts = lambda revision: True

    lab.deploy()

    assert all(lab.serving().values())


@pytest.mark.parametrize("command", ["status", "rollback", "deploy"])
@pytest.mark.parametrize(
    ("said", "problem", "fix"),
    [
        (
            "(gcloud.run.services.list) You do not currently have an active account selected.",
            "gcloud is not signed in",
            "Sign in: gcloud auth login. Nothing was changed.",
        ),
        (
            "Reauthentication failed. cannot prompt during non-interactive execution.",
            "gcloud is not signed in, or wants that you sign in again",
            "Sign in: gcloud auth login. Nothing was changed.",
        ),
        (
            "There was a problem refreshing your current auth tokens: Failed to resolve"
            " 'oauth2.googleapis.com'. Please run: $ gcloud auth login",
            "gcloud does not reach Google",
            "Let this machine reach Google (DNS, proxy, firewall): signing in does not",
        ),
        (
            "There was a problem refreshing your current auth tokens: HTTPSConnectionPool: Max"
            " retries exceeded with url: /token (Caused by ProxyError('Unable to connect to"
            " proxy')). Please run: $ gcloud auth login",
            "gcloud does not reach Google",
            "Let this machine reach Google (DNS, proxy, firewall): signing in does not",
        ),
    ],
    ids=["signed-out", "expired", "no-network", "proxy"],
)
def test_whoever_is_not_signed_in_is_told_so_by_every_command(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, command: str, said: str, problem: str, fix: str
) -> None:
    def refuse(argv: Sequence[str], stdin: str = "") -> str:
        if "list" in argv and "auth" not in argv:
            raise Refused(said)
        return usual(argv, stdin)

    lab.deploy()
    usual = lab.cloud.gcloud
    monkeypatch.setattr(lab.cloud, "gcloud", refuse)
    with pytest.raises(DeployError, match=problem) as error:
        getattr(lab, command)()
    assert error.value.fix.startswith(fix)
