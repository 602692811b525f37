"""The frame of a command: settings, the connection to the database, and how it ends."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from functions.setup.env_file import EnvFileError
from functions.setup.settings import Database, Given, default_file
from shared import settings

Connection = psycopg.Connection[tuple[object, ...]]
_TIMEOUT_SECONDS = 15


class Refused(Exception):
    """The command does nothing. The message says why and what to do."""


def given(arguments: Namespace) -> Given:
    """The settings of ``--env``, of .env, or of the local stack that runs. Raises EnvFileError."""
    file: Path | None = arguments.env
    return Given.load(file or default_file(os.environ), os.environ, must_exist=file is not None)


def read_database(values: Given) -> Database:
    """SUPABASE_DB_URL. Raises ConfigurationError."""
    with settings.reading(values.values) as env:
        return Database.read(env)


@contextmanager
def connected(database: Database) -> Iterator[Connection]:
    """One transaction, which is rolled back if something in it fails. Raises psycopg.Error."""
    mode = conninfo_to_dict(database.address).get("sslmode") or database.environment["PGSSLMODE"]
    with psycopg.connect(
        database.address,
        password=database.password,
        sslmode=str(mode),
        connect_timeout=_TIMEOUT_SECONDS,
        application_name="henk operator",
    ) as connection:
        # Poolers refuse these as options of the connection, so they are statements.
        connection.execute("set local statement_timeout = '15s'")
        connection.execute("set local lock_timeout = '5s'")
        yield connection


def run(parser: ArgumentParser, command: Callable[[Namespace], str]) -> int:
    """Runs a command with these arguments, and prints what it did. Returns the exit status: 0, or 1
    if nothing was done."""
    parser.add_argument(
        "--env",
        type=Path,
        metavar="FILE",
        help="read settings from this file and not from .env",
    )
    try:
        arguments = parser.parse_args()
        for name, value in vars(arguments).items():
            # Bytes that are not UTF-8: Python keeps them as halves of characters.
            if isinstance(value, str) and value.encode(errors="replace").decode() != value:
                raise Refused(f"{name.upper()} has characters that cannot be read. Type it again.")
        print(command(arguments))
        return 0
    except (Refused, EnvFileError) as error:
        said = str(error)
    except settings.ConfigurationError as error:
        said = "Settings:" + "".join(f"\n  - {problem}" for problem in error.problems)
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedFunction):
        said = "The database lacks migrations. ./deploy.sh applies them; `make doctor` says which."
    except psycopg.Error as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        said = f"The database refuses: {lines[0]}. `make doctor` examines SUPABASE_DB_URL."
    print(f"Nothing was changed. {said}", file=sys.stderr)
    return 1
