"""`make caller-id`: a number of the account, given to one business."""

from __future__ import annotations

import subprocess
import uuid
from pathlib import Path

import pytest

from functions.bundle import ROOT
from functions.doctor.inputs import Inputs, read
from functions.operate.caller_id import check_at_twilio, give_number, main, take_number
from functions.operate.command import Refused
from stack import Stack
from tests.supabase.tenants import Connection, fetch

NUMBER = "+14155550178"


@pytest.fixture
def business(db: Connection) -> str:
    identifier = uuid.uuid4()
    db.execute("insert into public.businesses (id, name) values (%s, 'Solar One')", (identifier,))
    return str(identifier)


def numbers(db: Connection, business: str) -> dict[str, bool]:
    """The business's numbers, and whether each is the usual one."""
    sql = "select phone_number, is_default from public.phone_numbers where business_id = %s"
    return {row["phone_number"]: row["is_default"] for row in fetch(db, sql, business)}


def test_the_first_number_is_the_usual_one_and_twice_is_once(db: Connection, business: str) -> None:
    assert "shows it from now on" in give_number(db, NUMBER, "solar one")
    assert "Nothing was changed" in give_number(db, NUMBER, business)
    assert "can choose it" in give_number(db, "+14155550179", business)
    assert numbers(db, business) == {NUMBER: True, "+14155550179": False}


def test_a_number_of_another_business_is_not_given_away(db: Connection, business: str) -> None:
    give_number(db, NUMBER, business)
    db.execute("insert into public.businesses (name) values ('Solar Two')")
    with pytest.raises(Refused, match=r"is a caller ID of Solar One .* TAKE=1"):
        give_number(db, NUMBER, "Solar Two")
    with pytest.raises(Refused, match="no business of the name"):
        give_number(db, NUMBER, "Solar Three")


def test_it_can_be_taken_away_again(db: Connection, business: str) -> None:
    give_number(db, NUMBER, business)
    assert "a manager chooses another" in take_number(db, NUMBER, business)
    assert "Nothing was changed" in take_number(db, NUMBER, business)
    assert numbers(db, business) == {}


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        (["--number", "4155550178"], "NUMBER must be"),
        (["--number", f"{NUMBER} or +14155550179"], "NUMBER must be"),
        (["--business", "  "], "BUSINESS a name or an id"),
        (["--business", "\udcff"], "BUSINESS has characters"),
        (["--take", "no"], "TAKE=no is not known"),
        # It is read as a number; what fails then is the connection to the database.
        (
            ["--number", "0044 (0)20\u20117946\u20110018", "--take", "1"],
            "SUPABASE_DB_URL is missing",
        ),
    ],
)
def test_what_cannot_be_meant_is_said_and_nothing_is_asked(
    typed: list[str],
    why: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    (tmp_path / ".env").touch()
    usual = ["--number", NUMBER, "--business", "Solar One", "--env", str(tmp_path / ".env")]
    monkeypatch.delenv("SUPABASE_DB_URL", raising=False)
    monkeypatch.setattr("sys.argv", ["make caller-id", *usual, *typed])
    assert main() == 1
    assert why in capsys.readouterr().err


def test_make_passes_names_on_as_they_are_typed(tmp_path: Path) -> None:
    name = """Cash$Money 'n' "Co" $(shell echo hi)"""
    file = tmp_path / "shown.mk"
    file.write_text('include Makefile\nshown: ; @printf %s "$$BUSINESS"\n', encoding="utf-8")
    said = subprocess.run(
        ["make", "--silent", "-f", str(file), "shown", f"BUSINESS={name}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == name


def test_twilio_must_know_the_number(stack: Stack) -> None:
    inputs = Inputs(*read(stack.env))
    check_at_twilio(inputs, "+14155550100")
    with pytest.raises(Refused, match="does not belong to the account"):
        check_at_twilio(inputs, "+14155559998")
    without = Inputs(*read({**stack.env, "TWILIO_AUTH_TOKEN": ""}))
    with pytest.raises(Refused, match="without TWILIO_AUTH_TOKEN"):
        check_at_twilio(without, "+14155550100")
