"""The calls of thirteen months of the demo business, made up by dice that fall the same every time.

What a report should find is in them. Leads are reached best from 16 to 18 on Tuesdays to Thursdays,
on their own clock. The campaign Heat pumps has become worse in the last weeks. Robin's line at home
loses words. Everything else differs by chance alone.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count

_SEED = 21
_DAYS = 396
_NUMBERS = 1550
_MOST_ATTEMPTS = 6
# Since how many days before today Heat pumps is worse.
_WORSE_DAYS = 28


@dataclass(frozen=True)
class Place:
    """Where leads are: one zone, and numbers that nobody has."""

    country: str
    zone: str
    # With a `#` for each digit that differs.
    numbers: tuple[str, ...]
    # When they are called, in hours of their clock. The business is in California.
    hours: range
    weight: int


@dataclass(frozen=True)
class Campaign:
    """How a campaign's leads behave."""

    number: int
    weight: int
    reached: float
    success: float


@dataclass(frozen=True)
class Rep:
    """How a rep works."""

    number: int
    weight: int
    success: float


@dataclass(frozen=True)
class DemoCall:
    """One call. Days and minutes are those of the lead's clock; all lengths are in seconds."""

    number: int
    day: date
    second: int
    zone: str
    country: str
    to_number: str
    rep: int
    campaign: int | None
    # Twilio's word for the lead's leg, or `blocked`.
    status: str
    block_reason: str | None
    # From the dialling to the answer, or to the end.
    ring: int
    talk: int
    # What Twilio's detection says. None: it was not asked for.
    answered_by: str | None
    outcome: str | None
    # From the end to the outcome.
    wrap_up: int
    # Who took the lead over; None: nobody.
    helper: int | None


# Numbers for films and books: https://en.wikipedia.org/wiki/Fictitious_telephone_number
_PLACES = (
    Place(
        "US", "America/Los_Angeles",
        tuple(f"+1{code}55501##" for code in (213, 310, 503, 619, 206, 714, 818)), range(9, 18), 34,
    ),
    Place(
        "US", "America/Denver",
        tuple(f"+1{code}55501##" for code in (303, 505, 720, 801)), range(10, 19), 12,
    ),
    Place(
        "US", "America/Chicago",
        tuple(f"+1{code}55501##" for code in (214, 312, 512, 615, 713, 773)), range(10, 19), 18,
    ),
    Place(
        "US", "America/New_York",
        tuple(f"+1{code}55501##" for code in (212, 305, 404, 617, 718, 919)), range(11, 19), 18,
    ),
    Place("GB", "Europe/London", ("+442079460###",), range(15, 19), 12),
    Place(
        "DE", "Europe/Berlin", ("+493023125###", "+496990009###", "+494066969###"), range(16, 19), 6
    ),
)  # fmt: skip
_CAMPAIGNS = (Campaign(1, 5, 0.26, 0.16), Campaign(3, 4, 0.30, 0.22), Campaign(4, 2, 0.33, 0.27))
_HEAT_PUMPS = 3
# Solar autumn asks Twilio whether a machine has answered.
_WITH_DETECTION = 1
_REPS = (Rep(1, 4, 1.2), Rep(2, 4, 1.0), Rep(5, 3, 0.8), Rep(3, 1, 1.4))
_TEAMMATE = {1: 2, 2: 1, 5: 1, 3: 2}
# What becomes of a call that reaches nobody.
_UNREACHED = ("machine", "no-answer", "busy", "failed", "canceled")
_UNREACHED_WEIGHTS = (34, 54, 6, 3, 3)
# What people say who do not buy, how often, and how long it takes.
_OUTCOMES: dict[str, tuple[int, int, int]] = {
    "not_interested": (46, 15, 170),
    "callback": (22, 35, 200),
    "connected": (18, 40, 420),
    "wrong_number": (7, 8, 30),
    "do_not_call": (4, 8, 45),
}


