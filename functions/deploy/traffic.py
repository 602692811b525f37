"""Which revision gets the calls. The traffic of all endpoints moves together, and back together."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from functions.bundle import Endpoint
from functions.deploy.changes import Changes
from functions.deploy.steps import DeployError, Steps
from functions.setup.addresses import service_name
from functions.setup.gcloud import Reader
from functions.setup.google_project import PREVIOUS, Service
from functions.setup.shell import CommandFailed

# Takes the endpoint, its address, and a version or None for any. Raises smoke.SmokeTestFailed.
Check = Callable[[Endpoint, str, str | None], None]


@dataclass(frozen=True)
class Move:
    """Gives all of an endpoint's traffic to a revision, and sets these tags on its service. Without
    a revision the traffic stays where it is."""

    endpoint: Endpoint
    # The service before the move.
    service: Service | None
    revision: str | None
    tags: Mapping[str, str]
    version: str | None = None

    @property
    def does(self) -> str:
        """The move, for the operator."""
        if self.revision is None:
            return "left out of a rollback"
        return f"traffic to {self.version or self.revision}"


def move_all(moves: Sequence[Move], steps: Steps, changes: Changes, check: Check) -> None:
    """Moves the traffic of all endpoints or of none: if one does not answer, or the run is
    interrupted, what served before serves again. Raises DeployError."""
    begun: list[Move] = []
    try:
        for move in moves:
            begun.append(move)
            with steps.step(
                f"{move.endpoint.folder}: {move.does}",
                "What served before gets its traffic back. Run the same command again.",
            ):
                steps.change(changes.shift_traffic(move.endpoint, move.revision, move.tags))
                if move.service and move.revision and not steps.dry_run:
                    check(move.endpoint, move.service.url, move.version)
    except BaseException:
        with _undisturbed():
            for move in reversed(begun):
                _move_back(move, steps, changes)
        raise


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ignores a second Ctrl-C while what was begun is undone. gcloud ignores it too, because it
    inherits the ignored signals."""
    ends = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(each, signal.SIG_IGN) for each in ends]
    try:
        yield
    finally:
        for each, handler in zip(ends, before, strict=True):
            signal.signal(each, handler)


def _move_back(move: Move, steps: Steps, changes: Changes) -> None:
    if move.service is None or move.service.serving is None:
        return
    if (move.service.serving, move.service.tags) == (move.revision, move.tags):
        return
    revision = move.service.serving if move.revision else None
    command = changes.shift_traffic(move.endpoint, revision, move.service.tags)
    try:
        with steps.step(f"{move.endpoint.folder}: back to what it was", ""):
            steps.change(command)
    except DeployError:
        steps.left.append(f"Set {move.endpoint.folder} back to what it was: {command.shown}")


def clear_stuck_tags(
    endpoint: Endpoint, service: Service, steps: Steps, changes: Changes, reader: Reader
) -> None:
    """Sets the tags that are there, and no others. With the tag of a revision that did not start,
    the next deployment of this endpoint would fail for the reason of that revision. Raises
    DeployError."""
    if not service.stuck_tags:
        return
    with steps.step(
        f"{endpoint.folder}: without {', '.join(service.stuck_tags)}, which did not start",
        "The old version goes on serving. Run ./deploy.sh again.",
    ):
        try:
            steps.change(changes.shift_traffic(endpoint, None, service.tags))
        except CommandFailed:
            # As long as no revision is ready, gcloud can report a failure although the tag is gone.
            left = reader.services().get(service.name)
            if left is not None and left.stuck_tags:
                raise


def forget_previous(endpoints: Sequence[Endpoint], services: Mapping[str, Service]) -> list[Move]:
    """Removes the `previous` tag of endpoints that a release does not change, so that a rollback of
    that release leaves them alone."""
    return [
        Move(
            endpoint,
            service,
            None,
            {tag: revision for tag, revision in service.tags.items() if tag != PREVIOUS},
        )
        for endpoint in endpoints
        if (service := services.get(service_name(endpoint)))
        and service.previous
        and service.serving
    ]


def moves_back(endpoints: Sequence[Endpoint], services: Mapping[str, Service]) -> list[Move]:
    """The moves that undo the latest release: for each endpoint that it changed, the traffic goes
    back to what served before. What serves now becomes the previous revision, so a second rollback
    undoes the first."""
    return [
        Move(
            endpoint,
            service,
            service.previous,
            {**service.tags, PREVIOUS: service.serving},
            service.version_of(service.previous),
        )
        for endpoint in endpoints
        if (service := services.get(service_name(endpoint)))
        and service.previous
        and service.serving
    ]
