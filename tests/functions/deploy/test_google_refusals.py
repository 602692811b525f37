"""What an organisation or a region forbids is named, with what to do, and is not waited for."""

from __future__ import annotations

import pytest

from functions.deploy.google_refusals import advice
from tests.functions.deploy.lab import Lab


def test_an_organisation_that_requires_the_invoker_check_is_named(lab: Lab) -> None:
    lab.cloud.requires_invoker_check = True

    stopped = lab.stops()

    assert "constraints/run.managed.requireInvokerIam" in str(stopped)
    assert "Your organisation forbids functions without Google's invoker check" in stopped.fix
    assert "docs/hosting.md" in stopped.fix
    assert lab.waited == 0
    lab.cloud.requires_invoker_check = False
    lab.deploy()
    assert all(lab.serving().values())


def test_a_region_without_builds_is_named(lab: Lab) -> None:
    lab.cloud.builds_here = False

    stopped = lab.stops()

    assert "Set GOOGLE_CLOUD_REGION" in stopped.fix
    assert "europe-west1" in stopped.fix
    assert lab.waited == 0


@pytest.mark.parametrize(
    ("said", "names"),
    [
        (
            "FAILED_PRECONDITION: 'us-east1' violates constraint"
            " 'constraints/gcp.resourceLocations' on the resource 'projects/1'",
            "constraints/gcp.resourceLocations",
        ),
        (
            "FAILED_PRECONDITION: Service account creation is not allowed on this project."
            " violations: constraints/iam.disableServiceAccountCreation",
            "constraints/iam.disableServiceAccountCreation",
        ),
        ("Operation denied by custom org policy: customConstraints/custom.noRun", "custom.noRun"),
        (
            "FAILED_PRECONDITION: Billing account for project '123' is not found. Billing must be"
            " enabled for activation of service(s)",
            "no billing account",
        ),
        ("reason: BILLING_DISABLED", "no billing account"),
        ("RESOURCE_EXHAUSTED: Quota exceeded for quota metric 'Concurrent Builds'", "no quota"),
        ("cannot run builds in this region", "GOOGLE_CLOUD_REGION"),
    ],
)
def test_other_rules_are_named_too(said: str, names: str) -> None:
    assert names in (advice(said) or "")


@pytest.mark.parametrize(
    "said",
    [
        "The user-provided container failed to start and listen on the port",
        "PERMISSION_DENIED: Permission 'run.services.update' denied on resource",
        "Build failed; check build logs for details",
    ],
)
def test_other_failures_are_no_rule(said: str) -> None:
    assert advice(said) is None
