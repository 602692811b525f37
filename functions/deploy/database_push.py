"""Applies migrations with `supabase db push`, through whichever address of the database works, and
looks whether all of them arrived.

Nobody has tried yet whether Supabase's poolers let every migration through. If the address of
SUPABASE_DB_URL does not, another address of the same database is tried:
https://supabase.com/docs/guides/database/connecting-to-postgres
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar
from urllib.parse import urlsplit

from functions.deploy.deployment import Deployment
from functions.deploy.steps import DeployError
from functions.setup import migrations
from functions.setup.settings import Database
from functions.setup.shell import CommandFailed

T = TypeVar("T")

_POOLER = ".pooler.supabase.com"
_SESSION_PORT, _TRANSACTION_PORT = 5432, 6543
# The connection failed or does not carry this, as opposed to an error of a migration itself.
_CONNECTION = re.compile(
    r"prepared statement|bind message|unnamed statement|failed to connect|connect error|dial error"
    r"|connection (refused|reset|closed|timed out|terminated)|i/o timeout|unexpected eof"
    r"|tenant or user not found|no route to host|network is unreachable|sasl|protocol_violation"
    r"|SQLSTATE (08|26|42P05)",
    re.IGNORECASE,
)


def pending(deployment: Deployment) -> list[str]:
    """The file names of the migrations that the database lacks. Raises what Steps.run raises."""
    return _through_what_works(
        deployment,
        lambda database: migrations.pending(deployment.steps.run, database, deployment.checkout),
    )


def push(deployment: Deployment) -> None:
    """Applies the migrations that the database lacks. Raises what Steps.run raises, and
    DeployError if one of them did not arrive."""
    steps, checkout = deployment.steps, deployment.checkout
    # A dry run shows the command as one would type it.
    directory = checkout if steps.dry_run else migrations.without_env(checkout)
    _through_what_works(
        deployment,
        lambda database: steps.change(migrations.push(database, "--yes", directory=directory)),
    )
    if steps.dry_run:
        return
    left = pending(deployment)
    way = name_of(deployment.database)
    if left:
        raise DeployError(
            f"`supabase db push` reported success, but the database still lacks {', '.join(left)}.",
            f"It was asked through {way}. Put another address of the database into SUPABASE_DB_URL"
            " (the project's Connect page), and run ./deploy.sh again.",
        )
    steps.report.say(f"    Every migration arrived, through {way}.")


def name_of(database: Database) -> str:
    """What kind of address this is, in words."""
    host, port = _host_and_port(database)
    if host.endswith(_POOLER):
        return "the transaction pooler" if port == _TRANSACTION_PORT else "the session pooler"
    if re.fullmatch(r"db\.\w+\.supabase\.co", host):
        return "the direct address"
    return f"{host}:{port}"


def others(database: Database) -> list[Database]:
    """Other addresses of the same hosted database, the likelier one first."""
    parts = urlsplit(database.address)
    host, port = _host_and_port(database)
    project = (parts.username or "").partition(".")[2]
    if not host.endswith(_POOLER) or not project:
        return []
    session = parts._replace(netloc=f"{parts.username}@{host}:{_SESSION_PORT}")
    direct = parts._replace(netloc=f"postgres@db.{project}.supabase.co:{_SESSION_PORT}")
    ways = [direct] if port == _SESSION_PORT else [session, direct]
    return [replace(database, address=way.geturl()) for way in ways]


def _through_what_works(deployment: Deployment, ask: Callable[[Database], T]) -> T:
    """What ``ask`` returns for the first address that works. That address is kept."""
    refused = deployment.database
    try:
        return ask(refused)
    except CommandFailed as failure:
        if not _CONNECTION.search(failure.said):
            raise
        for database in others(refused):
            deployment.steps.report.say(
                f"    {name_of(refused).capitalize()} does not let this through:"
                f" {' '.join(failure.said.split())[:200]}\n    Trying {name_of(database)}."
            )
            try:
                found = ask(database)
            except CommandFailed as another:
                if not _CONNECTION.search(another.said):
                    raise
            else:
                deployment.database = database
                deployment.steps.left.append(
                    f"Put the address that worked into SUPABASE_DB_URL, with the password:"
                    f" {database.address}"
                )
                return found
        raise


def _host_and_port(database: Database) -> tuple[str, int]:
    parts = urlsplit(database.address)
    return parts.hostname or "", parts.port or _SESSION_PORT
