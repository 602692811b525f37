"""The Twilio client identity of a rep: ``user_<user id>_<business id>``, 32 hex digits each.

It is part of the access token, which is signed. So ``From=client:user_…`` of a signed webhook tells
who calls, and for which business. Every Voice SDK accepts letters, digits and underscores.
https://www.twilio.com/docs/voice/twiml/client
"""

from __future__ import annotations

import re
import uuid
from typing import NamedTuple

_CLIENT = re.compile(r"client:user_([0-9a-f]{32})_([0-9a-f]{32})")


class Rep(NamedTuple):
    """A user who calls for a business."""

    user_id: uuid.UUID
    business_id: uuid.UUID

    @property
    def identity(self) -> str:
        return f"user_{self.user_id.hex}_{self.business_id.hex}"


def parse_caller(caller: str) -> Rep | None:
    """The rep in the parameter ``From`` of a signed webhook; None if it does not name one."""
    match = _CLIENT.fullmatch(caller)
    return Rep(uuid.UUID(match[1]), uuid.UUID(match[2])) if match else None
