"""The errors of the contract with browsers: class, HTTP status, code."""

from __future__ import annotations

TABLE = {
    ("InvalidRequest", 400, "invalid_request"),
    ("BusinessRequired", 400, "business_required"),
    ("Unauthenticated", 401, "unauthenticated"),
    ("UnauthorizedDomain", 403, "unauthorized_domain"),
    ("NotAMember", 403, "not_a_member"),
    ("InvalidSignature", 403, "invalid_signature"),
    ("NotYourCall", 403, "not_your_call"),
    ("NotAllowed", 403, "not_allowed"),
    ("NotFound", 404, "not_found"),
    ("MethodNotAllowed", 405, "method_not_allowed"),
    ("NotInProgress", 409, "not_in_progress"),
    ("Busy", 409, "busy"),
    ("Away", 409, "away"),
    ("Blocked", 409, "blocked"),
    ("ConsentRequired", 409, "consent_required"),
    ("RecordingOff", 409, "recording_off"),
    ("RecordingRefused", 409, "recording_refused"),
    ("RecordingGone", 410, "recording_gone"),
    ("PayloadTooLarge", 413, "payload_too_large"),
    ("UnsupportedMediaType", 415, "unsupported_media_type"),
    ("RateLimited", 429, "rate_limited"),
    ("PhoneSystemError", 500, "phone_system_error"),
    ("DatabaseUnavailable", 503, "database_unavailable"),
    ("SignInUnavailable", 503, "database_unavailable"),
    ("StorageUnavailable", 503, "storage_unavailable"),
    ("TwilioUnavailable", 503, "twilio_unavailable"),
    ("TwilioBusy", 503, "twilio_unavailable"),
    ("TwilioRefused", 503, "twilio_unavailable"),
}
