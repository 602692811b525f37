"""What a request can be refused with: each error knows its HTTP status and its code.

The codes are the contract with the browser; messages are for people and may change.
"""

from __future__ import annotations

from typing import ClassVar


class RequestError(Exception):
    """Base of all refusals. ``retry_after``, in seconds, becomes the header ``Retry-After``."""

    status: ClassVar[int]
    code: ClassVar[str]

    def __init__(self, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after


class InvalidRequest(RequestError):
    """Malformed input; the message says which field."""

    status = 400
    code = "invalid_request"


class BusinessRequired(RequestError):
    """The user belongs to several businesses and chose none."""

    status = 400
    code = "business_required"

    def __init__(self) -> None:
        super().__init__("You belong to several businesses: send businessId to choose one.")


class Unauthenticated(RequestError):
    """No usable Supabase access token. The message does not say which check failed."""

    status = 401
    code = "unauthenticated"

    def __init__(self, message: str = "Sign in again: the access token is not valid.") -> None:
        super().__init__(message)


class UnauthorizedDomain(RequestError):
    """The page that asks is not served from one of Henk's own origins."""

    status = 403
    code = "unauthorized_domain"

    def __init__(self) -> None:
        super().__init__("Calls can only be placed from Henk's own pages.")


class NotAMember(RequestError):
    """The user does not belong to the business, or to any."""

    status = 403
    code = "not_a_member"

    def __init__(self) -> None:
        super().__init__("You are not a member of this business.")


class InvalidSignature(RequestError):
    """A webhook that Twilio did not sign for this account."""

    status = 403
    code = "invalid_signature"


def refuse_rep(error: str | None) -> None:
    """Raises what the database refuses a rep with before it looks at their request; ``error`` is
    that of ``grant_access_token`` and ``preview_call``, and anything else passes."""
    match error:
        case "signed_out":
            raise Unauthenticated
        case "business_required":
            raise BusinessRequired
        case "not_a_member":
            raise NotAMember


class NotFound(RequestError):
    """No such thing, or none that the caller may see."""

    status = 404
    code = "not_found"


class MethodNotAllowed(RequestError):
    """The endpoint does not answer this HTTP method."""

    status = 405
    code = "method_not_allowed"


class PayloadTooLarge(RequestError):
    """The body is larger than any honest one."""

    status = 413
    code = "payload_too_large"


class UnsupportedMediaType(RequestError):
    """The body is of a type that the endpoint does not read."""

    status = 415
    code = "unsupported_media_type"


class RateLimited(RequestError):
    """Too many in too short a time."""

    status = 429
    code = "rate_limited"


class PhoneSystemError(RequestError):
    """A setting is missing or wrong. ``detail`` is for the log alone and names it."""

    status = 500
    code = "phone_system_error"

    def __init__(self, detail: str) -> None:
        super().__init__("The phone system is not set up correctly. Tell your administrator.")
        self.detail = detail


class DatabaseUnavailable(RequestError):
    """The database did not answer in time. ``detail`` is for the log alone."""

    status = 503
    code = "database_unavailable"

    def __init__(self, detail: str) -> None:
        super().__init__("The database does not answer. Try again shortly.", retry_after=2)
        self.detail = detail


class SignInUnavailable(DatabaseUnavailable):
    """The keys that sign access tokens cannot be fetched, so a token can be neither trusted nor
    refused."""


class TwilioUnavailable(RequestError):
    """Twilio's REST API did not answer in time. ``detail`` is for the log alone."""

    status = 503
    code = "twilio_unavailable"

    def __init__(self, detail: str, *, retry_after: int = 60) -> None:
        super().__init__("Twilio does not answer. Try again later.", retry_after=retry_after)
        self.detail = f"Twilio's REST API: {detail}"


class TwilioBusy(TwilioUnavailable):
    """Twilio's REST API wants to be left alone for so many seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"it wants to be left alone for {seconds} s", retry_after=seconds)
        self.seconds = seconds
