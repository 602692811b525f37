"""The names of endpoints, and where they are reached."""

from __future__ import annotations

from functions.bundle import Endpoint
from shared.webhook_addresses import STATUS_OVERRIDES, VOICE_OVERRIDES, build_address

__all__ = [
    "STATUS_OVERRIDES",
    "VOICE_OVERRIDES",
    "build_address",
    "cloud_run_base_url",
    "service_name",
    "short_name",
]

_PATH = "/api/twilio"


def service_name(endpoint: Endpoint) -> str:
    """The name of an endpoint's Cloud Run service and of its service account:
    token_fn → token-fn."""
    return endpoint.folder.replace("_", "-")


def short_name(endpoint: Endpoint) -> str:
    """The last part of an endpoint's path: its name under PUBLIC_BASE_URL."""
    return endpoint.path.rpartition("/")[2]


def cloud_run_base_url(project_number: str, region: str) -> str:
    """The address that Cloud Run gives each endpoint, with ``{name}`` for its short name:
    https://cloud.google.com/run/docs/triggering/https-request#deterministic"""
    return f"https://{{name}}-fn-{project_number}.{region}.run.app{_PATH}"
