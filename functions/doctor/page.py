"""The page that people call from: whether it is there, protected, and asks these servers."""

from __future__ import annotations

from collections.abc import Iterator

import httpx

from functions.doctor import network
from functions.doctor.check import Finding, failed, passed, skipped
from functions.doctor.inputs import Inputs
from functions.doctor.network import TIMEOUT_SECONDS
from functions.setup import proxies
from functions.setup.addresses import build_address

# What a host of static files may leave out, and what then can happen.
_PROTECTS = {
    "Content-Security-Policy": "frame-ancestors",
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age",
    "Permissions-Policy": "microphone=(self)",
}


def look(inputs: Inputs) -> Iterator[Finding]:
    """One finding for each address where the page can be."""
    operator = inputs.operator
    origins = sorted(operator.allowed_origins)
    base_url = inputs.base_url()
    if not origins and base_url and "{name}" in base_url and not operator.public_base_url:
        origins = [build_address(base_url, "page").split("/api/")[0]]
    if not origins:
        yield skipped(
            "", "Not examined: ALLOWED_ORIGINS is not set, so it is not known where the page is"
        )
        return
    for origin in origins:
        yield _look_at(inputs, origin, base_url)


def _look_at(inputs: Inputs, origin: str, base_url: str | None) -> Finding:
    fix = f"Deploy the page (./deploy.sh --only page_fn), or let {origin} lead to it"
    try:
        with proxies.client(origin, timeout=TIMEOUT_SECONDS) as client:
            page, config = client.get(f"{origin}/"), client.get(f"{origin}/config.json")
    except httpx.HTTPError as error:
        return network.outage(error, fix)
    if page.status_code != 200:
        return failed(origin, f"{origin} answers {page.status_code}, and not the page", fix)
    try:
        told = config.json()
        used = {name: str(told[name]).rstrip("/") for name in ("supabaseUrl", "functionsUrl")}
    except (ValueError, LookupError, TypeError):
        return passed(origin, f"{origin} has a page of its own, which is not examined")
    wanted = {"supabaseUrl": inputs.operator.supabase.url, "functionsUrl": base_url}
    for name, value in wanted.items():
        if value and used[name] != value.rstrip("/"):
            return failed(
                origin,
                f"The page at {origin} asks {used[name]}, and not {value}",
                "Pack it again with these settings: ./deploy.sh, or make page",
            )
    missing = [name for name, part in _PROTECTS.items() if part not in page.headers.get(name, "")]
    if missing:
        return failed(
            origin,
            f"The host of {origin} does not send {', '.join(missing)}",
            "Let it send the headers of the file _headers: docs/hosting.md, The page",
        )
    return passed(origin, f"The page is at {origin}, and asks these functions")
