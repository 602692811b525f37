"""Postgres itself, read and never written: does it answer, and has it these migrations?"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
from psycopg.conninfo import conninfo_to_dict

from functions.doctor.check import Finding, failed, passed, skipped
from functions.doctor.inputs import Inputs
from functions.doctor.network import TIMEOUT_SECONDS

# Of the migrations that differ, how many are named.
_SHOWN = 3

# The call that waits the longest, unless Twilio wants to be left alone.
_OVERDUE = """
select agent_call_sid from private.unsettled_calls
where next_check_at < now() - interval '1 hour'
and not exists (select from private.reconciliation where paused_until > now())
order by next_check_at limit 1
"""


def column(inputs: Inputs, query: str) -> list[str]:
    """The only column of a query, as texts. Raises psycopg.Error."""
    database = inputs.operator.database
    # Operators may ask for more than this, such as sslmode=verify-full.
    sslmode = conninfo_to_dict(database.address).get("sslmode")
    with psycopg.connect(
        database.address,
        password=database.password,
        sslmode=sslmode or database.environment["PGSSLMODE"],
        connect_timeout=int(TIMEOUT_SECONDS),
    ) as connection:
        connection.read_only = True
        # As a statement and not an option of the connection, which poolers refuse.
        connection.execute("set local statement_timeout = '5s'")
        return [str(value) for (value,) in connection.execute(query.encode())]


def connects(inputs: Inputs) -> Iterator[Finding]:
    """Whether the operator's address and password open it."""
    (user,) = column(inputs, "select current_user")
    yield passed(user, f"Postgres lets {user} in")


def migrations(inputs: Inputs) -> Iterator[Finding]:
    """Whether the database has the checkout's migrations, and no others."""
    files = {
        file.name.partition("_")[0]: file.name
        for file in (inputs.checkout / "supabase" / "migrations").glob("*.sql")
    }
    try:
        applied = set(column(inputs, "select version from supabase_migrations.schema_migrations"))
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        applied = set()
    missing = sorted(files.keys() - applied)
    unknown = sorted(applied - files.keys())
    if missing:
        names = _some([files[version] for version in missing])
        yield failed(
            files[missing[0]],
            f"The database lacks {len(missing)} of {len(files)} migrations: {names}",
            "./deploy.sh applies them; by hand, with the password in PGPASSWORD: npx supabase db"
            f" push --remote={inputs.operator.database.address}",
        )
    if unknown:
        yield failed(
            unknown[0],
            f"This checkout lacks {len(unknown)} of the database's migrations: {_some(unknown)}",
            "Deploy from a checkout that has them (git pull), or look whose database this is",
        )
    if not missing and not unknown:
        yield passed("", f"All {len(files)} migrations are applied")


def lost_callbacks(inputs: Inputs) -> Iterator[Finding]:
    """Whether somebody asks Twilio about calls whose callbacks are overdue."""
    try:
        overdue = column(inputs, _OVERDUE)
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        yield skipped("", "Not examined: the database has no list of calls yet, see migrations")
        return
    if overdue:
        yield failed(
            overdue[0],
            "For more than an hour nobody has asked Twilio what became of calls whose callbacks"
            " are overdue",
            "The scheduler must run reconcile_fn every minute, which says in its log what it met:"
            " gcloud scheduler jobs list; ./deploy.sh sets it up. Elsewhere: docs/hosting.md",
        )
    else:
        yield passed("", "No call waits to be asked about")


def _some(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