def calls_until(today: date) -> list[DemoCall]:
    """The calls of the thirteen months before ``today``, in the order of their days."""
    dice = random.Random(_SEED)
    first_day = today - timedelta(days=_DAYS)
    numbers = count(1)
    made: list[DemoCall] = []
    for to_number, place in _leads(dice):
        # The business grows: later days have more leads.
        day = first_day + timedelta(days=int(_DAYS * dice.random() ** 0.85))
        campaign = dice.choices(_CAMPAIGNS, [each.weight for each in _CAMPAIGNS])[0]
        rep = dice.choices(_REPS, [each.weight for each in _REPS])[0]
        for attempt in range(1, _MOST_ATTEMPTS + 1):
            day = _workday(day)
            if day >= today:
                break
            is_worse = campaign.number == _HEAT_PUMPS and day >= today - timedelta(days=_WORSE_DAYS)
            call = _call(
                dice, next(numbers), day, to_number, place, rep, campaign, attempt, is_worse
            )
            made.append(call)
            is_over = call.status == "completed" and call.outcome not in (None, "voicemail")
            if call.status == "blocked" or (is_over and call.outcome != "callback"):
                break
            day += timedelta(days=dice.choice((1, 1, 2, 3, 4)))
    return sorted(made, key=lambda call: (call.day, call.second, call.number))


def _leads(dice: random.Random) -> Iterator[tuple[str, Place]]:
    seen: set[str] = set()
    while len(seen) < _NUMBERS:
        place = dice.choices(_PLACES, [each.weight for each in _PLACES])[0]
        number = "".join(
            str(dice.randrange(10)) if sign == "#" else sign for sign in dice.choice(place.numbers)
        )
        if number not in seen:
            seen.add(number)
            yield number, place


def _workday(day: date) -> date:
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() > 4 else day


def _call(
    dice: random.Random,
    number: int,
    day: date,
    to_number: str,
    place: Place,
    rep: Rep,
    campaign: Campaign,
    attempt: int,
    is_worse: bool,
) -> DemoCall:
    hour = dice.choice(place.hours)
    # Now and then somebody calls without a campaign.
    campaign_number = campaign.number if dice.random() < 0.94 else None
    status, answered_by, talk, outcome, helper = "no-answer", None, 0, None, None
    ring = dice.randint(18, 28)
    chance = campaign.reached * (0.9 ** (attempt - 1)) * (0.45 if is_worse else 1)
    if hour in (16, 17) and day.weekday() in (1, 2, 3):
        chance *= 2.1
    if dice.random() < 0.012:
        status = "blocked"
    elif dice.random() < chance:
        status, ring = "completed", dice.randint(3, 19)
        outcome, talk = _said(dice, campaign.success * rep.success * (0.45 if is_worse else 1))
        answered_by = "human"
        if talk > 120 and dice.random() < 0.1:
            helper = _TEAMMATE[rep.number]
    else:
        unreached = dice.choices(_UNREACHED, _UNREACHED_WEIGHTS)[0]
        status = "completed" if unreached == "machine" else unreached
        if unreached == "machine":
            ring, talk, answered_by = dice.randint(14, 24), dice.randint(6, 32), "machine_start"
            outcome = "voicemail" if dice.random() < 0.9 else None
        elif unreached != "no-answer":
            ring = dice.randint(1, 12)
    return DemoCall(
        number=number,
        day=day,
        second=hour * 3600 + dice.randrange(3600),
        zone=place.zone,
        country=place.country,
        to_number=to_number,
        rep=rep.number,
        campaign=campaign_number,
        status=status,
        block_reason="outside_calling_hours" if status == "blocked" else None,
        ring=ring,
        talk=talk,
        answered_by=answered_by if campaign_number == _WITH_DETECTION else None,
        outcome=outcome,
        wrap_up=dice.randint(4, 25) + int(talk * dice.uniform(0, 0.2)),
        helper=helper,
    )


def _said(dice: random.Random, success: float) -> tuple[str | None, int]:
    """What came of a call with a person, and how long it took. None: the rep has not said it."""
    if dice.random() < 0.015:
        return None, dice.randint(20, 200)
    if dice.random() < success:
        return dice.choice(("booked", "interested")), int(dice.triangular(90, 1100, 260))
    outcomes = list(_OUTCOMES)
    outcome = dice.choices(outcomes, [_OUTCOMES[each][0] for each in outcomes])[0]
    _, shortest, longest = _OUTCOMES[outcome]
    return outcome, int(dice.triangular(shortest, longest, shortest + (longest - shortest) / 4))
