"""The way of a recording: from Twilio into the bucket, and out of both when it must go.

The database says what is next (``claim_recordings``, ``note_recording_step``). A function may be
killed between any two lines here, and another run then does the same step again, so each step finds
out what is done already. Nothing is deleted at Twilio before its copy in the bucket has been read
and is the same.
"""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from shared import errors, logs, time_limit, twilio_calls, twilio_recordings
from shared.recorder_rpc import AsRecorder
from shared.recording_media import Media, MediaClient, Unfit
from shared.recording_state import RecordingRef, Start, Work
from shared.webhook_addresses import build_recording_callback

if TYPE_CHECKING:
    from twilio.rest import Client

    from shared.recording_store import RecordingStore

# One file at a time: on Cloud Run files are in the memory of the instance.
_ROOM = threading.Lock()
# With less time than this, no step is begun.
_STEP_SECONDS = 2.0
# The whole way has fewer.
_MAX_STEPS = 20

Fields = Mapping[str, object]


class Way:
    """Does what is next for recordings. All threads of a function share it."""

    def __init__(
        self,
        client: Client,
        media: MediaClient,
        store: RecordingStore,
        recorder: AsRecorder,
        base_url: str,
    ) -> None:
        self._client = client
        self._media = media
        self._store = store
        self._recorder = recorder
        self._base_url = base_url
        self._busy: errors.TwilioBusy | None = None

    def go(self, work: Work) -> None:
        """Does one step after the other, until nothing is left or something is in the way. That is
        written down, and the database says when it is tried again.

        Raises TwilioBusy if Twilio asks us to wait, PhoneSystemError if a setting is wrong, and
        DatabaseUnavailable: the lease ends then by itself.
        """
        steps = _Steps(self._client, self._media, self._store, self._base_url)
        with contextlib.closing(steps):
            following: Work | None = work
            for _ in range(_MAX_STEPS):
                if following is None:
                    return
                if self._busy:
                    self._postpone(following, self._busy, self._busy.seconds)
                    return
                if time_limit.left(_STEP_SECONDS) < _STEP_SECONDS:
                    self._note(following, "postponed", {"error": None, "seconds": 0})
                    return
                following = self._step(steps, following)

    def _step(self, steps: _Steps, work: Work) -> Work | None:
        try:
            step, fields = steps.do(work)
        except errors.DatabaseUnavailable:
            raise
        except errors.TwilioBusy as busy:
            # Nobody else of this run asks Twilio either.
            self._busy = busy
            self._postpone(work, busy, busy.seconds)
            raise
        except (errors.RequestError, Unfit) as error:
            self._postpone(work, error, None)
            if isinstance(error, errors.PhoneSystemError):
                raise
            return None
        return self._note(work, step, fields)

    def _postpone(
        self, work: Work, error: errors.RequestError | Unfit, seconds: int | None
    ) -> None:
        """Writes down that a step is to be tried again: after so many seconds, or when the database
        thinks best."""
        detail = getattr(error, "detail", str(error))
        logs.write(
            "WARNING",
            f"A recording waits at {work['todo']}: {detail}",
            {"conversation_id": work["conversation_id"], "code": error.code},
        )
        self._note(work, "postponed", {"error": error.code, "seconds": seconds})

    def _note(self, work: Work, step: str, fields: Fields) -> Work | None:
        return self._recorder.note_recording_step(
            recording_id=uuid.UUID(work["recording_id"]),
            lease_token=uuid.UUID(work["lease_token"]),
            step=step,
            fields=fields,
        )["work"]


