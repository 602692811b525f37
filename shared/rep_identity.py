"""The Twilio client identity of a rep: ``user_<user id>_<business id>``, 32 hex digits each.

Twilio signs it into the access token, so on a signed webhook ``From=client:user_…`` names who calls
for which business. Letters, digits and underscores are what every Voice SDK accepts in an identity.
https://www.twilio.com/docs/voice/twiml/client
"""

from __future__ import annotations

import re
import uuid
from typing import NamedTuple

_CLIENT = re.compile(r"client:user_([0-9a-f]{32})_([0-9a-f]{32})")


class Rep(NamedTuple):
    """A user, calling for a business."""

    user_id: uuid.UUID
    business_id: uuid.UUID

    @property
    def identity(self) -> str:
        return f"user_{self.user_id.hex}_{self.business_id.hex}"


def from_caller(caller: str) -> Rep | None:
    """The rep that ``From`` of a signed webhook names, or None if it names none."""
    match = _CLIENT.fullmatch(caller)
    return Rep(uuid.UUID(match[1]), uuid.UUID(match[2])) if match else None
