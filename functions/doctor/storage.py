"""Where recordings are kept: the bucket, who may do what in it, and whether Storage accepts the
recorder.

https://supabase.com/docs/guides/storage/security/access-control
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg

from functions.doctor import database
from functions.doctor.check import Finding, failed, passed, skipped
from functions.doctor.inputs import Inputs
from functions.doctor.supabase_project import MIGRATE, Answer, ask, clock_or, probe
from functions.setup.webhook_jwt import RECORDER_ROLE

BUCKET = "recordings"
# At 32 kbit/s, as Twilio makes them, 4 hours are 58 MB. The migration sets this limit.
LIMIT_BYTES = 100 * 1024 * 1024
TYPES = "{audio/mpeg}"

_LIST = f"/storage/v1/object/list/{BUCKET}"
# A folder that is not there. Whether Storage accepts the token does not depend on files.
_ONE = {"prefix": "doctor", "limit": 1}

_RIGHT = (
    f"The bucket {BUCKET} is private, takes MP3 files of up to {LIMIT_BYTES >> 20} MiB, and only"
    f" {RECORDER_ROLE} reads, adds and deletes there. The project's own limit (Storage → Settings)"
    " counts too, and cannot be read from here"
)

# What a policy of another bucket has in its condition.
_OTHER_BUCKET = r"bucket_id = ''(?!recordings'')"

_BUCKET = f"""
select concat_ws(' ', public, coalesce(file_size_limit, 0), coalesce(allowed_mime_types, '{{}}'))
from storage.buckets where id = '{BUCKET}'
"""

_LACKS = f"""
select privilege from unnest('{{usage of the schema,select,insert,delete}}'::text[]) as privilege
where not case privilege
  when 'usage of the schema' then has_schema_privilege('{RECORDER_ROLE}', 'storage', 'usage')
  else has_table_privilege('{RECORDER_ROLE}', 'storage.objects', privilege)
