"""Calls of the last days for the demo business, with recordings that can be played, its queues, and
Dana's message for answering machines. `demo_reports.py` has the calls of the year.

Tests start without them, because most of them count calls.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import httpx
import psycopg

from stack import demo_sound
from stack.errors import StackError
from stack.postgres import Postgres

_SQL = tuple(Path(__file__).with_name(name) for name in ("demo_history.sql", "demo_queue.sql"))
_BUSINESS = "b0000000-0000-4000-8000-000000000001"
_DANA = "d0000000-0000-4000-8000-000000000001"
_MESSAGE = "f3000000-0000-4000-8000-000000000001"
_TIMEOUT_SECONDS = 30.0
# Of each call with a file: its seconds, and who talks when. Channel 0 is the lead. The files begin
# when the notice has ended, so they are 10 s behind the calls.
_FILES = {
    # Silent while it was paused.
    1: (55, ((1, 0, 4), (0, 4, 9), (1, 9, 13), (0, 13, 18), (1, 18, 22), (0, 34, 40), (1, 40, 47),
             (0, 47, 53))),
    # The lead says nothing on hold. Robin has the other channel then.
    2: (67, ((1, 0, 5), (0, 5, 11), (1, 11, 15), (0, 15, 22), (1, 37, 44), (0, 44, 52), (1, 52, 57),
             (0, 57, 66))),
}  # fmt: skip
_MESSAGE_SECONDS = 14


def add(postgres: Postgres, env: Mapping[str, str]) -> None:
    """Adds them, if they are not there yet. ``env`` has the address of Storage and the secret key.

    Raises StackError if Storage does not take the files.
    """
    with psycopg.connect(postgres.url()) as connection:
        found = connection.execute(
            "select from public.recordings where id = 'f1000000-0000-4000-8000-000000000001'"
        ).fetchone()
        if found is not None:
            return
        facts: dict[str, object] = {}
        for number, (seconds, turns) in _FILES.items():
            sound = demo_sound.talk(seconds, turns)
            facts[f"bytes_{number}"] = len(sound)
            facts[f"sha256_{number}"] = hashlib.sha256(sound).hexdigest()
            conversation, recording = f"f0000000-0000-4000-8000-{number:012}", f"RE{number:032}"
            _store(
                env, f"recordings/{_BUSINESS}/{conversation}/{recording}.mp3", "audio/mpeg", sound
            )
        message = demo_sound.message(_MESSAGE_SECONDS)
        facts |= {"message_seconds": _MESSAGE_SECONDS, "message_bytes": len(message)}
        _store(env, f"messages/{_BUSINESS}/{_DANA}/{_MESSAGE}.wav", "audio/wav", message)
        for file in _SQL:
            for statement in file.read_text(encoding="utf-8").split(";\n"):
                if statement.strip():
                    connection.execute(statement.encode(), facts)


def _store(env: Mapping[str, str], path: str, media_type: str, file: bytes) -> None:
    """``path`` begins with the bucket."""
    key = env["SUPABASE_SECRET_KEY"]
    headers = {"apikey": key, "Authorization": f"Bearer {key}", "content-type": media_type}
    url = f"{env['SUPABASE_URL']}/storage/v1/object/{path}"
    # Storage is on this machine.
    with httpx.Client(timeout=_TIMEOUT_SECONDS, trust_env=False) as http:
        answer = http.post(url, content=file, headers={**headers, "x-upsert": "true"})
    if not answer.is_success:
        raise StackError(
            f"Storage does not take the demo's sounds: {answer.status_code} {answer.text[:200]}"
        )
