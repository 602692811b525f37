"""Twilio's REST resources as JSON: github.com/twilio/twilio-oai, version 2010-04-01."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import md5

from simulator.account import Account, TwimlApp
from simulator.calls import Call, CallStatus, Leg

API_VERSION = "2010-04-01"

Json = dict[str, object]

# The API knows no `initiated`: until it rings, a call is queued.
_API_STATUS: Mapping[CallStatus, str] = {"initiated": "queued"}

APP_FIELDS: Mapping[str, str] = {
    "FriendlyName": "friendly_name",
    "VoiceUrl": "voice_url",
    "VoiceMethod": "voice_method",
    "StatusCallback": "status_callback",
    "StatusCallbackMethod": "status_callback_method",
}
"""Parameters of an Application that the simulator keeps, and what they are called in answers."""

_APP_UNUSED = (
    "message_status_callback",
    "sms_fallback_url",
    "sms_status_callback",
    "sms_url",
    "voice_fallback_url",
)


def account_json(account: Account) -> Json:
    """An Account."""
    return {
        "sid": account.sid,
        "owner_account_sid": account.sid,
        "friendly_name": "Simulated account",
        "status": account.status,
        "type": account.type,
        # Twilio shows the token itself; ours is no business of who reads answers.
        "auth_token": None,
        "date_created": rfc_2822(account.made_at),
        "date_updated": rfc_2822(account.made_at),
        "subresource_uris": {},
        "uri": f"/{API_VERSION}/Accounts/{account.sid}.json",
    }


def balance_json(account: Account) -> Json:
    """The account's Balance."""
    return {"account_sid": account.sid, "balance": account.balance, "currency": "USD"}


def number_json(account: Account, number: str) -> Json:
    """An IncomingPhoneNumber."""
    sid = _sid("PN", number)
    return {
        "sid": sid,
        "account_sid": account.sid,
        "phone_number": number,
        "friendly_name": number,
        "capabilities": {"voice": True, "sms": True, "mms": False, "fax": False},
        "status": "in-use",
        "beta": False,
        "address_requirements": "none",
        "api_version": API_VERSION,
        "date_created": rfc_2822(account.made_at),
        "date_updated": rfc_2822(account.made_at),
        "uri": _uri(account, f"IncomingPhoneNumbers/{sid}"),
    }


def caller_id_json(account: Account, number: str) -> Json:
    """An OutgoingCallerId: a number of somebody else's that was verified."""
    sid = _sid("PN", number)
    return {
        "sid": sid,
        "account_sid": account.sid,
        "phone_number": number,
        "friendly_name": number,
        "date_created": rfc_2822(account.made_at),
        "date_updated": rfc_2822(account.made_at),
        "uri": _uri(account, f"OutgoingCallerIds/{sid}"),
    }


def app_json(account: Account, app: TwimlApp) -> Json:
    """An Application."""
    return {
        "sid": app.sid,
        "account_sid": account.sid,
        "api_version": API_VERSION,
        "date_created": rfc_2822(account.made_at),
        "date_updated": rfc_2822(account.made_at),
        "friendly_name": app.friendly_name,
        "voice_url": app.voice_url or None,
        "voice_method": app.voice_method,
        "voice_fallback_method": "POST",
        "voice_caller_id_lookup": False,
        "status_callback": app.status_callback or None,
        "status_callback_method": app.status_callback_method,
        "sms_method": "POST",
        "sms_fallback_method": "POST",
        "public_application_connect_enabled": False,
        "uri": _uri(account, f"Applications/{app.sid}"),
        **dict.fromkeys(_APP_UNUSED),
    }


def call_json(account: Account, call: Call, leg: Leg) -> Json:
    """A Call: one leg. Its duration is empty unless it was talked on and is over."""
    timeline = call.timeline
    ended = None if leg.ended is None else rfc_2822(timeline.at(leg.ended))
    return {
        "sid": leg.sid,
        "parent_call_sid": leg.parent_sid,
        "account_sid": account.sid,
        "to": leg.to or "",
        "to_formatted": leg.to or "",
        "from": leg.from_,
        "from_formatted": leg.from_,
        "phone_number_sid": None,
        "status": api_status(leg),
        "start_time": rfc_2822(timeline.at(leg.started)),
        "end_time": ended,
        "duration": str(leg.duration) if leg.status == "completed" else None,
        "price": None,
        "price_unit": "USD",
        "direction": leg.direction,
        "answered_by": None,
        "api_version": API_VERSION,
        "forwarded_from": None,
        "group_sid": None,
        "caller_name": None,
        "queue_time": "0",
        "trunk_sid": None,
        "date_created": rfc_2822(timeline.at(leg.started)),
        "date_updated": ended or rfc_2822(timeline.at(leg.started)),
        "uri": _uri(account, f"Calls/{leg.sid}"),
        "subresource_uris": {},
    }


def api_status(leg: Leg) -> str:
    """The leg's status in the API's words."""
    return _API_STATUS.get(leg.status, leg.status)


def rfc_2822(moment: datetime) -> str:
    """Whole seconds, UTC: ``Tue, 24 Nov 2026 09:00:00 +0000``."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0))


def _sid(prefix: str, text: str) -> str:
    return prefix + md5(text.encode(), usedforsecurity=False).hexdigest()


def _uri(account: Account, path: str) -> str:
    return f"/{API_VERSION}/Accounts/{account.sid}/{path}.json"
