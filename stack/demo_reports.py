"""Puts the calls of `demo_year.py` into the database of the demo business, and counts them for its
reports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, fields
from pathlib import Path

import psycopg

from stack.demo_year import DemoCall, calls_until
from stack.postgres import Postgres

_SQL = tuple(
    Path(__file__).with_name(name)
    for name in ("demo_reports.sql", "demo_quality.sql", "demo_sums.sql")
)
_DATES = ("day",)
_INTEGERS = ("number", "second", "rep", "campaign", "ring", "talk", "wrap_up", "helper")


def add(postgres: Postgres) -> None:
    """Adds them, if they are not there yet. Their last day is yesterday in California."""
    with psycopg.connect(postgres.url()) as connection:
        found = connection.execute(
            "select from public.conversations where id = 'f0000000-0000-4000-8000-000001000001'"
        ).fetchone()
        if found is None:
            row = connection.execute(
                "select (now() at time zone 'America/Los_Angeles')::date"
            ).fetchone()
            assert row is not None
            write(connection, calls_until(row[0]))


def write(connection: psycopg.Connection, calls: Iterable[DemoCall]) -> None:
    """Adds these calls, in the connection's transaction. The reports have them at once."""
    types = dict.fromkeys((field.name for field in fields(DemoCall)), "text")
    types |= dict.fromkeys(_DATES, "date") | dict.fromkeys(_INTEGERS, "integer")
    columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
    connection.execute(f"create temporary table demo_year ({columns}) on commit drop".encode())
    with connection.cursor().copy("copy demo_year from stdin") as copy:
        for call in calls:
            copy.write_row(astuple(call))
    for file in _SQL:
        for statement in file.read_text(encoding="utf-8").split(";\n"):
            if statement.strip():
                connection.execute(statement.encode())
