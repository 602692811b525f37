"""Postgres itself: whether it answers, and whether it has the checkout's migrations. Writes
nothing."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
from psycopg.conninfo import conninfo_to_dict

from functions.doctor.check import Finding, failed, passed, skipped
from functions.doctor.inputs import Inputs
from functions.doctor.network import TIMEOUT_SECONDS
from functions.setup.migrations import push

# How many of the migrations that differ are named.
_SHOWN = 3

# The call that has waited longest, unless Twilio asked us to pause.
_OVERDUE = """
select agent_call_sid from private.unsettled_calls
where next_check_at < now() - interval '1 hour'
and not exists (select from private.reconciliation where paused_until > now())
order by next_check_at limit 1
"""

# Since when the oldest change waits that is not in the reports. All calls of a business take
# longer: of these it counts when some were folded last.
_NOT_FOLDED = """
select to_char(min(oldest.since) at time zone 'utc', 'YYYY-MM-DD HH24:MI') || ' UTC'
from (
  (select marked_at as since from private.fold_marks order by id limit 1)
  union all
  select coalesce(folded_at, marked_at) from private.fold_businesses
) as oldest
having min(oldest.since) < now() - interval '1 hour'
"""

# The last callback that came twice.
_REPEATED = """
select to_char(max(repeated_at) at time zone 'utc', 'YYYY-MM-DD HH24:MI') || ' UTC'
from private.repeated_callbacks
"""


def column(inputs: Inputs, query: str) -> list[str]:
    """The only column of a query, as strings. Raises psycopg.Error."""
    database = inputs.operator.database
    # An operator may ask for a stricter mode, such as sslmode=verify-full.
    sslmode = conninfo_to_dict(database.address).get("sslmode")
    with psycopg.connect(
        database.address,
        password=database.password,
        sslmode=sslmode or database.environment["PGSSLMODE"],
        connect_timeout=int(TIMEOUT_SECONDS),
    ) as connection:
        connection.read_only = True
        # Poolers refuse this as an option of the connection, so it is a statement.
        connection.execute("set local statement_timeout = '5s'")
        return [str(value) for (value,) in connection.execute(query.encode())]


def connects(inputs: Inputs) -> Iterator[Finding]:
    """Whether the operator's address and password open the database."""
    (user,) = column(inputs, "select current_user")
    yield passed(user, f"Postgres lets {user} in")


def migrations(inputs: Inputs) -> Iterator[Finding]:
    """Whether the database has exactly the checkout's migrations."""
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
            "./deploy.sh applies them; by hand, with the password in PGPASSWORD:"
            f" {push(inputs.operator.database).shown}",
        )
    if unknown:
        yield failed(
            unknown[0],
            f"This checkout lacks {len(unknown)} of the database's migrations: {_some(unknown)}",
            "Deploy from a checkout that has them (git pull), or check that SUPABASE_DB_URL is the"
            " right database",
        )
    if not missing and not unknown:
        yield passed("", f"All {len(files)} migrations are applied")


def lost_callbacks(inputs: Inputs) -> Iterator[Finding]:
    """Whether reconcile_fn asks Twilio about calls whose callbacks are overdue, and whether Twilio
    has ever sent a callback again."""
    try:
        overdue = column(inputs, _OVERDUE)
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        yield skipped("", "Not examined: the database has no list of calls yet, see migrations")
        return
    if overdue:
        yield failed(
            overdue[0],
            "For more than an hour nobody has asked Twilio about calls whose callbacks are overdue",
            "The scheduler must run reconcile_fn every minute: gcloud scheduler jobs list shows its"
            " job, ./deploy.sh makes it, and the log of reconcile_fn shows errors. Without Google"
            " Cloud: docs/hosting.md",
        )
    else:
        yield passed("", f"No call is overdue for a question to Twilio; {_repeated(inputs)}")


def late_reports(inputs: Inputs) -> Iterator[Finding]:
    """Whether reports_fn brings the calls that have changed into the reports."""
    try:
        since = column(inputs, _NOT_FOLDED)
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        yield skipped("", "Not examined: the database has no reports yet, see migrations")
        return
    if since:
        yield failed(
            "",
            f"Reports lack what has changed since {since[0]}: nobody has folded it for more than an"
            " hour",
            "The scheduler must run reports_fn every minute: gcloud scheduler jobs list shows its"
            " job, ./deploy.sh makes it, and the log of reports_fn shows errors. Without Google"
            " Cloud: docs/hosting.md",
        )
    else:
        yield passed("", "Reports have all changes that are older than an hour")


def _repeated(inputs: Inputs) -> str:
    """Whether Twilio has sent a callback again, as the addresses of the TwiML App ask it to. If it
    does not, a callback is lost when an endpoint fails once, until reconcile_fn asks Twilio."""
    try:
        (last,) = column(inputs, _REPEATED)
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        return "whether Twilio sends callbacks again is not known before the migrations"
    if last == "None":
        return "not seen yet whether Twilio sends a callback again after an error: none came twice"
    return f"Twilio sends callbacks again after errors: it last did at {last}"


def _some(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
