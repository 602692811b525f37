"""`make owner EMAIL=… BUSINESS=… COUNTRY=… TIME_ZONE=…`: makes a person who has signed up the owner
of a business, and the business itself if it is new.

BUSINESS is a name or an id. A business that has owners gets another one only if it is named by its
id, so that nobody becomes the owner of somebody else's business of the same name.
"""

from __future__ import annotations

import argparse
import sys
from argparse import Namespace
from uuid import UUID

from functions.operate import businesses, command
from functions.operate.businesses import Business
from functions.operate.command import Connection, Refused
from shared.number_data import COUNTRIES

_LONGEST_NAME = 200
# Names that people use in place of the code of ISO 3166-1.
_MEANT = {"UK": "GB", "EN": "GB", "EL": "GR", "USA": "US"}
_PERSON = """
select users.id, users.email_confirmed_at is not null
from auth.users
where private.email_form(users.email) = %s and users.deleted_at is null
order by users.email_confirmed_at is null
"""


def make_owner(
    connection: Connection, email: str, business: str, country: str, time_zone: str
) -> str:
    """Makes the owner, and returns what was done. Raises Refused before anything is written."""
    # One at a time: twice at once must not make two businesses.
    connection.execute("select pg_advisory_xact_lock(hashtextextended('operate.owner', 0))")
    address, user_id = _person(connection, email)
    found = businesses.find(connection, business)
    if found is None:
        return _make(connection, address, user_id, business, country, time_zone)
    role = connection.execute(
        "select role from public.business_members where business_id = %s and user_id = %s",
        (found.id, user_id),
    ).fetchone()
    if role == ("owner",):
        return f"{address} is an owner of {found.shown} already. Nothing was changed."
    if found.owners and businesses.as_id(business) is None:
        raise Refused(
            f"There is a business {found.shown}, which {', '.join(found.owners)} owns. If {address}"
            f" shall own it too: BUSINESS={found.id}. For a new business choose another name."
        )
    _join(connection, found, user_id)
    before = f", and was {role[0]} there before" if role else ""
    return f"{address} is an owner of {found.shown} now{before}."


def _person(connection: Connection, email: str) -> tuple[str, UUID]:
    form = connection.execute("select private.email_form(%s)", (email,)).fetchone()
    if form is None or form[0] is None:
        raise Refused(f"EMAIL={email} is not an e-mail address.")
    people = connection.execute(_PERSON, (form[0],)).fetchall()
    if not people:
        raise Refused(
            f"Nobody has signed up as {form[0]}. They sign up on the page first. Then run this"
            " again."
        )
    user_id, is_verified = people[0]
    if not is_verified:
        raise Refused(
            f"{form[0]} is not confirmed yet. The link is in the message that Supabase sent; they"
            " open it, then run this again."
        )
    if len(people) > 1:
        raise Refused(
            f"{len(people)} accounts have the address {form[0]}. Keep one of them: Supabase's"
            " dashboard, Authentication."
        )
    return str(form[0]), UUID(str(user_id))


def _make(
    connection: Connection, address: str, user_id: UUID, name: str, country: str, time_zone: str
) -> str:
    row = connection.execute(
        "select private.visible_text(%s), private.is_time_zone(%s) or %s = 'UTC'",
        (name, time_zone, time_zone),
    ).fetchone()
    visible, is_time_zone = row or (None, None)
    if not isinstance(visible, str) or len(visible) > _LONGEST_NAME:
        raise Refused(f"BUSINESS must be a name of 1 to {_LONGEST_NAME} characters.")
    problems = []
    if country not in COUNTRIES:
        meant = _MEANT.get(country.upper(), country.upper())
        problems.append(
            "COUNTRY must be the two capital letters of its country (ISO 3166-1), such as"
            f" {meant if meant in COUNTRIES else 'NL'}: how numbers without a country code are read"
        )
    if not is_time_zone:
        problems.append(
            "TIME_ZONE must be an IANA name such as Europe/Amsterdam: whose days reports have"
        )
    if problems:
        listed = "".join(f"\n  - {problem}" for problem in problems)
        raise Refused(f"There is no business {visible!r} yet. To make it:{listed}")
    (business_id,) = connection.execute(
        "insert into public.businesses (name, country, time_zone) values (%s, %s, %s) returning id",
        (visible, country, time_zone),
    ).fetchone() or (None,)
    business = Business(UUID(str(business_id)), visible, ())
    _join(connection, business, user_id)
    return (
        f"Made the business {business.shown}, country {country}, time zone {time_zone}. {address}"
        f" is its owner.\nIts first number: make caller-id NUMBER=+… BUSINESS={business.id}"
    )


def _join(connection: Connection, business: Business, user_id: UUID) -> None:
    connection.execute(
        """
        insert into public.business_members (business_id, user_id, role) values (%s, %s, 'owner')
        on conflict (business_id, user_id) do update set role = 'owner'
        """,
        (business.id, user_id),
    )


def _command(arguments: Namespace) -> str:
    missing = [name for name in ("EMAIL", "BUSINESS") if not getattr(arguments, name.lower())]
    if missing:
        raise Refused(
            f"{' and '.join(missing)} missing: make owner EMAIL=you@example.com"
            " BUSINESS='Demo Solar' COUNTRY=NL TIME_ZONE=Europe/Amsterdam"
        )
    database = command.read_database(command.given(arguments))
    with command.connected(database) as connection:
        return make_owner(
            connection,
            arguments.email,
            arguments.business,
            arguments.country.strip(),
            arguments.time_zone.strip(),
        )


def main() -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(prog="make owner", description=__doc__)
    parser.add_argument("--email", default="", help="who has signed up with this address")
    parser.add_argument("--business", default="", help="its name, or its id")
    parser.add_argument("--country", default="", help="of a new business: two capital letters")
    parser.add_argument("--time-zone", default="", help="of a new business: an IANA name")
    return command.run(parser, _command)


if __name__ == "__main__":
    sys.exit(main())
