"""Who may make a business on the page: BUSINESS_CREATION and BUSINESS_FOUNDERS.

deploy.sh writes it after the migrations. Elsewhere `make business-creation` does.
"""

from __future__ import annotations

import argparse
import sys
from argparse import Namespace
from dataclasses import dataclass

from functions.operate import command
from functions.operate.command import Connection, Refused
from functions.setup.settings import Creation, Database
from shared import settings


@dataclass(frozen=True)
class _Stored:
    who: str | None
    founders: frozenset[str]


def write(connection: Connection, wanted: Creation) -> str:
    """Writes who may, and returns what was done. Raises Refused before anything is written."""
    founders = set()
    for email in wanted.founders:
        row = connection.execute("select private.email_form(%s)", (email,)).fetchone()
        if row is None or row[0] is None:
            raise Refused(f"BUSINESS_FOUNDERS has {email!r}, which is not an e-mail address.")
        founders.add(str(row[0]))
    connection.execute("lock table private.business_creation in exclusive mode")
    stored = _read(connection)
    if stored == _Stored(wanted.who, frozenset(founders)):
        return f"{said(wanted)} Nothing was changed."
    connection.execute(
        """
        insert into private.business_creation (who) values (%s)
        on conflict (is_only) do update set who = excluded.who
        """,
        (wanted.who,),
    )
    connection.execute("delete from private.founders where email <> all(%s)", (list(founders),))
    connection.execute(
        "insert into private.founders (email) select unnest(%s::text[]) on conflict do nothing",
        (list(founders),),
    )
    return said(wanted)


def apply(database: Database, wanted: Creation) -> str:
    """``write`` in a connection of its own. Raises psycopg.Error, too."""
    with command.connected(database) as connection:
        return write(connection, wanted)


def said(wanted: Creation) -> str:
    """Who may, in words."""
    match wanted.who:
        case "nobody":
            return "Nobody makes a business on the page; `make owner` does."
        case "invited":
            return (
                f"{len(wanted.founders)} addresses of BUSINESS_FOUNDERS may make a business on the"
                " page."
            )
        case _:
            return "Everybody with a confirmed e-mail address may make a business on the page."


def _read(connection: Connection) -> _Stored:
    row = connection.execute("select who from private.business_creation").fetchone()
    founders = connection.execute("select email from private.founders").fetchall()
    return _Stored(str(row[0]) if row else None, frozenset(str(email) for (email,) in founders))


def _command(arguments: Namespace) -> str:
    values = command.given(arguments)
    with settings.reading(values.values) as env:
        wanted, database = Creation.read(env), Database.read(env)
    if wanted is None:
        raise Refused("BUSINESS_CREATION is not set: nobody, invited or anybody.")
    return apply(database, wanted)


def main() -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(prog="make business-creation", description=__doc__)
    return command.run(parser, _command)


if __name__ == "__main__":
    sys.exit(main())
