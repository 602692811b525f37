"""The Twilio account: its credentials, its money, its clock, and the key that signs access tokens.

https://www.twilio.com/docs/iam/api/account, https://www.twilio.com/docs/iam/api-keys
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime

import httpx
import jwt
from twilio.base.exceptions import TwilioRestException
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant
from twilio.rest import Client

from functions import twilio_api
from functions.doctor.check import Finding, failed, passed, skipped
from functions.doctor.inputs import Inputs
from functions.doctor.network import TIMEOUT_SECONDS

# In the account's currency: some calls are left, and time to add to it.
LOW_BALANCE = Decimal(5)
# By how much access tokens are valid early (token_fn), and Supabase forgives a JWT's time of issue.
CLOCK_SKEW_SECONDS = 30
# https://www.twilio.com/docs/api/errors/20008
_TEST_CREDENTIALS = 20008


def client(inputs: Inputs) -> Client:
    """Signed in as the account itself."""
    twilio = inputs.operator.twilio
    return twilio_api.client(
        twilio.account_sid, twilio.auth_token, twilio.account_sid, twilio.api_url
    )


def credentials(inputs: Inputs) -> Iterator[Finding]:
    """Whether account SID and auth token fit, and the account may call."""
    sid = inputs.operator.twilio.account_sid
    try:
        account = client(inputs).api.v2010.accounts(sid).fetch()
    except TwilioRestException as error:
        if error.code == _TEST_CREDENTIALS:
            yield failed(
                sid,
                "These are the account's test credentials, which cannot call",
                "Take the live ones: Twilio's console, front page",
            )
        elif error.status in (401, 403, 404):
            yield failed(
                sid,
                f"Twilio refuses TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN ({error.status},"
                f" {error.code})",
                "Copy both anew: Twilio's console, front page. It must be the primary token",
            )
        else:
            raise
        return
    if account.status != "active":
        yield failed(
            sid,
            f"The account is {account.status}",
            "Twilio's console says why on its front page; else ask Twilio's support",
        )
    elif account.type == "Trial":
        yield passed(
            sid,
            f"{sid} is a trial account: it calls verified numbers only, and few at a time",
            "Upgrade it before others use it: Twilio's console, Billing → Upgrade",
        )
    else:
        yield passed(sid, f"{sid} is active")


def balance(inputs: Inputs) -> Iterator[Finding]:
    """Whether there is money to call with."""
    try:
        found = client(inputs).api.v2010.account.balance.fetch()
    except TwilioRestException as error:
        if error.status not in (403, 404):
            raise
        yield skipped("", "Twilio does not tell this account's balance, as for subaccounts")
        return
    try:
        amount = Decimal(found.balance)
    except (InvalidOperation, TypeError):
        yield skipped("", f"Twilio tells no amount: {found.balance}")
        return
    said = f"{amount:.2f} {found.currency}"
    if amount < LOW_BALANCE:
        yield failed(
            said,
            f"{said} are left: calls fail when nothing is",
            "Twilio's console, Billing → Add funds; switch auto-recharge on there",
        )
    else:
        yield passed(said, f"{said} are left")


def clock(inputs: Inputs) -> Iterator[Finding]:
    """Whether this machine's clock is right, by Twilio's: what it signs has times in it."""
    before = inputs.now()
    # What Twilio answers does not matter here, and so nobody signs in.
    answer = httpx.get(f"{inputs.operator.twilio.api_url}/2010-04-01", timeout=TIMEOUT_SECONDS)
    here = (before + inputs.now()) / 2
    try:
        there = parsedate_to_datetime(answer.headers["Date"]).timestamp()
    except (KeyError, ValueError):
        yield skipped("", "Twilio's answer has no date")
        return
    skew = here - there
    if abs(skew) > CLOCK_SKEW_SECONDS:
        yield failed(
            f"{skew:+.0f} s",
            f"This machine's clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'}"
            " Twilio's: what it signs is not valid yet, or not for long enough",
            "Let it keep time by NTP: timedatectl set-ntp true",
        )
    else:
        yield passed("", "This machine's clock agrees with Twilio's")


def api_key(inputs: Inputs) -> Iterator[Finding]:
    """Whether the key that signs access tokens is one of this account's, with its own secret."""
    twilio = inputs.operator.twilio
    sid = twilio.api_key_sid
    signed_in = twilio_api.client(sid, twilio.api_key_secret, twilio.account_sid, twilio.api_url)
    try:
        signed_in.applications.list(limit=1, page_size=1)
    except TwilioRestException as error:
        if error.status == 403:
            yield failed(
                sid,
                f"{sid} is a restricted key: Twilio knows it and does not let it read"
                " Applications. It refuses access tokens that such a key signed",
                "Make a standard key: Twilio's console, Account → API keys",
            )
        elif error.status in (401, 404):
            yield failed(
                sid,
                f"Twilio refuses {sid} with TWILIO_API_KEY_SECRET in this account",
                "The secret is another key's, or the key was deleted, or is another account's or"
                " region's (it must be US1). Make a standard key: Twilio's console, Account → API"
                " keys",
            )
        else:
            raise
        return

    token = AccessToken(twilio.account_sid, sid, twilio.api_key_secret, identity="doctor", ttl=60)
    token.add_grant(VoiceGrant(outgoing_application_sid=twilio.twiml_app_sid or ""))
    try:
        jwt.decode(token.to_jwt(), twilio.api_key_secret, algorithms=["HS256"], issuer=sid)
    except jwt.PyJWTError as error:
        yield failed(
            sid,
            f"An access token signed with it does not verify: {type(error).__name__}",
            "Install this checkout's own packages anew: rm -r .venv; make install",
        )
        return
    # A restricted key that may read Applications looks the same.
    yield passed(
        sid,
        f"{sid} signs in, and signs access tokens. Whether it is a standard key cannot be told"
        " from here",
    )
