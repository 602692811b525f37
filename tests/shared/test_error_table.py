"""The table of errors in docs/endpoints.md: status, code, and the message that a person reads."""

from __future__ import annotations

import pytest

from shared import errors
from stack.settings import CHECKOUT

TABLE: list[tuple[errors.RequestError, int, str, str]] = [
    (errors.InvalidRequest("To is missing."), 400, "invalid_request", "To is missing."),
    (
        errors.BusinessRequired(),
        400,
        "business_required",
        "You belong to several businesses: send businessId to choose one.",
    ),
    (
        errors.Unauthenticated(),
        401,
        "unauthenticated",
        "Sign in again: the access token is not valid.",
    ),
    (
        errors.UnauthorizedDomain(),
        403,
        "unauthorized_domain",
        "Calls can only be placed from Henk's own pages.",
    ),
    (errors.NotAMember(), 403, "not_a_member", "You are not a member of this business."),
    (errors.InvalidSignature("why"), 403, "invalid_signature", "why"),
    (
        errors.NotYourCall(),
        403,
        "not_your_call",
        "Only people who are on this call, and managers, can change it.",
    ),
    (
        errors.NotInProgress(),
        409,
        "not_in_progress",
        "The call is not in a state in which this can be done.",
    ),
    (errors.Busy(), 409, "busy", "This person is in a call."),
    (
        errors.NoMessage(),
        409,
        "no_message",
        "There is no such recorded message for you. Choose another one.",
    ),
    (errors.Away(), 409, "away", "This person is away."),
    (errors.Blocked("do_not_call", "why"), 409, "blocked", "why"),
    (
        errors.NotAllowed(),
        403,
        "not_allowed",
        "Your business lets only its managers do this.",
    ),
    (
        errors.ConsentRequired(),
        409,
        "consent_required",
        "Ask the lead first, and confirm that they agree to being recorded.",
    ),
    (
        errors.RecordingOff(),
        409,
        "recording_off",
        "This call must not be recorded: your business's settings forbid it.",
    ),
    (
        errors.RecordingRefused(),
        409,
        "recording_refused",
        "The lead does not want to be recorded. This call stays unrecorded.",
    ),
    (errors.RecordingGone(), 410, "recording_gone", "This recording has been deleted."),
    (
        errors.StorageUnavailable("a host"),
        503,
        "storage_unavailable",
        "Recordings and messages cannot be reached. Try again.",
    ),
    (errors.NotFound("what"), 404, "not_found", "what"),
    (errors.MethodNotAllowed("which"), 405, "method_not_allowed", "which"),
    (errors.PayloadTooLarge("how much"), 413, "payload_too_large", "how much"),
    (errors.UnsupportedMediaType("what"), 415, "unsupported_media_type", "what"),
    (errors.RateLimited("slower", retry_after=3), 429, "rate_limited", "slower"),
    (
        errors.PhoneSystemError("a setting"),
        500,
        "phone_system_error",
        "The phone system is not set up correctly. Tell your administrator.",
    ),
    (
        errors.DatabaseUnavailable("a host"),
        503,
        "database_unavailable",
        "The database does not answer. Try again shortly.",
    ),
    (
        errors.TwilioUnavailable("an address"),
        503,
        "twilio_unavailable",
        "Twilio does not answer. Try again later.",
    ),
]


@pytest.mark.parametrize(
    ("error", "status", "code", "message"), TABLE, ids=lambda value: getattr(value, "code", None)
)
def test_a_refusal_has_its_status_code_and_words(
    error: errors.RequestError, status: int, code: str, message: str
) -> None:
    assert (error.status, error.code, error.message) == (status, code, message)
    assert f"| {status} | `{code}` |" in (CHECKOUT / "docs" / "endpoints.md").read_text()


def test_the_table_has_every_refusal() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    codes = {vars(kind)["code"] for kind in kinds if "code" in vars(kind)}
    assert codes == {code for _, _, code, _ in TABLE}
