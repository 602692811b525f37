"""The form of Twilio's SIDs, as patterns for the whole of a text.

https://www.twilio.com/docs/glossary/what-is-a-sid
"""

from __future__ import annotations

ACCOUNT_SID = r"AC[0-9a-fA-F]{32}"
API_KEY_SID = r"SK[0-9a-fA-F]{32}"
APP_SID = r"AP[0-9a-fA-F]{32}"
CONFERENCE_SID = r"CF[0-9A-Za-z]{1,62}"
# Twilio documents a CallSid as opaque. Today's are CA and 32 hex digits.
CALL_SID = r"CA[0-9A-Za-z]{1,62}"
# As opaque as a CallSid.
RECORDING_SID = r"RE[0-9A-Za-z]{1,62}"
