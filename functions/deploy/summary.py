"""What a deployment says before and after: plain text of one or more lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from functions.bundle import Endpoint
from functions.deploy.cloud import Job, Project, Service
from functions.deploy.plan import Action, SecretPlan, Target, address
from functions.deploy.settings import short_name
from functions.deploy.twiml_app import NAME, App, Webhooks

DRY_RUN = "\nNothing was changed: this was a dry run."


def plan(
    project: Project,
    pending: Sequence[str],
    secrets: Mapping[str, SecretPlan],
    wanted: Sequence[Target],
    app: App | None,
    webhooks: Webhooks,
    jobs: Mapping[str, Job],
) -> str:
    """What is to be done."""
    new = [f"{secret.name} ({secret.number})" for secret in secrets.values() if secret.is_new]
    lines = [
        f"\nProject {project.id}, {project.region}, as {project.account}:",
        _line("migrations", f"{len(pending)} to apply:" if pending else "none to apply"),
        *(_line("", name) for name in pending),
        _line("secrets", ", ".join(new) or "unchanged"),
    ]
    lines += [
        _line(target.endpoint.folder, f"{target.version}  {target.action.value}")
        for target in wanted
    ]
    if app is None:
        said = f"{NAME!r} to be created, asking {webhooks.voice_url}"
    elif app.webhooks == webhooks:
        said = f"{app.sid} unchanged"
    else:
        said = f"{app.sid} to ask {webhooks.voice_url}, not {app.webhooks.voice_url or 'nobody'}"
    lines.append(_line("TwiML App", said))
    lines.append(
        _line(
            "scheduler",
            ", ".join(f"{name} to ask {job.uri}" for name, job in jobs.items()) or "unchanged",
        )
    )
    return "\n".join([*lines, ""])


def result(wanted: Sequence[Target], base_url: str, app: App, jwt_days: int | None) -> str:
    """What serves now, and for how many more days the JWTs let it, if it needs any."""
    changed = [target for target in wanted if target.action is not Action.KEEP]
    lines = [
        f"\nWith a new version: {len(changed)} of {len(wanted)} endpoints."
        if changed
        else "\nEvery endpoint serves this version already."
    ]
    lines += [
        _line(
            target.endpoint.folder,
            f"{target.version}  {address(base_url, short_name(target.endpoint))}"
            if target.endpoint.has_public_address
            else target.version,
        )
        for target in wanted
    ]
    lines.append(_line("TwiML App", app.sid))
    if jwt_days is not None:
        lines.append(_line("JWTs", f"good for {jwt_days} days; deploy again before that"))
    return "\n".join(lines)


def status(endpoint: Endpoint, service: Service | None, code: str) -> str:
    """What serves as this endpoint, beside the version that the checkout's code has."""
    if service is None:
        return _line(endpoint.folder, "not deployed")
    version = service.version
    same = version is not None and version.partition("-")[0] == code
    before = service.previous and service.version_of(service.previous)
    return "\n".join(
        (
            _line(
                endpoint.folder,
                f"{version or 'not by this script'}  {'this checkout' if same else 'another code'},"
                f" {f'before it {before}' if before else 'no rollback'}",
            ),
            _line("", service.url),
        )
    )


def _line(label: str, text: str) -> str:
    return f"  {label:14} {text}"
