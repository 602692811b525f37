"""Which call, and which leg or recording of it, the address of a webhook names.

``shared/webhook_addresses.py`` writes these addresses. Twilio signs them, so they can be trusted.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import NamedTuple

from shared import errors, parsing, sids


class Named(NamedTuple):
    """The call by the CallSid of the agent's leg, and a leg by its id. None: not named."""

    agent_call_sid: str | None = None
    call_leg_id: uuid.UUID | None = None
    # The newest action of the call when a Dial into its room began, by its number.
    since: int | None = None
    # The row of a recording.
    recording_id: uuid.UUID | None = None


def read(query: Mapping[str, str]) -> Named:
    """What ``call``, ``leg`` and ``recording`` name. Raises InvalidRequest if one is malformed, or
    if there is a leg without a call."""
    call, leg, recording = (query.get(name) for name in ("call", "leg", "recording"))
    if call is not None and not re.fullmatch(sids.CALL_SID, call):
        raise errors.InvalidRequest("call is not a call SID.")
    if leg is not None and call is None:
        raise errors.InvalidRequest("call is missing.")
    return Named(
        call,
        None if leg is None else parsing.parse_uuid(leg, "leg"),
        parsing.parse_count(query.get("since")),
        None if recording is None else parsing.parse_uuid(recording, "recording"),
    )
