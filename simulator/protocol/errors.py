"""Twilio's error codes, and what its debugger would show about a call.

Source of the codes: twilio.com/docs/api/errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

INVALID_URL = 11100
HTTP_RETRIEVAL_FAILURE = 11200
HTTP_CONNECTION_FAILURE = 11205
TOO_MANY_REDIRECTS = 11215
TWIML_TOO_LARGE = 11750
DOCUMENT_PARSE_FAILURE = 12100
ROOT_ELEMENT = 12102
SCHEMA_VALIDATION = 12200
INVALID_CONTENT_TYPE = 12300
INTERNAL_FAILURE = 12400
DIAL_INVALID_METHOD = 13210
DIAL_INVALID_TIMEOUT = 13212
DIAL_INVALID_CALLER_ID = 13214
DIAL_INVALID_NESTED_ELEMENT = 13215
DIAL_INVALID_TIME_LIMIT = 13216
NUMBER_INVALID_METHOD = 13221
CONFERENCE_INVALID_BEEP = 13235
COACH_NOT_IN_ROOM = 13240
ROOM_FULL = 13238
INVALID_LABEL = 16023
LABEL_TAKEN = 16025
INVALID_NUMBER_FORMAT = 13223
INVALID_NUMBER = 13224
FORBIDDEN_NUMBER = 13225
NO_INTERNATIONAL_AUTHORIZATION = 13227
PLAY_INVALID_CONTENT_TYPE = 13420
PAUSE_INVALID_LENGTH = 13910
DETECTION_WITHOUT_CALLBACK = 21262

# Codes that are sent to browsers.
CONNECTION_DECLINED = 31002
MALFORMED_REQUEST = 31100
INVALID_RECONNECT_PARAMETER = 31107
RATE_EXCEEDED = 31206
RECONNECT_NOT_AUTHORIZED = 31209
INVALID_MESSAGE_TYPE = 31210
MESSAGE_TOO_LARGE = 31212
TOKEN_EXPIRED = 31205
NOT_FOUND = 31404
TEMPORARILY_UNAVAILABLE = 31480
BUSY_HERE = 31486
MEDIA_CONNECTION = 53405


@dataclass(frozen=True)
class Problem:
    """One line of the debugger. An error ends the call or the Dial; a warning does not."""

    code: int
    message: str
    level: Literal["error", "warning"] = "error"


class CallProblem(Exception):
    """A problem because of which Twilio does not go on."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(code, message)
