"""New revisions: deployed without traffic, tested, and only then given the traffic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress

from functions.deploy.deployment import Deployment
from functions.deploy.plan import Action, Target
from functions.deploy.steps import DeployError
from functions.deploy.traffic import Move, clear_stuck_tags, forget_previous, move_all
from functions.doctor import smoke
from functions.setup.addresses import build_address, service_name, short_name
from functions.setup.google_project import Project, Service
from functions.setup.shell import CommandFailed

# A dry run shows this in place of the name that Cloud Run would give.
_NEW_REVISION = "REVISION"
_NOTICES_SIGNALS_SECONDS = 0.5


def deploy_new(deployment: Deployment, wanted: Sequence[Target]) -> None:
    """Deploys every new version. If an old one serves, the new one does not get traffic yet."""
    steps = deployment.steps
    new = [target for target in wanted if target.action is Action.DEPLOY]

    def deploy(target: Target) -> None:
        folder = deployment.checkout / "build" / target.endpoint.folder
        serves = bool(target.service and target.service.serving)
        if target.service:
            clear_stuck_tags(
                target.endpoint, target.service, steps, deployment.changes, deployment.reader
            )
        with steps.step(
            f"{target.endpoint.folder} {target.version} deployed"
            f"{', without traffic' if serves else ''}",
            "The old version goes on serving. If Google has built the new one,"
            f" `{deployment.reading_logs(target.endpoint)}` prints what it wrote, for an account"
            " with roles/logging.viewer. Google can take 7 minutes and more until it knows rights"
            " that were given just now. Then run ./deploy.sh again.",
        ):
            if not steps.dry_run:
                target.pack.write(folder)
            steps.change(
                deployment.changes.deploy(
                    target.endpoint,
                    folder,
                    target.tag,
                    target.variables,
                    target.secrets,
                    serves=serves,
                ),
                after_failure=lambda: _forget_failed(deployment, target),
            )

    # Builds take minutes and are independent. A dry run prints the commands one after the other.
    with ThreadPoolExecutor(1 if steps.dry_run else max(1, len(new))) as pool:
        under_way = [pool.submit(deploy, target) for target in new]
        # Python takes a thread for ended if Ctrl-C interrupts waiting for its end (bpo-45274), and
        # would exit while it writes. A signal that comes just before this thread waits does not
        # wake it, so it wakes by itself.
        while wait(under_way, _NOTICES_SIGNALS_SECONDS).not_done:
            pass
    for each in under_way:
        each.result()


def _forget_failed(deployment: Deployment, target: Target) -> None:
    """Removes the tag of a revision that did not start. If that fails too, the next deployment does
    it before it deploys."""
    with suppress(CommandFailed, DeployError):
        service = deployment.reader.services().get(service_name(target.endpoint))
        if service:
            clear_stuck_tags(
                target.endpoint,
                service,
                deployment.steps,
                deployment.changes,
                deployment.reader,
            )


def test_before_traffic(
    deployment: Deployment, wanted: Sequence[Target], project: Project
) -> Mapping[str, Service]:
    """The smoke test of what was deployed, before it gets traffic. Returns the services as they are
    now."""
    steps = deployment.steps
    if steps.dry_run or all(target.action is Action.KEEP for target in wanted):
        return project.services
    with steps.reading("Reading what was deployed"):
        services = deployment.reader.services()
    for target in wanted:
        # The other endpoints answered while the plan was made.
        if target.action is Action.DEPLOY:
            name = service_name(target.endpoint)
            with steps.step(
                f"{target.endpoint.folder}: smoke test",
                "The old version goes on serving. To read what the new one wrote:"
                f" `{deployment.reading_logs(target.endpoint)}`",
            ):
                url = services[name].tag_urls.get(target.tag) if name in services else None
                if not url:
                    raise smoke.SmokeTestFailed(f"Cloud Run has no address for {target.tag}")
                deployment.try_until_known(target.endpoint, url, target.version)
    return services


def check_public_address(deployment: Deployment, wanted: Sequence[Target], base_url: str) -> None:
    """If the operator set PUBLIC_BASE_URL, it must lead to the functions that serve. Otherwise
    Twilio would lose calls while the address changes. This runs before traffic moves."""
    if not deployment.operator.public_base_url or deployment.steps.dry_run:
        return
    for target in wanted:
        if target.action is Action.KEEP or not (target.service and target.service.serving):
            continue
        if not target.endpoint.has_public_address:
            continue
        url = build_address(base_url, short_name(target.endpoint))
        with deployment.steps.step(
            f"{url} leads here",
            f"Let it lead to {target.service.url}, or remove PUBLIC_BASE_URL from .env."
            " The old version goes on serving.",
        ):
            smoke.check(target.endpoint, url, None)


def give_traffic(
    deployment: Deployment, wanted: Sequence[Target], services: Mapping[str, Service]
) -> None:
    """Gives all traffic of every changed endpoint to its new revision. Raises DeployError."""
    moves = []
    for target in wanted:
        if target.action is Action.KEEP:
            continue
        service = services.get(service_name(target.endpoint))
        revision = (service.tags.get(target.tag) if service else None) or _NEW_REVISION
        tags = {target.tag: revision}
        if service and service.serving not in (None, revision):
            tags |= service.tags_when_replaced()
        moves.append(Move(target.endpoint, service, revision, tags, target.version))
    if moves:
        moved = {move.endpoint.folder for move in moves}
        others = [endpoint for endpoint in deployment.bundle if endpoint.folder not in moved]
        moves = [*forget_previous(others, services), *moves]
    move_all(moves, deployment.steps, deployment.changes, deployment.try_until_known)
