"""What Google forbids by a rule of the organisation or of the project, and what to do about it.
Waiting does not help against such a rule.

https://cloud.google.com/resource-manager/docs/organization-policy/org-policy-constraints
"""

from __future__ import annotations

import re

# https://cloud.google.com/run/docs/securing/managing-access#invoker_check
_INVOKER_CHECK = "run.managed.requireInvokerIam"
# Where a project may build whose use of Cloud Build is restricted:
# https://cloud.google.com/build/docs/locations#restricted_regions_for_some_projects
BUILD_REGIONS = (
    "us-central1",
    "us-west2",
    "europe-west1",
    "asia-east1",
    "australia-southeast1",
    "southamerica-east1",
)
_NO_BUILDS = re.compile(
    r"cannot run builds in this region|quota restrictions|build\w*[^.]{0,80}quota"
    r"|quota[^.]{0,80}build",
    re.IGNORECASE,
)
_NO_BILLING = re.compile(r"BILLING_DISABLED|billing (account|to be enabled|must be)", re.IGNORECASE)
_POLICY = re.compile(r"(?:constraints/|customConstraints/)([\w.]+)")


def advice(said: str) -> str | None:
    """What to do about a rule that forbids something. None if ``said`` names no such rule."""
    said = " ".join(said.split())
    policy = _POLICY.search(said)
    if policy and policy[1] == _INVOKER_CHECK:
        return (
            "Your organisation forbids functions without Google's invoker check. Twilio and"
            " browsers cannot pass that check, and the functions check every caller themselves. Ask"
            " an administrator of the organisation to switch off, for this project, the policy"
            f" constraints/{_INVOKER_CHECK} (Google Cloud console, IAM → Organization policies),"
            " and run ./deploy.sh again. Otherwise take a project outside the organisation, or host"
            " the functions elsewhere: docs/hosting.md."
        )
    if policy:
        return (
            f"Your organisation forbids this by the policy {policy[0]}. Ask an administrator of the"
            " organisation for an exception for this project (Google Cloud console, IAM →"
            " Organization policies), and run ./deploy.sh again."
        )
    if _NO_BUILDS.search(said):
        return (
            "Google has no quota for this project's builds in this region. Set GOOGLE_CLOUD_REGION"
            f" to a region where every project may build ({', '.join(BUILD_REGIONS)}), or ask for"
            " quota (Google Cloud console, IAM → Quotas, Cloud Build API). Then run ./deploy.sh"
            " again."
        )
    if _NO_BILLING.search(said):
        return (
            "The project has no billing account. Link one (Google Cloud console, Billing), and run"
            " ./deploy.sh again."
        )
    return None