end
"""

# Without row-level security, the grants of storage.objects let everybody read everything.
_IS_CLOSED = "select relrowsecurity from pg_class where oid = 'storage.objects'::regclass"

# The commands for which the recorder has a policy.
_ALLOWED = f"""
select cmd from pg_policies
where schemaname = 'storage' and tablename = 'objects' and roles = '{{{RECORDER_ROLE}}}'
"""

# Policies of users that may show recordings to them: no other bucket is named in the condition.
_OPEN = f"""
select policyname from pg_policies
where schemaname = 'storage' and tablename = 'objects'
and roles && '{{public,anon,authenticated}}'
and concat_ws(' ', qual, with_check) !~ '{_OTHER_BUCKET}'
order by policyname
"""

# The recording that has waited longest.
_OVERDUE = """
select id from public.recordings
where next_at < now() - interval '1 hour'
order by next_at limit 1
"""


def bucket(inputs: Inputs) -> Iterator[Finding]:
    """Whether the bucket, its limits, grants and policies are what the migrations made."""
    try:
        found = database.column(inputs, _BUCKET)
        if not found:
            yield failed(
                BUCKET, f"Storage has no bucket {BUCKET}", MIGRATE, because=("migrations",)
            )
            return
        lacks = database.column(inputs, _LACKS)
        closed = database.column(inputs, _IS_CLOSED)
        allowed = database.column(inputs, _ALLOWED)
        opened = database.column(inputs, _OPEN)
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        yield failed(
            BUCKET,
            "The project has no Storage: the schema storage is missing",
            "Every Supabase project has it. Is SUPABASE_DB_URL the project's database?",
            because=("database", "migrations"),
        )
        return
    except psycopg.errors.UndefinedObject:
        yield failed(
            RECORDER_ROLE, f"The role {RECORDER_ROLE} is missing", MIGRATE, because=("migrations",)
        )
        return
    wrong = _limits(found[0]) or _rights(lacks, closed, allowed, opened)
    yield from wrong or [passed(BUCKET, _RIGHT)]


def _limits(found: str) -> list[Finding]:
    public, limit, types = found.split(" ", 2)
    if public == "t":
        return [
            failed(
                BUCKET,
                f"ALARM: the bucket {BUCKET} is public: whoever knows an address can listen",
                "Make it private now: Supabase's dashboard, Storage, Edit bucket",
            )
        ]
    if int(limit) != LIMIT_BYTES or types != TYPES:
        return [
            failed(
                BUCKET,
                f"The bucket {BUCKET} takes files of up to {int(limit) or 'any'} bytes and of types"
                f" {types}, not {LIMIT_BYTES} bytes and {TYPES}: longer recordings stay at Twilio",
                "Set both back: Supabase's dashboard, Storage, Edit bucket (100 MB, audio/mpeg)",
            )
        ]
    return []


def _rights(
    lacks: list[str], closed: list[str], allowed: list[str], opened: list[str]
) -> list[Finding]:
    found = []
    if closed != ["True"]:
        found.append(
            failed(
                "storage.objects",
                "ALARM: row-level security of storage.objects is off: every user reads all files",
                "It is on in every new project. Ask Supabase's support, or as the table's owner:"
                " alter table storage.objects enable row level security",
            )
        )
    if lacks:
        found.append(
            failed(
                RECORDER_ROLE,
                f"{RECORDER_ROLE} lacks {', '.join(lacks)} in Storage: recordings stay at Twilio",
                f"{MIGRATE}. If they are applied: an old Postgres does not let migrations pass on"
                " rights of Storage; upgrade it (dashboard, Settings → Infrastructure)",
                because=("migrations",),
            )
        )
    if sorted(allowed) != ["DELETE", "INSERT", "SELECT"]:
        found.append(
            failed(
                RECORDER_ROLE,
                f"{RECORDER_ROLE} has policies of storage.objects for"
                f" {', '.join(sorted(allowed)) or 'nothing'}, not for DELETE, INSERT, SELECT",
                f"{MIGRATE}, and look at the policies in Supabase's dashboard, Storage",
                because=("migrations",),
            )
        )
    found += [
        failed(
            name,
            f"ALARM: the policy “{name}” of storage.objects may open recordings to users: it names"
            " no other bucket",
            f"Add bucket_id = '…' to it, or drop it. Users have no policy for {BUCKET}: they get"
            " addresses from recording_fn, which notes who listens",
        )
        for name in opened
    ]
    return found


def accepts_recorder(inputs: Inputs) -> Iterator[Finding]:
    """Whether Storage lets a token of the recorder list the bucket, and nobody without one."""
    token = probe(inputs, inputs.operator.signing_key, RECORDER_ROLE)
    theirs, anybodys = (ask(inputs, _LIST, token=each, body=_ONE) for each in (token, ""))
    if anybodys.status == 200 and anybodys.body:
        yield failed(
            BUCKET,
            f"ALARM: Storage lists files of {BUCKET} to everybody who has the publishable key",
            "Look at the policies: Supabase's dashboard, Storage, Policies",
            cause="policies of storage",
        )
    elif theirs.status == 200:
        yield passed(BUCKET, f"Storage accepts a test token of role {RECORDER_ROLE}")
    else:
        yield _refused(theirs)


def _refused(answer: Answer) -> Finding:
    if answer.status >= 500 or (answer.status == 404 and not answer.message):
        return failed(
            BUCKET,
            f"Storage does not answer as it should: {answer}",
            "Supabase's dashboard, Storage, must show the bucket; status.supabase.com, outages",
            because=("supabase_api",),
        )
    return failed(
        BUCKET,
        f"Storage refuses a test token of role {RECORDER_ROLE}: {answer}",
        clock_or(answer),
        because=("supabase_api", "signing_keys", "recorder_jwt", "recordings_bucket"),
    )


def overdue(inputs: Inputs) -> Iterator[Finding]:
    """Whether recording_fn goes on with recordings whose next step is due."""
    try:
        waiting = database.column(inputs, _OVERDUE)
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        yield skipped("", "Not examined: the database has no recordings yet, see migrations")
        return
    if waiting:
        yield failed(
            waiting[0],
            "For more than an hour nobody has gone on with recordings whose next step is due:"
            " they are not kept, or not deleted in time",
            "The scheduler must run recording_fn every minute: gcloud scheduler jobs list shows its"
            " job, ./deploy.sh makes it, and the log of recording_fn shows errors. Without Google"
            " Cloud: docs/hosting.md",
        )
    else:
        yield passed("", "No recording is overdue for its next step")
