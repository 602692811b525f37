"""`make caller-id NUMBER=… BUSINESS=…`: gives a business a number that its calls may show.

The number must belong to the Twilio account, or be verified there. Which numbers a business may
show, the operator decides; which of them it shows, and with what label, its managers do.
"""

from __future__ import annotations

import argparse
import re
import sys
from argparse import Namespace
from dataclasses import replace

from functions.doctor import numbers
from functions.doctor.check import Finding
from functions.doctor.examination import Examination, findings
from functions.doctor.inputs import Inputs, read
from functions.operate import businesses, command
from functions.operate.command import Connection, Refused
from shared.phone_numbers import format_caller_id

_TWILIO = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_API_URL")
_NO_ANSWER = "Let this machine reach Twilio (DNS, proxy, firewall), or wait: status.twilio.com"


def give_number(connection: Connection, number: str, business: str) -> str:
    """Gives the number, which Twilio knows, and returns what was done. Raises Refused before
    anything is written."""
    connection.execute("select pg_advisory_xact_lock(hashtextextended('operate.caller_id', 0))")
    found = _business(connection, business)
    owner = connection.execute(
        """
        select businesses.id, businesses.name
        from public.phone_numbers
        join public.businesses on businesses.id = phone_numbers.business_id
        where phone_numbers.phone_number = %s
        """,
        (number,),
    ).fetchone()
    if owner and owner[0] == found.id:
        return f"{number} is a caller ID of {found.shown} already. Nothing was changed."
    if owner:
        raise Refused(
            f"{number} is a caller ID of {owner[1]} ({owner[0]}). A number belongs to one business,"
            " so that it is clear whom a lead calls back. To take it from them: make caller-id"
            f" NUMBER={number} BUSINESS={owner[0]} TAKE=1"
        )
    (is_default,) = connection.execute(
        """
        insert into public.phone_numbers (business_id, phone_number, is_default)
        values (%(business)s, %(number)s, not exists (
          select from public.phone_numbers where business_id = %(business)s and is_default
        ))
        returning is_default
        """,
        {"business": found.id, "number": number},
    ).fetchone() or (None,)
    shown = "shows it from now on" if is_default else "can choose it in the page's settings"
    return f"{number} is a caller ID of {found.shown}, which {shown}."


def take_number(connection: Connection, number: str, business: str) -> str:
    """Takes the number away from the business, and returns what was done. Raises Refused."""
    found = _business(connection, business)
    taken = connection.execute(
        """
        delete from public.phone_numbers where business_id = %s and phone_number = %s
        returning is_default
        """,
        (found.id, number),
    ).fetchone()
    if taken is None:
        return f"{number} is not a caller ID of {found.shown}. Nothing was changed."
    after = ". It was the usual one: a manager chooses another in the settings" if taken[0] else ""
    return f"{found.shown} cannot show {number} any more{after}."


def _business(connection: Connection, named: str) -> businesses.Business:
    found = businesses.find(connection, named)
    if found is None:
        raise Refused(f"There is no business of the name {named!r}. `make owner` makes one.")
    return found


def check_at_twilio(inputs: Inputs, number: str) -> None:
    """Raises Refused unless the account may show this number."""
    twilio = replace(inputs.operator.twilio, phone_number=number)
    asked = replace(inputs, operator=replace(inputs.operator, twilio=twilio))
    examination = Examination("caller_id", numbers.own_number, _NO_ANSWER, _TWILIO)
    found: Finding = findings(examination, asked)[0]
    if found.status != "pass":
        raise Refused(f"{found.detail}. {found.fix}".strip())


def _command(arguments: Namespace) -> str:
    number = format_caller_id(re.sub(r"^\s*00", "+", arguments.number))
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", number) or not arguments.business.strip():
        raise Refused(
            "NUMBER must be a number in its international form, and BUSINESS a name or an id: make"
            " caller-id NUMBER=+14155550100 BUSINESS='Demo Solar'"
        )
    if arguments.take not in ("", "0", "1"):
        raise Refused(f"TAKE={arguments.take} is not known. TAKE=1 takes the number away.")
    values = command.given(arguments)
    database = command.read_database(values)
    takes = arguments.take == "1"
    if not takes:
        operator, problems = read(values.values, values.path.absolute().parent)
        check_at_twilio(Inputs(operator, problems), number)
    with command.connected(database) as connection:
        change = take_number if takes else give_number
        return change(connection, number, arguments.business)


def main() -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(prog="make caller-id", description=__doc__)
    parser.add_argument("--number", default="", help="in its international form: +14155550100")
    parser.add_argument("--business", default="", help="its name, or its id")
    parser.add_argument("--take", default="", help="1 takes the number away again")
    return command.run(parser, _command)


if __name__ == "__main__":
    sys.exit(main())
