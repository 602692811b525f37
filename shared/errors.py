"""The errors that an endpoint answers. Each knows its HTTP status and its code.

Codes are a contract with browsers. Messages are for people, and may change.
"""

from __future__ import annotations

from typing import ClassVar


class RequestError(Exception):
    """Base of all errors here. ``retry_after``, in seconds, becomes the header ``Retry-After``."""

    status: ClassVar[int]
    code: ClassVar[str]

    def __init__(self, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after

    @property
    def more(self) -> dict[str, object]:
        """Fields that the answer has beside code and message."""
        return {}


class InvalidRequest(RequestError):
    """The input is malformed. The message names the field."""

    status = 400
    code = "invalid_request"


class BusinessRequired(RequestError):
    """The user belongs to several businesses and did not choose one."""

    status = 400
    code = "business_required"

    def __init__(self) -> None:
        super().__init__("You belong to several businesses: send businessId to choose one.")


class Unauthenticated(RequestError):
    """The token is missing or not valid. The message does not tell which check failed."""

    status = 401
    code = "unauthenticated"

    def __init__(self, message: str = "Sign in again: the access token is not valid.") -> None:
        super().__init__(message)


class UnauthorizedDomain(RequestError):
    """The page that sent the request does not come from one of Henk's own origins."""

    status = 403
    code = "unauthorized_domain"

    def __init__(self) -> None:
        super().__init__("Calls can only be placed from Henk's own pages.")


class NotAMember(RequestError):
    """The user does not belong to the business, or does not belong to any."""

    status = 403
    code = "not_a_member"

    def __init__(self) -> None:
        super().__init__("You are not a member of this business.")


class InvalidSignature(RequestError):
    """Twilio did not sign this webhook, or signed it for another account."""

    status = 403
    code = "invalid_signature"


class NotYourCall(RequestError):
    """The user is neither on the call nor a manager of the business."""

    status = 403
    code = "not_your_call"

    def __init__(self) -> None:
        super().__init__("Only people who are on this call, and managers, can change it.")


class NotAllowed(RequestError):
    """The user may see this, but not do what they ask for."""

    status = 403
    code = "not_allowed"

    def __init__(self) -> None:
        super().__init__("Your business lets only its managers do this.")


class NotFound(RequestError):
    """What was asked for does not exist, or the caller may not see it."""

    status = 404
    code = "not_found"


class MethodNotAllowed(RequestError):
    """The endpoint does not answer this HTTP method."""

    status = 405
    code = "method_not_allowed"


class NotInProgress(RequestError):
    """The call, or a leg of it, is not in a state in which this can be done."""

    status = 409
    code = "not_in_progress"

    def __init__(
        self, message: str = "The call is not in a state in which this can be done."
    ) -> None:
        super().__init__(message)


class Busy(RequestError):
    """The person to ring is in a call, or somebody else is changing this call."""

    status = 409
    code = "busy"

    def __init__(self, message: str = "This person is in a call.") -> None:
        super().__init__(message)


class ConsentRequired(RequestError):
    """The lead's consent is missing. The call is not recorded."""

    status = 409
    code = "consent_required"

    def __init__(self) -> None:
        super().__init__("Ask the lead first, and confirm that they agree to being recorded.")


class RecordingOff(RequestError):
    """The business, or a rule about the lead's country, does not let this call be recorded."""

    status = 409
    code = "recording_off"

    def __init__(self) -> None:
        super().__init__("This call must not be recorded: your business's settings forbid it.")


class RecordingRefused(RequestError):
    """The lead refused. That is final for the call."""

    status = 409
    code = "recording_refused"

    def __init__(self) -> None:
        super().__init__("The lead does not want to be recorded. This call stays unrecorded.")


class NoMessage(RequestError):
    """The recorded message is deleted, or somebody else's that is not shared."""

    status = 409
    code = "no_message"

    def __init__(self) -> None:
        super().__init__("There is no such recorded message for you. Choose another one.")


class Away(RequestError):
    """The person to ring has no page open, or is away."""

    status = 409
    code = "away"

    def __init__(self) -> None:
        super().__init__("This person is away.")


class Blocked(RequestError):
    """The number must not be called. ``block_reason`` is the code that SQL gives."""

    status = 409
    code = "blocked"

    def __init__(self, block_reason: str, message: str) -> None:
        super().__init__(message)
        self.block_reason = block_reason

    @property
    def more(self) -> dict[str, object]:
        return {"blockReason": self.block_reason}


class RecordingGone(RequestError):
    """The recording is gone: it was deleted, or its time was over."""

    status = 410
    code = "recording_gone"

    def __init__(self) -> None:
        super().__init__("This recording has been deleted.")


class PayloadTooLarge(RequestError):
    """The body is larger than parsing.MAX_BODY_BYTES."""

    status = 413
    code = "payload_too_large"


class UnsupportedMediaType(RequestError):
    """The endpoint does not read bodies of this type."""

    status = 415
    code = "unsupported_media_type"


class RateLimited(RequestError):
    """There were too many requests in too short a time."""

    status = 429
    code = "rate_limited"


class PhoneSystemError(RequestError):
    """A setting is missing or wrong. ``detail`` names it, and is only for the log."""

    status = 500
    code = "phone_system_error"

    def __init__(self, detail: str) -> None:
        super().__init__("The phone system is not set up correctly. Tell your administrator.")
        self.detail = detail


class DatabaseUnavailable(RequestError):
    """The database did not answer in time. ``detail`` is only for the log."""

    status = 503
    code = "database_unavailable"

    def __init__(self, detail: str) -> None:
        super().__init__("The database does not answer. Try again shortly.", retry_after=2)
        self.detail = detail


class StatementStopped(DatabaseUnavailable):
    """The database stopped a statement that took too long."""


class SignInUnavailable(DatabaseUnavailable):
    """The keys for access tokens cannot be fetched, so we do not know whether a token is valid."""


class StorageUnavailable(RequestError):
    """Supabase Storage did not answer in time, or not as it should. ``detail`` is only for the
    log."""

    status = 503
    code = "storage_unavailable"

    def __init__(self, detail: str) -> None:
        super().__init__("Recordings and messages cannot be reached. Try again.", retry_after=10)
        self.detail = f"Storage: {detail}"


class TwilioUnavailable(RequestError):
    """Twilio's REST API did not answer in time. ``detail`` is only for the log."""

    status = 503
    code = "twilio_unavailable"

    def __init__(self, detail: str, *, retry_after: int = 60) -> None:
        super().__init__("Twilio does not answer. Try again later.", retry_after=retry_after)
        self.detail = f"Twilio's REST API: {detail}"


class TwilioBusy(TwilioUnavailable):
    """Twilio's REST API answered 429: we must wait for ``seconds`` before we ask it again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"we must wait for {seconds} s", retry_after=seconds)
        self.seconds = seconds


class TwilioRefused(TwilioUnavailable):
    """Twilio's REST API refuses a request. ``http_status`` is 4xx, 404 if Twilio does not have what
    the request is about. ``twilio_code`` is the number of Twilio's error, if it gave one:
    https://www.twilio.com/docs/api/errors
    """

    def __init__(self, http_status: int, twilio_code: int | None) -> None:
        number = f" (its error {twilio_code})" if twilio_code else ""
        super().__init__(f"it answered HTTP {http_status}{number}")
        self.message = f"Twilio refuses this{number}. Nothing was changed by it."
        self.http_status = http_status
        self.twilio_code = twilio_code
