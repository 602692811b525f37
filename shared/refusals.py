"""What the database refuses a rep, as an error that an endpoint answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NoReturn

from shared import block_reasons, errors


def refuse(function: str, answer: Mapping[str, object]) -> NoReturn:
    """Raises the error with which the database refused what a rep asked for."""
    match answer["error"]:
        case "signed_out":
            raise errors.Unauthenticated
        case "business_required":
            raise errors.BusinessRequired
        case "not_a_member":
            raise errors.NotAMember
        case "rate_limited":
            seconds = answer["retry_after"]
            assert isinstance(seconds, int)
            raise errors.RateLimited("Too many access tokens. Wait a moment.", retry_after=seconds)
        case "not_found":
            raise errors.NotFound("There is no such conversation, or person, in your business.")
        case "not_your_call":
            raise errors.NotYourCall
        case "not_in_progress":
            raise errors.NotInProgress
        case "busy":
            raise errors.Busy
        case "away":
            raise errors.Away
        case "no_message":
            raise errors.NoMessage
        case "consent_required":
            raise errors.ConsentRequired
        case "recording_off":
            raise errors.RecordingOff
        case "recording_refused":
            raise errors.RecordingRefused
        case "not_allowed":
            raise errors.NotAllowed
        case "recording_gone":
            raise errors.RecordingGone
        case "blocked":
            reason = str(answer.get("block_reason"))
            raise errors.Blocked(reason, block_reasons.explain(reason))
        case "invalid_request":
            raise errors.InvalidRequest(f"{answer.get('field')} does not fit this action.")
        case str(code) if re.fullmatch(r"[a-z_]{1,40}", code):
            raise errors.PhoneSystemError(f"{function} refuses with an unknown code, {code}")
        case _:
            raise errors.PhoneSystemError(f"{function} refuses without a code")
