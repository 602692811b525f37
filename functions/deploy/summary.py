"""What a deployment says before its first change and at its end: text of one or more lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from functions.bundle import Endpoint
from functions.deploy.plan import Action, SecretPlan, Target
from functions.setup.addresses import build_address, short_name
from functions.setup.google_project import Job, Project, Service
from functions.setup.twiml_app import NAME, App, Webhooks

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
    """What this run will do."""
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
        said = f"{NAME!r} will be made, to ask {webhooks.voice_url}"
    elif app.webhooks == webhooks:
        said = f"{app.sid} unchanged"
    else:
        before = f", not {app.webhooks.voice_url}" if app.webhooks.voice_url else ""
        said = f"{app.sid} will ask {webhooks.voice_url}{before}"
    lines.append(_line("TwiML App", said))
    lines.append(
        _line(
            "scheduler",
            ", ".join(f"{name} will ask {job.uri}" for name, job in jobs.items()) or "unchanged",
        )
    )
    return "\n".join([*lines, ""])


def result(
    wanted: Sequence[Target], base_url: str, page: str, app: App, jwt_days: int | None
) -> str:
    """What serves now, where (``page``: the page's address), and for how many days its JWTs are
    still valid, if it needs JWTs."""
    changed = [target for target in wanted if target.action is not Action.KEEP]
    lines = [
        f"\nWith a new version: {len(changed)} of {len(wanted)} endpoints."
        if changed
        else "\nEvery endpoint serves this version already."
    ]
    lines += [
        _line(
            target.endpoint.folder,
            f"{target.version}  {_address(target.endpoint, base_url, page)}".rstrip(),
        )
        for target in wanted
    ]
    lines.append(_line("TwiML App", app.sid))
    if jwt_days is not None:
        lines.append(_line("JWTs", f"valid for {jwt_days} days; deploy again before they expire"))
    return "\n".join(lines)


def _address(endpoint: Endpoint, base_url: str, page: str) -> str:
    if endpoint.is_page:
        return page
    return build_address(base_url, short_name(endpoint)) if endpoint.has_public_address else ""


def status(endpoint: Endpoint, service: Service | None, code: str) -> str:
    """Which version of this endpoint serves, compared with ``code``, the checkout's version."""
    if service is None:
        return _line(endpoint.folder, "not deployed")
    version = service.version
    same = version is not None and version.partition("-")[0] == code
    deployed = version or "not deployed by deploy.sh"
    before = service.previous and service.version_of(service.previous)
    return "\n".join(
        (
            _line(
                endpoint.folder,
                f"{deployed}  {'this checkout' if same else 'other code'},"
                f" {f'before it {before}' if before else 'no rollback'}",
            ),
            _line("", service.url),
        )
    )


def _line(label: str, text: str) -> str:
    return f"  {label:14} {text}"
