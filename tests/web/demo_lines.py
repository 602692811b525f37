"""Calls whose lines were good and bad, as `make run` has them: for tests and pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from stack import Stack, demo_reports

_ROWS = (
    Path(__file__).with_name("demo_lines.sql"),
    Path(demo_reports.__file__).with_name("demo_quality.sql"),
)
_FORGET = (
    "delete from public.conversations where id::text like 'f0000000-0000-4000-8000-0000000005%'",
    "delete from public.networks",
    # Those of a page have a time of its clock.
    "delete from public.preflight_reports where started_at is null",
)


@contextmanager
def measured_lines(stack: Stack) -> Iterator[None]:
    """Three days of calls, and no others that were measured. Afterwards they are gone."""
    _run(stack, ("delete from public.call_quality",))
    rows = "".join(file.read_text(encoding="utf-8") for file in _ROWS)
    _run(stack, rows.split(";\n"))
    try:
        yield
    finally:
        _run(stack, _FORGET)


def _run(stack: Stack, statements: list[str] | tuple[str, ...]) -> None:
    with psycopg.connect(stack.env["DATABASE_URL"]) as connection:
        for statement in statements:
            connection.execute(statement.encode())
