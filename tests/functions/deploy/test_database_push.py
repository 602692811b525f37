"""Migrations arrive whichever address of the database works, and deploy.sh says which did."""

from __future__ import annotations

import pytest

from functions.deploy.database_push import name_of, others
from functions.setup.settings import Database
from tests.functions.deploy.google_cloud import Refused
from tests.functions.deploy.lab import DATABASE_PASSWORD, Lab

POOLER = "aws-0-eu-central-1.pooler.supabase.com"
SESSION = f"postgresql://postgres.abcdefgh:{DATABASE_PASSWORD}@{POOLER}:5432/postgres"
TRANSACTION = SESSION.replace(":5432", ":6543")
DIRECT = "postgresql://postgres@db.abcdefgh.supabase.co:5432/postgres"
REFUSAL = 'ERROR: prepared statement "lrupsc_1_0" already exists (SQLSTATE 42P05)'


def test_through_the_session_pooler_everything_arrives(lab: Lab) -> None:
    lab.settings["SUPABASE_DB_URL"] = SESSION
    assert "Every migration arrived, through the session pooler." in lab.deploy()
    assert lab.pending() == []
    assert not [left for left in lab.left if "SUPABASE_DB_URL" in left]


@pytest.mark.parametrize("reads", [True, False])
def test_where_the_session_pooler_fails_the_direct_address_is_taken(lab: Lab, reads: bool) -> None:
    lab.settings["SUPABASE_DB_URL"] = SESSION

    def refuse(address: str, dry_run: bool) -> None:
        if "pooler" in address and not (reads and dry_run):
            raise Refused(REFUSAL)

    lab.refuses_database = refuse

    said = lab.deploy()

    assert lab.pending() == []
    assert "The session pooler does not let this through: ERROR: prepared statement" in said
    assert "Trying the direct address." in said
    assert "Every migration arrived, through the direct address." in said
    assert [left for left in lab.left if DIRECT in left]
    assert DATABASE_PASSWORD not in said


def test_the_transaction_pooler_is_left_for_the_session_pooler(lab: Lab) -> None:
    lab.settings["SUPABASE_DB_URL"] = TRANSACTION

    def refuse(address: str, dry_run: bool) -> None:
        if ":6543" in address:
            raise Refused(REFUSAL)

    lab.refuses_database = refuse

    assert "Every migration arrived, through the session pooler." in lab.deploy()


def test_if_no_address_works_the_first_failure_is_told(lab: Lab) -> None:
    lab.settings["SUPABASE_DB_URL"] = SESSION

    def refuse(address: str, dry_run: bool) -> None:
        raise Refused("failed to connect to postgres: " + address[9:30])

    lab.refuses_database = refuse

    assert "failed to connect" in str(lab.stops())
    assert lab.changes == []


def test_an_error_of_a_migration_is_not_tried_elsewhere(lab: Lab) -> None:
    lab.settings["SUPABASE_DB_URL"] = SESSION
    asked = []

    def refuse(address: str, dry_run: bool) -> None:
        asked.append(address)
        if not dry_run:
            raise Refused("ERROR: syntax error at or near (SQLSTATE 42601)")

    lab.refuses_database = refuse

    assert "syntax error" in str(lab.stops())
    assert all("pooler" in address for address in asked)


def test_a_migration_that_did_not_arrive_stops_the_deployment(lab: Lab) -> None:
    lost = lab.pending()[-1]
    lab.swallowed = [lost]

    stopped = lab.stops()

    assert f"still lacks {lost}" in str(stopped)
    assert "SUPABASE_DB_URL" in stopped.fix
    assert not lab.cloud.services


@pytest.mark.parametrize(
    ("url", "name", "number"),
    [
        (SESSION, "the session pooler", 1),
        (TRANSACTION, "the transaction pooler", 2),
        ("postgresql://postgres:x@db.abcdefgh.supabase.co:5432/postgres", "the direct address", 0),
        ("postgresql://me:x@db.example.com/postgres", "db.example.com:5432", 0),
    ],
)
def test_kinds_of_addresses(url: str, name: str, number: int) -> None:
    database = Database.at(url)
    assert name_of(database) == name
    assert len(others(database)) == number
    assert all(other.password == database.password for other in others(database))
