"""A Supabase project that answers at once from memory, and counts the requests.

    python -m bench.stub      prints its address, and serves until it is stopped

`STUB_JWKS` is JSON: a set of public keys for each path that serves one. `GET /counted` answers how
often each path was asked for since the last `GET /counted`.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter
from typing import ClassVar

from shared import report_columns

BUSINESS_ID = "c9b1a8f0-3c1e-4f0e-8a53-9d0a5b7e6f22"
USER_ID = "7a5c0ed1-52f4-4a6b-9c64-2f0b8f2a1d11"
CONVERSATION_ID = "0b1f7a52-7a43-4d0a-8f1c-6f2f54d6f0aa"
CALLER_ID = "+14155550100"
LEAD_NUMBER = "+14155552671"

_DECISION = {
    "block_reason": None,
    "to_number": LEAD_NUMBER,
    "from_number": CALLER_ID,
    "time_limit_seconds": 14400,
    "notice": False,
    "machine_detection": False,
    "recording": None,
}
_CONVERSATION = {"id": CONVERSATION_ID, "business_id": BUSINESS_ID, "status": "in-progress"}
_ANSWERS: dict[str, object] = {
    "/rest/v1/rpc/grant_access_token": {"business_id": BUSINESS_ID, "caller_id": CALLER_ID},
    "/rest/v1/rpc/begin_call": {"conversation_id": CONVERSATION_ID, **_DECISION},
    "/rest/v1/rpc/preview_call": _DECISION,
    "/rest/v1/rpc/record_call_event": {"new": True, "conversation_id": CONVERSATION_ID},
    "/rest/v1/rpc/continue_call": {
        "new": True,
        "conversation_id": CONVERSATION_ID,
        "next": "hang_up",
        "room": None,
        "is_host": False,
        "label": None,
        "seconds_left": None,
        "from_number": CALLER_ID,
        "ring": None,
    },
    "/rest/v1/rpc/ask_of_call": {"error": "not_in_progress"},
    "/rest/v1/conversations": [_CONVERSATION],
    "/rest/v1/rpc/claim_unsettled_calls": {"calls": [], "settled": 0, "paused_seconds": None},
    "/rest/v1/rpc/begin_notice": {
        "conversation_id": CONVERSATION_ID,
        "text": "This call is recorded. If you do not agree, press 9 now.",
    },
    "/rest/v1/rpc/claim_recordings": {"recordings": [], "paused_seconds": None},
    "/rest/v1/rpc/ask_to_play": {"error": "not_found"},
    "/rest/v1/rpc/report_by": [
        {"key": CONVERSATION_ID, "label": "Spring", **dict.fromkeys(report_columns.METRICS, 7)}
    ],
    "/rest/v1/rpc/fold_reports": {"folded": 0, "left": 0, "as_of": "2026-11-27T10:00:00+00:00"},
    # The usual way asks for these two.
    "/rest/v1/business_members": [{"business_id": BUSINESS_ID}],
    "/auth/v1/user": {
        "id": USER_ID,
        "aud": "authenticated",
        "role": "authenticated",
        "email": "rep@example.com",
        "app_metadata": {},
        "user_metadata": {},
        "created_at": "2026-01-01T00:00:00Z",
    },
    **json.loads(os.environ.get("STUB_JWKS", "{}")),
}


class Stub(asyncio.Protocol):
    """One connection: as much of HTTP/1.1, kept alive, as the measured clients use."""

    bodies: ClassVar = {path: json.dumps(answer).encode() for path, answer in _ANSWERS.items()}
    counted: ClassVar[Counter[str]] = Counter()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (length := _request_length(self._received)) is not None:
            target = self._received.split(b" ", 2)[1]
            self._received = self._received[length:]
            self._transport.write(self._answer(target.split(b"?")[0].decode()))

    def _answer(self, path: str) -> bytes:
        if path == "/counted":
            body = json.dumps(self.counted).encode()
            self.counted.clear()
        else:
            self.counted[path] += 1
            body = self.bodies.get(path, b"")
        status = b"200 OK" if body else b"404 Not Found"
        return (
            b"HTTP/1.1 %b\r\nContent-Type: application/json; charset=utf-8\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (status, len(body), body)
        )


def _request_length(received: bytes) -> int | None:
    """The length of the first request, or None until all of it has arrived."""
    head, separator, _ = received.partition(b"\r\n\r\n")
    if not separator:
        return None
    _, _, after = head.lower().partition(b"\r\ncontent-length:")
    length = len(head) + 4 + int(after.partition(b"\r\n")[0] or 0)
    return length if len(received) >= length else None


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Stub, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    print(f"http://{host}:{port}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
