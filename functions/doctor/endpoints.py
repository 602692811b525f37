"""The functions at their public addresses: whether they refuse what they must, and accept a signed
webhook."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from twilio.request_validator import RequestValidator

from functions.bundle import Endpoint
from functions.doctor import network, smoke
from functions.doctor.check import Finding, failed, passed, skipped
from functions.doctor.inputs import Inputs
from functions.doctor.network import TIMEOUT_SECONDS
from functions.setup import proxies
from functions.setup.addresses import build_address, short_name
from functions.setup.gcloud import read_logs

_NOT_KNOWN = "Not examined: it is not known where the functions are, see google_cloud"


def answers(endpoint: Endpoint, inputs: Inputs) -> Iterator[Finding]:
    """Whether an endpoint refuses what it must."""
    base_url = inputs.base_url()
    if base_url is None:
        yield skipped(endpoint.folder, _NOT_KNOWN)
        return
    if inputs.deploys and inputs.operator.public_base_url and not endpoint.has_public_address:
        yield skipped(endpoint.folder, "Not at PUBLIC_BASE_URL: deploy.sh tests its own address")
        return
    url = build_address(base_url, short_name(endpoint))
    try:
        smoke.check(endpoint, url, None)
    except smoke.SmokeTestFailed as error:
        # What fails alike at several endpoints of one host has one cause.
        server, fix = urlsplit(url).netloc, _fix(inputs, endpoint)
        if error.__cause__:
            yield network.outage(error.__cause__, fix, cause=f"functions at {server}")
        else:
            yield failed(url, str(error), fix, cause=f"{server} answers {error.found}")
    else:
        yield passed(url, f"{endpoint.folder} answers at {url}")


def _fix(inputs: Inputs, endpoint: Endpoint) -> str:
    operator = inputs.operator
    parts = []
    if operator.public_base_url:
        parts.append("PUBLIC_BASE_URL must lead to the functions, each path to its function")
    if inputs.deploys:
        parts += [
            "./deploy.sh --status shows what serves",
            f"{read_logs(endpoint, operator.google_project, operator.region).shown} what it wrote",
        ]
    else:
        parts.append("the function's log shows errors, and names a setting that is missing")
    return "; ".join(parts)


def takes_signature(inputs: Inputs) -> Iterator[Finding]:
    """Whether twiml accepts a webhook that is signed with the operator's auth token and over the
    public address. The webhook is the Voice SDK's preflight test, which writes nothing."""
    base_url = inputs.base_url()
    if base_url is None:
        yield skipped("", _NOT_KNOWN)
        return
    url = build_address(base_url, "twiml")
    twilio = inputs.operator.twilio
    form = {"AccountSid": twilio.account_sid, "From": "client:doctor", "Direction": "inbound"}
    signature = RequestValidator(twilio.auth_token).compute_signature(url, form)
    with proxies.client(url, timeout=TIMEOUT_SECONDS) as client:
        answer = client.post(url, data=form, headers={"X-Twilio-Signature": signature})
    if answer.status_code == 200 and "<Say" in answer.text:
        yield passed(url, "twiml accepts what TWILIO_AUTH_TOKEN signs over its public address")
    elif answer.status_code == 403 and "invalid_signature" in answer.text:
        yield failed(
            url,
            f"{url} refuses a webhook signed with TWILIO_AUTH_TOKEN",
            "The function has another TWILIO_AUTH_TOKEN, TWILIO_ACCOUNT_SID or PUBLIC_BASE_URL"
            " than .env: run ./deploy.sh. A proxy in front of it must not change the query",
            because=("twilio_credentials",),
        )
    else:
        yield failed(
            url,
            f"{url} answers {answer.status_code} to a signed preflight test, not 200 and words",
            "See functions: another service may answer there. If not, the function's log says more",
            because=("functions",),
        )
