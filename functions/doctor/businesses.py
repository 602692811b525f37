"""Businesses that something is missing for: an owner, or a number that their calls can show."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg

from functions.doctor import database
from functions.doctor.check import Finding, failed, passed, skipped
from functions.doctor.inputs import Inputs

_SHOWN = 5
# People are in it, and nobody of them may manage it; or managers alone may. Accounts that were
# deleted softly or banned are still there, and nobody can sign in with them.
_WITHOUT = """
with people as (
  select members.business_id, members.role
  from public.business_members members
  join auth.users on users.id = members.user_id
  where users.deleted_at is null and (users.banned_until is null or users.banned_until < now())
)
select format('%s (%s)', businesses.name, businesses.id)
from public.businesses
where exists (select from public.business_members where business_id = businesses.id)
  and not exists (select from people where business_id = businesses.id and role = 'owner')
  and {} (select from people where business_id = businesses.id and role = 'manager')
order by 1
"""
_WITHOUT_NUMBER = """
select format('%s (%s)', businesses.name, businesses.id)
from public.businesses
where exists (select from public.business_members where business_id = businesses.id)
  and not exists (select from public.phone_numbers where business_id = businesses.id)
order by 1
"""


def look(inputs: Inputs) -> Iterator[Finding]:
    """One finding for each kind."""
    try:
        (count,) = database.column(inputs, "select count(*) from public.businesses")
        unmanaged = database.column(inputs, _WITHOUT.format("not exists"))
        without_owner = database.column(inputs, _WITHOUT.format("exists"))
        without_number = database.column(inputs, _WITHOUT_NUMBER)
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        yield skipped("", "Not examined: the database has no businesses yet, see migrations")
        return
    if count == "0":
        yield passed(
            "",
            "There is no business yet, so nobody can call",
            "make owner EMAIL=… BUSINESS=… COUNTRY=… TIME_ZONE=…: step 7 of docs/setup.md",
        )
        return
    if unmanaged:
        yield failed(
            unmanaged[0],
            f"Nobody owns or manages {_some(unmanaged)}, so nobody can invite people or change"
            " settings",
            "make owner EMAIL=… BUSINESS=ID makes somebody its owner",
        )
    if without_owner:
        yield passed(
            without_owner[0],
            f"Managers alone look after {_some(without_owner)}: make owner EMAIL=… BUSINESS=ID"
            " makes somebody its owner",
        )
    if without_number:
        yield passed(
            without_number[0],
            f"Nobody can call for {_some(without_number)}, which has no caller ID yet: make"
            " caller-id NUMBER=+… BUSINESS=ID gives it one",
        )
    if not unmanaged and not without_owner and not without_number:
        yield passed("", f"Businesses have owners and caller IDs ({count})")


def _some(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
