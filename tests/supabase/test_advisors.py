"""Supabase's own linter on our schema: clean, and awake."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from stack.postgres import Postgres
from stack.settings import CHECKOUT
from tests.supabase.tenants import scratch_database


def advise(url: str) -> tuple[int, dict[str, list[str]]]:
    """The exit status of `supabase db advisors --fail-on warn`, and by lint what it is about."""
    done = subprocess.run(
        [
            str(CHECKOUT / "node_modules" / ".bin" / "supabase"),
            "db",
            "advisors",
            f"--remote={url}",
            "--level=info",
            "--fail-on=warn",
            "--output-format=json",
        ],
        env={**os.environ, "DO_NOT_TRACK": "1", "SUPABASE_TELEMETRY_DISABLED": "1"},
        cwd=CHECKOUT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    report: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    lints: dict[str, list[str]] = {}
    for lint in report.get("results", report.get("issues", [])):
        lints.setdefault(lint["name"], []).append(lint["detail"])
    return done.returncode, lints


@pytest.fixture(scope="module")
def scratch(postgres: Postgres) -> Iterator[str]:
    with scratch_database(postgres, "advised") as url:
        yield url


def test_the_advisors_find_nothing(postgres: Postgres) -> None:
    status, lints = advise(postgres.url())
    # No index of an empty database has been used.
    lints.pop("unused_index", None)
    assert lints == {}
    assert status == 0


def test_the_advisors_would_notice(scratch: str) -> None:
    with psycopg.connect(scratch) as connection:
        connection.execute(
            """
            create table public.unguarded (
              id int primary key, lead_id uuid references public.leads
            );
            grant select on public.unguarded to anon, authenticated;
            create function public.loose() returns int language sql return 1;
            create policy "per row" on public.leads for select to authenticated
            using (business_id = auth.uid());
            create view public.looking_through as select * from public.leads;
            grant select on public.looking_through to anon, authenticated;
            """
        )
    status, lints = advise(scratch)
    assert status != 0
    assert {
        "rls_disabled_in_public",
        "unindexed_foreign_keys",
        "function_search_path_mutable",
        "auth_rls_initplan",
        "multiple_permissive_policies",
        "security_definer_view",
    } <= lints.keys()
