"""What a refusal of Twilio's REST API means. Its error code says that; its HTTP status does not:
a suspended account and a wrong secret are both answered 401 or 403.

https://www.twilio.com/docs/api/errors
"""

from __future__ import annotations

from dataclasses import dataclass

from twilio.base.exceptions import TwilioRestException

# https://www.twilio.com/docs/api/errors/10001, /20005, /20403, /90010
NOT_ACTIVE = frozenset({10001, 20005, 20403, 90010})
# https://www.twilio.com/docs/api/errors/20003
WRONG_SECRET = 20003
# https://www.twilio.com/docs/api/errors/20008
TEST_CREDENTIALS = 20008
# https://www.twilio.com/docs/api/errors/70051
NOT_AUTHORIZED = 70051


@dataclass(frozen=True)
class Meaning:
    """``detail`` says what is wrong, ``fix`` what to do: sentences without their last full stop."""

    detail: str
    fix: str


def explain(refusal: TwilioRestException) -> Meaning | None:
    """What Twilio means by refusing the credentials. None if its code does not say that it does."""
    said = f"Twilio answers {refusal.status}, {refusal.code}"
    if refusal.code in NOT_ACTIVE:
        return Meaning(
            f"The account is suspended or out of funds ({said})",
            "Twilio's console says on its front page which it is. Out of funds: Billing → Add"
            " funds, and wait 10 minutes. Suspended: ask Twilio's support. Account SID, token and"
            " keys are right: leave them as they are",
        )
    if refusal.code == NOT_AUTHORIZED:
        return Meaning(
            f"Twilio does not let these credentials do this ({said}): a restricted key that lacks a"
            " permission, a key or an account that does not exist, one that belongs to another"
            " account, or a suspended one",
            "Look at Twilio's console: is the account active (front page), is this account SID its"
            " own, and does Account → API keys list the key, in region US1 and as a standard key?"
            " If not, make a standard key there",
        )
    if refusal.code == TEST_CREDENTIALS:
        return Meaning(
            "These are the account's test credentials, which cannot call",
            "Take the live ones: Twilio's console, front page",
        )
    if refusal.code == WRONG_SECRET or (refusal.code is None and refusal.status == 401):
        return Meaning(
            f"Twilio refuses the credentials ({said}): the secret does not belong to the SID",
            "Copy both again: Twilio's console, front page (it must be the primary token), or"
            " Account → API keys",
        )
    return None
