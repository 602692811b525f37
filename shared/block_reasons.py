"""Why a call is refused, as a sentence that a rep hears and reads. The codes come from SQL."""

from __future__ import annotations

_SENTENCES = {
    "unknown_rep": "This call was not placed. You are not signed in as a sales representative.",
    "not_a_member": "This call was not placed. You are not a member of this business.",
    "invalid_number": "This call was not placed. The number is not a valid phone number.",
    "several_numbers": (
        "This call was not placed. There is more than one number in the text. Keep one of them."
    ),
    "number_type_not_allowed": "This call was not placed. Numbers of this kind cannot be called.",
    "no_caller_id": "This call was not placed. Your business has no caller ID to call from.",
    "caller_id_not_owned": (
        "This call was not placed. The caller ID does not belong to your business."
    ),
    "unknown_lead": "This call was not placed. The lead does not belong to your business.",
    "unknown_campaign": "This call was not placed. The campaign does not belong to your business.",
    "campaign_paused": (
        "This call was not placed. The campaign is paused."
        " A manager of your business can resume it."
    ),
    "lease_lost": (
        "This call was not placed. The lead is no longer yours. Take the next one of the queue."
    ),
    "with_colleague": "This call was not placed. A colleague is calling this lead right now.",
    "do_not_call": "This call was not placed. The number is on your do not call list.",
    "country_not_allowed": "This call was not placed. Your business does not call this country.",
    "outside_calling_hours": (
        "This call was not placed. It is outside calling hours where the number is."
    ),
    "too_many_calls_at_once": (
        "This call was not placed. Your business has too many calls under way. Wait for one to end."
    ),
    "too_many_calls_this_minute": (
        "This call was not placed. You have placed too many calls. Wait a minute."
    ),
    "too_many_calls_today": (
        "This call was not placed. You have placed too many calls in the last 24 hours."
    ),
}


def explain(block_reason: str) -> str:
    """The sentence for a code. A code that this version does not know gets a general one."""
    return _SENTENCES.get(block_reason, "This call was not placed. It is not allowed.")
