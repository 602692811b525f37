"""The Twilio account: its credentials, its balance, its clock, and the key that signs access
tokens.

https://www.twilio.com/docs/iam/api/account, https://www.twilio.com/docs/iam/api-keys
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime

from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from functions.doctor.check import Finding, failed, passed, skipped
from functions.doctor.inputs import Inputs
from functions.doctor.network import TIMEOUT_SECONDS
from functions.setup import proxies, twilio_api, twilio_refusals

# In the account's currency. Enough for some calls, while the operator adds funds.
LOW_BALANCE = Decimal(5)
# An access token is valid from this long before it is made (token_fn). Supabase accepts a JWT whose
# time of issue is at most this far in the future.
CLOCK_SKEW_SECONDS = 30


def client(inputs: Inputs) -> Client:
    """A client that is signed in as the account itself."""
    return twilio_api.account_client(inputs.operator.twilio)


def credentials(inputs: Inputs) -> Iterator[Finding]:
    """Whether account SID and auth token belong together, and the account may call."""
    sid = inputs.operator.twilio.account_sid
    try:
        account = client(inputs).api.v2010.accounts(sid).fetch()
    except TwilioRestException as error:
        meaning = twilio_refusals.explain(error)
        if meaning and error.code != twilio_refusals.WRONG_SECRET:
            yield failed(sid, meaning.detail, meaning.fix)
        elif meaning or error.status == 404:
            yield failed(
                sid,
                f"Twilio refuses TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN ({error.status},"
                f" {error.code})",
                "Copy both again: Twilio's console, front page. It must be the primary token",
            )
        else:
            raise
        return
    if account.status != "active":
        yield failed(
            sid,
            f"The account is {account.status}",
            "Twilio's console says why on its front page. If not, ask Twilio's support",
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
    """Whether there is money for calls."""
    try:
        found = client(inputs).api.v2010.account.balance.fetch()
    except TwilioRestException as error:
        if twilio_refusals.explain(error) or error.status not in (403, 404):
            raise
        yield skipped("", "Twilio does not tell the balance of this account. It is a subaccount")
        return
    try:
        amount = Decimal(found.balance)
    except (InvalidOperation, TypeError):
        yield skipped("", f"Twilio's balance is not a number: {found.balance}")
        return
    said = f"{amount:.2f} {found.currency}"
    if amount < LOW_BALANCE:
        yield failed(
            said,
            f"{said} are left: calls fail when the balance is 0",
            "Twilio's console, Billing → Add funds; switch on auto-recharge there",
        )
    else:
        yield passed(said, f"{said} are left")


def clock(inputs: Inputs) -> Iterator[Finding]:
    """Whether this machine's clock agrees with Twilio's. Tokens contain times."""
    before = inputs.now()
    # Only the date of the answer matters, so this does not sign in.
    url = inputs.operator.twilio.api_url
    with proxies.client(url, timeout=TIMEOUT_SECONDS) as http:
        answer = http.get(f"{url}/2010-04-01")
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
            " Twilio's: tokens that it signs are not valid yet, or expire too early",
            "Set the clock by NTP: timedatectl set-ntp true",
        )
    else:
        yield passed("", "This machine's clock agrees with Twilio's")


def api_key(inputs: Inputs) -> Iterator[Finding]:
    """Whether the key that signs access tokens belongs to this account, with its own secret."""
    twilio = inputs.operator.twilio
    sid = twilio.api_key_sid
    signed_in = twilio_api.client(sid, twilio.api_key_secret, twilio.account_sid, twilio.api_url)
    try:
        signed_in.applications.list(limit=1, page_size=1)
    except TwilioRestException as error:
        meaning = twilio_refusals.explain(error)
        if meaning and error.code != twilio_refusals.WRONG_SECRET:
            yield failed(sid, meaning.detail, meaning.fix)
        elif error.status == 403 and not meaning:
            yield failed(
                sid,
                f"{sid} is a restricted key: Twilio knows it and does not let it read"
                " Applications. Twilio refuses access tokens that such a key signed",
                "Make a standard key: Twilio's console, Account → API keys",
            )
        elif meaning or error.status == 404:
            yield failed(
                sid,
                f"Twilio refuses {sid} with TWILIO_API_KEY_SECRET in this account",
                "The secret is another key's, or the key was deleted, or it belongs to another"
                " account or region (it must be US1). Make a standard key: Twilio's console,"
                " Account → API keys",
                # The account's SID may be the wrong one.
                because=("twilio_credentials",),
            )
        else:
            raise
        return
    # A restricted key that may read Applications signs in, too.
    yield passed(
        sid,
        f"{sid} signs in. Only Twilio's console shows whether it is a standard key",
    )
