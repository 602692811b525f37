"""The bucket `messages` of Supabase Storage: what reps have recorded for answering machines."""

from __future__ import annotations

from shared import errors, settings, storage

BUCKET = "messages"
# Twilio fetches the sound within seconds. Until it has, the address must be good, also if Twilio
# tries again.
ADDRESS_SECONDS = 900
SECONDS = 4.0


def sign(url: str, supabase: settings.Supabase, access_token: str, path: str) -> str:
    """The address of a message, as its user may hear it: Storage's policies decide.

    Raises NoMessage if there is no such sound, StorageUnavailable if Storage does not answer, or
    not as it should, and PhoneSystemError if it refuses the token.
    """
    access = storage.Access(
        url, BUCKET, supabase, access_token, token_name="the rep's token", seconds=SECONDS
    )
    address = access.sign(path, ADDRESS_SECONDS)
    if address is None:
        raise errors.NoMessage
    return address
