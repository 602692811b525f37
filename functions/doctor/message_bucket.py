"""Where recorded messages for machines are kept: the bucket, and who may do what in it."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg

from functions.doctor import database
from functions.doctor.check import Finding, failed, passed
from functions.doctor.inputs import Inputs
from functions.doctor.supabase_project import MIGRATE

BUCKET = "messages"
# 131 s at 8,000 Hz and 16 bits. The migration sets this limit.
LIMIT_BYTES = 2 * 1024 * 1024
TYPES = "{audio/wav}"

_BUCKET = f"""
select concat_ws(' ', public, coalesce(file_size_limit, 0), coalesce(allowed_mime_types, '{{}}'))
from storage.buckets where id = '{BUCKET}'
"""

# What the policies of the bucket allow, and whom.
_ALLOWED = f"""
select lower(cmd) || ' by ' || array_to_string(roles, ', ') from pg_policies
where schemaname = 'storage' and tablename = 'objects'
and concat_ws(' ', qual, with_check) ~ 'bucket_id = ''{BUCKET}'''
"""
# Reps, with the token of their session; each policy asks the message's row.
_RIGHT = ["delete by authenticated", "insert by authenticated", "select by authenticated"]


def bucket(inputs: Inputs) -> Iterator[Finding]:
    """Whether the bucket, its limits and its policies are what the migrations made."""
    try:
        found = database.column(inputs, _BUCKET)
        allowed = sorted(database.column(inputs, _ALLOWED))
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        # recordings_bucket says it.
        found, allowed = [], []
    if not found:
        yield failed(BUCKET, f"Storage has no bucket {BUCKET}", MIGRATE, because=("migrations",))
        return
    yield from _compare(found[0], allowed) or [
        passed(
            BUCKET,
            f"The bucket {BUCKET} is private, takes WAV files of up to {LIMIT_BYTES >> 20} MiB, and"
            " only reps add, hear and delete there",
        )
    ]


def _compare(found: str, allowed: list[str]) -> list[Finding]:
    public, limit, types = found.split(" ", 2)
    wrong = []
    if public == "t":
        wrong.append(
            failed(
                BUCKET,
                f"ALARM: the bucket {BUCKET} is public: whoever knows an address hears the reps",
                "Make it private now: Supabase's dashboard, Storage, Edit bucket",
            )
        )
    if int(limit) != LIMIT_BYTES or types != TYPES:
        wrong.append(
            failed(
                BUCKET,
                f"The bucket {BUCKET} takes files of up to {int(limit) or 'any'} bytes and of types"
                f" {types}, not {LIMIT_BYTES} bytes and {TYPES}: Twilio may not play a message",
                "Set both back: Supabase's dashboard, Storage, Edit bucket (2 MB, audio/wav)",
            )
        )
    if allowed != _RIGHT:
        wrong.append(
            failed(
                BUCKET,
                f"The policies of the bucket {BUCKET} allow {'; '.join(allowed) or 'nothing'}, and"
                f" not {'; '.join(_RIGHT)}",
                f"{MIGRATE}, and look at the policies in Supabase's dashboard, Storage",
                because=("migrations",),
            )
        )
    return wrong