class _Steps:
    """The steps of one recording. The file that is fetched stays until ``close``."""

    def __init__(
        self, client: Client, media: MediaClient, store: RecordingStore, base_url: str
    ) -> None:
        self._client = client
        self._media = media
        self._store = store
        self._base_url = base_url
        self._open = contextlib.ExitStack()
        self._fetched: Media | None = None

    def close(self) -> None:
        """Frees the room that the file takes."""
        self._fetched = None
        self._open.close()

    def do(self, work: Work) -> tuple[str, Fields]:
        """Does what is next. Returns the step that was made, and what was learned."""
        match work["todo"]:
            case "find":
                return self._find(work)
            case "start":
                return self._start(work)
            case "watch":
                return self._watch(_sid(work))
            case "stop":
                return self._stop(work)
            case "fetch":
                media = self._fetch(_sid(work))
                return "fetched", _describe(media)
            case "store":
                return self._keep(work)
            case "delete_at_twilio":
                if not twilio_recordings.delete(self._client, _sid(work)):
                    raise errors.TwilioUnavailable("it still has a recording that was deleted")
                return "deleted_at_twilio", {}
            case "delete_object":
                if not self._store.remove(_path(work)):
                    raise errors.StorageUnavailable("deleting: the object is still there")
                return "object_deleted", {}
            case unknown:
                raise errors.PhoneSystemError(f"recording_fn does not know the step {unknown}")

    def _find(self, work: Work) -> tuple[str, Fields]:
        """Whether Twilio was asked before, and by that has a recording which no row knows."""
        found = twilio_recordings.find(self._client, list_call_sids(work))
        ours = [each.sid for each in found if each.is_by_api and each.sid not in work["known_sids"]]
        if not ours:
            return "not_started", {"error": None}
        return "started", {"recording_sid": ours[0]}

    def _start(self, work: Work) -> tuple[str, Fields]:
        call_sid, agent_call_sid = work["call_sid"], work["agent_call_sid"]
        if call_sid is None or agent_call_sid is None:
            raise errors.PhoneSystemError("start of a recording without a leg or a call")
        asked: Start = {
            "recording_id": work["recording_id"],
            "call_sid": call_sid,
            "agent_call_sid": agent_call_sid,
        }
        try:
            started = start(self._client, self._base_url, asked)
        except errors.TwilioRefused as refused:
            if may_be_repeated(refused) and not twilio_calls.is_over(self._client, call_sid):
                raise
            return "not_started", {"error": explain(refused)}
        return "started", {"recording_sid": started.sid}

    def _watch(self, sid: str) -> tuple[str, Fields]:
        found = twilio_recordings.fetch(self._client, sid)
        if found is None:
            # It may be listed later.
            return "postponed", {"error": "unknown_at_twilio", "seconds": None}
        return "seen", _seen(found)

    def _stop(self, work: Work) -> tuple[str, Fields]:
        """Stops it. One that has ended, or is not known, cannot be stopped: what it is says more
        than the refusal."""
        sid = _sid(work)
        try:
            stopped = twilio_recordings.change(self._client, list_call_sids(work), sid, "stopped")
        except errors.TwilioRefused:
            found = twilio_recordings.fetch(self._client, sid)
            if found and found.status in twilio_recordings.GOING_ON:
                raise
            return "seen", _seen(found)
        return "seen", _seen(stopped)

    def _fetch(self, sid: str) -> Media:
        if self._fetched is None:
            self._open.enter_context(_room())
            self._fetched = self._open.enter_context(self._media.fetch(sid))
        return self._fetched

    def _keep(self, work: Work) -> tuple[str, Fields]:
        """Puts the file into the bucket, and reads it there."""
        path = _path(work)
        expected = work["bytes"], work["sha256"]
        if self._fetched is None and self._store.measure(path) == expected:
            # The run before put it there, and was stopped.
            return "stored", {}
        media = self._fetch(_sid(work))
        if (media.size, media.sha256) != expected:
            # Twilio does not promise the same bytes each time. These are as good as those.
            return "fetched", _describe(media)
        if not self._store.put(path, media.file) and self._store.measure(path) != expected:
            # Something else is there, perhaps a part. Nobody may overwrite it, so it goes first.
            self._store.remove(path)
            self._store.put(path, media.file)
        if self._store.measure(path) != expected:
            raise Unfit("hash_differs")
        self.close()
        return "stored", {}


def start(
    client: Client, base_url: str, asked: Start | RecordingRef
) -> twilio_recordings.Recording:
    """Asks Twilio to record a leg. Raises what ``twilio_answers.reading`` raises."""
    callback = build_recording_callback(base_url, asked["agent_call_sid"], asked["recording_id"])
    return twilio_recordings.start(client, asked["call_sid"], callback)


def may_be_repeated(refused: errors.TwilioRefused) -> bool:
    """Whether Twilio refused to record only because the leg is not connected. It does so after the
    end of the leg; nobody knows whether it does so while the lead hears the notice.

    https://www.twilio.com/docs/api/errors/21220
    """
    return refused.twilio_code == 21220


def explain(refused: errors.TwilioRefused) -> str:
    """A refusal of Twilio's, for the row of a recording."""
    return f"twilio_{refused.twilio_code or refused.http_status}"


def list_call_sids(recorded: Work | RecordingRef) -> list[str]:
    """The leg that is recorded, and its parent: ``twilio_recordings.find`` says why."""
    sids = (recorded["call_sid"], recorded["agent_call_sid"])
    return list(dict.fromkeys(sid for sid in sids if sid))


def _describe(media: Media) -> Fields:
    return {"bytes": media.size, "sha256": media.sha256, "channels": media.channels}


def _seen(found: twilio_recordings.Recording | None) -> Fields:
    """What Twilio says of a recording. One that it does not know is absent."""
    if found is None:
        return {"status": "absent", "error": "unknown_at_twilio"}
    return {
        "status": found.status,
        "duration_seconds": found.duration_seconds,
        "channels": found.channels,
        "started_at": found.started_at,
        "error": f"twilio_{found.error}" if found.error else None,
    }


@contextlib.contextmanager
def _room() -> Iterator[None]:
    if not _ROOM.acquire(timeout=time_limit.left(60.0)):
        raise errors.TwilioUnavailable("other recordings are being fetched")
    try:
        yield
    finally:
        _ROOM.release()


def _sid(work: Work) -> str:
    if not work["recording_sid"]:
        raise errors.PhoneSystemError(f"{work['todo']} of a recording without a SID")
    return work["recording_sid"]


def _path(work: Work) -> str:
    if not work["object_path"]:
        raise errors.PhoneSystemError(f"{work['todo']} of a recording without a path")
    return work["object_path"]
