"""The statuses of a call or a leg that are final: nothing that happens later changes them.

SQL (``private.is_final``) and JavaScript (``web/henk-voice/call-statuses.js``) have the same list.
https://www.twilio.com/docs/voice/api/call-resource#call-status-values
"""

from __future__ import annotations

FINAL_STATUSES: frozenset[str] = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})
