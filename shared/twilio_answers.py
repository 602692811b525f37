"""What Twilio's library raises, as an error of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from twilio.base.exceptions import (
    TwilioException,
    TwilioRestException,
    TwilioServiceException,
)

from shared import errors


@contextmanager
def reading() -> Iterator[None]:
    """Requests and their answers are inside of this.

    Raises TwilioRefused if Twilio refuses a request, TwilioUnavailable for an answer that is not
    one of Twilio's, and what ``twilio_client.build_client`` names.
    """
    try:
        yield
    except (TwilioRestException, TwilioServiceException) as error:
        code = error.code if isinstance(error.code, int) else None
        raise errors.TwilioRefused(error.status, code) from error
    # The library raises these for an answer that does not have the form of Twilio's answers.
    except (TwilioException, AttributeError, LookupError, TypeError, ValueError) as error:
        raise errors.TwilioUnavailable("the answer is not one of Twilio's") from error
