"""What recording_fn asks: a small model of Twilio's recordings, of Storage, and of the database's
part in the way of one recording. The rules of the database are tested in tests/supabase."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from dataclasses import dataclass, field
from typing import Any

from tests.canned_server import Answer, Asked, CannedServer
from tests.endpoints import ACCOUNT_SID, BUSINESS_ID, CALL_SID, LEAD_CALL_SID, rpc

TWILIO = f"/2010-04-01/Accounts/{ACCOUNT_SID}"
STORAGE = "/storage/v1/object"
CONVERSATION_ID = "0b1f7a52-7a43-4d0a-8f1c-6f2f54d6f0aa"
RECORDING_ID = str(uuid.UUID(int=501))
RECORDING_SID = "RE00000000000000000000000000000001"
PATH = f"{BUSINESS_ID}/{CONVERSATION_ID}/{RECORDING_SID}.mp3"
# An mp3 file begins with a frame's head; what follows is of no importance here.
SOUND = b"\xff\xe3\x18\xc4" + bytes(range(256)) * 40
CLAIM, NOTE, EVENT = map(rpc, ("claim_recordings", "note_recording_step", "record_recording_event"))


@dataclass
class Recording:
    """A recording at Twilio."""

    sid: str = RECORDING_SID
    status: str = "completed"
    media: bytes = SOUND
    channels: int = 2
    is_deleted: bool = False
    call_sid: str = LEAD_CALL_SID

    def as_json(self) -> dict[str, object]:
        return {
            "sid": self.sid,
            "status": "deleted" if self.is_deleted else self.status,
            "call_sid": self.call_sid,
            "channels": self.channels,
            "duration": "7" if self.status == "completed" else "-1",
            "start_time": "Fri, 27 Nov 2026 10:00:01 +0000",
            "source": "StartCallRecordingAPI",
            "error_code": None,
        }


@dataclass
class World:
    """One recording of one call, wherever it is by now."""

    state: str = "completed"
    wanted: str = "kept"
    at_twilio: dict[str, Recording] = field(default_factory=dict)
    stored: dict[str, bytes] = field(default_factory=dict)
    row: dict[str, Any] = field(default_factory=dict)
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    started: int = 0
    paused_seconds: int | None = None

    def serve(self, canned: CannedServer) -> None:
        canned.on_all(f"{TWILIO}/*", self.answer_as_twilio)
        canned.on_all(f"{STORAGE}/*", self.answer_as_storage)
        canned.on_all(CLAIM, self.claim)
        canned.on_all(NOTE, self.note)

    @property
    def steps(self) -> list[str]:
        return [step for step, _ in self.notes]

    # The database

    def work(self) -> dict[str, Any] | None:
        todo = self.todo()
        if todo is None:
            return None
        return {
            "recording_id": RECORDING_ID,
            "business_id": BUSINESS_ID,
            "conversation_id": CONVERSATION_ID,
            "agent_call_sid": CALL_SID,
            "call_sid": LEAD_CALL_SID,
            "recording_sid": None if todo in ("find", "start") else RECORDING_SID,
            "part": 1,
            "todo": todo,
            "object_path": PATH,
            "bytes": self.row.get("bytes"),
            "sha256": self.row.get("sha256"),
            "channels": self.row.get("channels"),
            "lease_token": str(uuid.UUID(int=7)),
            "known_sids": [],
        }

    def todo(self) -> str | None:
        if self.state == "in_progress":
            return "stop" if self.wanted == "deleted" else "watch"
        if self.wanted == "deleted":
            return {"completed": "delete_at_twilio", "expired": "delete_object"}.get(self.state)
        return {
            "asked": "find",
            "not_found": "start",
            "completed": "fetch",
            "fetched": "store",
            "stored": "delete_at_twilio",
        }.get(self.state)

    def claim(self, asked: Asked) -> Answer:
        is_paused = self.paused_seconds and self.todo() != "delete_object"
        work = None if is_paused or self.row.get("is_postponed") else self.work()
        recordings = [work] if work else []
        return Answer(body={"recordings": recordings, "paused_seconds": self.paused_seconds})

    def note(self, asked: Asked) -> Answer:
        sent = asked.json()
        assert sent["p_recording_id"] == RECORDING_ID
        assert sent["p_lease_token"] == str(uuid.UUID(int=7))
        step, fields = sent["p_step"], sent["p_fields"]
        self.notes.append((step, fields))
        self.row |= fields
        if step == "postponed":
            self.row["is_postponed"] = True
            return Answer(body={"work": None})
        if step == "not_started":
            self.state = "failed" if fields["error"] else "not_found"
        elif step == "seen":
            ended = {"absent": "absent", "in-progress": "in_progress", "paused": "in_progress"}
            self.state = ended.get(fields["status"], "completed")
        elif step == "deleted_at_twilio":
            self.state = "deleted" if self.wanted == "deleted" else "kept"
        elif step == "object_deleted":
            self.state = "deleted"
        else:
            self.state = {"started": "in_progress"}.get(step, step)
        waits = self.state == "in_progress" and self.wanted == "kept"
        self.row["is_postponed"] = waits
        return Answer(body={"work": None if waits else self.work()})

    # Twilio

    def next_sid(self) -> str:
        return RECORDING_SID

    def answer_as_twilio(self, asked: Asked) -> Answer:
        path, query = asked.path.removeprefix(TWILIO), asked.parameters()
        if media := re.fullmatch(r"/Recordings/(\w+)\.mp3", path):
            return self._send_media(asked, media[1])
        match path.removesuffix(".json").split("/")[1:]:
            case ["Calls", call_sid, "Recordings"] if asked.method == "POST":
                self.started += 1
                made = Recording(self.next_sid(), "in-progress", call_sid=call_sid)
                self.at_twilio[made.sid] = made
                return Answer(201, made.as_json())
            case ["Calls", call_sid, "Recordings"]:
                found = [r for r in self.at_twilio.values() if r.call_sid == call_sid]
                shown = [r.as_json() for r in found if not r.is_deleted]
                return Answer(body={"recordings": shown, "next_page_uri": None})
            case ["Calls", call_sid, "Recordings", sid]:
                known = self._known(sid)
                if known is None or known.call_sid != call_sid:
                    return _refusal(404, 20404)
                if known.status not in ("in-progress", "paused"):
                    return _refusal(400, 21220)
                known.status = dict(asked.form())["Status"]
                return Answer(body=known.as_json())
            case ["Recordings", sid] if asked.method == "DELETE":
                known = self._known(sid)
                if known is None:
                    return _refusal(404, 20404)
                known.is_deleted, known.media = True, b""
                return Answer(204)
            case ["Recordings", sid]:
                known = self.at_twilio.get(sid)
                if known is None or (known.is_deleted and "IncludeSoftDeleted" not in query):
                    return _refusal(404, 20404)
                return Answer(body=known.as_json())
        return _refusal(501, 0)

    def _known(self, sid: str) -> Recording | None:
        known = self.at_twilio.get(sid)
        return known if known and not known.is_deleted else None

    def _send_media(self, asked: Asked, sid: str) -> Answer:
        known = self._known(sid)
        if known is None or known.status != "completed":
            return _refusal(404, 20404)
        if int(asked.parameters()["RequestedChannels"]) > known.channels:
            return _refusal(400, 21220)
        return Answer(content=known.media, headers={"Content-Type": "audio/mpeg"})

    # Storage

    def answer_as_storage(self, asked: Asked) -> Answer:
        path = asked.path.removeprefix(STORAGE)
        if asked.method == "DELETE":
            names = json.loads(asked.body)["prefixes"]
            gone = [{"name": name} for name in names if self.stored.pop(name, None) is not None]
            return Answer(body=gone)
        name = path.removeprefix("/sign").removeprefix("/recordings/")
        if asked.method == "POST" and not path.startswith("/sign/"):
            if name in self.stored:
                return storage_refusal(409, "Duplicate")
            self.stored[name] = read_upload(asked)
            return Answer(body={"Key": f"recordings/{name}", "Id": str(uuid.uuid4())})
        if name not in self.stored:
            return storage_refusal(404, "Object not found")
        if asked.method == "POST":
            return Answer(body={"signedURL": f"/object/sign/recordings/{name}?token=a.b.c"})
        return Answer(content=self.stored[name], headers={"Content-Type": "audio/mpeg"})


def read_upload(asked: Asked) -> bytes:
    """The file of a multipart body."""
    boundary = (asked.header("content-type") or "").partition("boundary=")[2].encode()
    parts = asked.body.split(b"--" + boundary)
    (file,) = [part for part in parts if b'name="file"' in part]
    head, _, content = file.partition(b"\r\n\r\n")
    assert b"Content-Type: audio/mpeg" in head
    return content.removesuffix(b"\r\n")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _refusal(status: int, code: int) -> Answer:
    return Answer(status, {"status": status, "code": code, "message": "refused"})


def storage_refusal(status: int, message: str) -> Answer:
    """As Storage sends them: HTTP 400, and the status that is meant in the body."""
    return Answer(400, {"statusCode": str(status), "error": message, "message": message})
