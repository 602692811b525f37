"""SUPABASE_DB_URL as people paste it: what must be written as %XX is named, and nothing else of
the password is shown."""

from __future__ import annotations

from urllib.parse import quote, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.setup.database_url import problem
from functions.setup.settings import Database
from shared import settings

HOST = "aws-0-eu-central-1.pooler.supabase.com:5432/postgres"


def about(password: str, user: str = "postgres.abcdefghijklmnopqrst") -> str:
    return problem(f"postgresql://{user}:{password}@{HOST}")


@pytest.mark.parametrize(
    ("character", "written"),
    [
        ("#", "# as %23"),
        ("/", "/ as %2F"),
        ("?", "? as %3F"),
        ("@", "@ as %40"),
        ("[", "[ as %5B"),
        ("]", "] as %5D"),
        (" ", "a blank as %20"),
        ("%", "% as %25"),
        ("\\", "\\ as %5C"),
        ("^", "^ as %5E"),
        ("<", "< as %3C"),
        ("|", "| as %7C"),
        ('"', '" as %22'),
        ("`", "` as %60"),
        ("ü", "ü as %C3%BC"),
    ],
)
@pytest.mark.parametrize("shape", ["p{}ss", "{}zz", "pzz{}"], ids=["within", "first", "last"])
def test_a_character_that_must_be_written_otherwise_is_named(
    character: str, written: str, shape: str
) -> None:
    assert about(shape.format(character)).endswith(f"write {written}")
    # Written so, it is right.
    escaped = shape.format(written.rpartition(" ")[2])
    assert about(escaped) == ""
    database = Database.at(f"postgresql://postgres:{escaped}@{HOST}")
    assert database.password == shape.format(character)


def test_every_such_character_is_named_once() -> None:
    said = about("#a@b#c/d")
    assert said.endswith("write # as %23, @ as %40 and / as %2F")
    assert "in its password" in said


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1))
def test_what_is_accepted_is_read_as_it_was_written(password: str) -> None:
    """Whatever the password is: it is refused, or Postgres gets exactly this password."""
    if about(password) == "":
        database = Database.at(f"postgresql://postgres:{password}@{HOST}")
        assert database.password == unquote(password)
        assert database.address == f"postgresql://postgres@{HOST}"
    escaped = quote(password, safe="")
    if not password.upper().endswith("PASSWORD"):
        assert about(escaped) == ""
    assert Database.at(f"postgresql://postgres:{escaped}@{HOST}").password == password


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (f"postgresql://postgres:[YOUR-PASSWORD]@{HOST}", "still the example's"),
        (f"postgresql://postgres:PASSWORD@{HOST}", "still the example's"),
        (f"postgresql://postgres:<db_password>@{HOST}", "still the example's"),
        ("postgresql://postgres.your-project:s3@db.x.co:5432/postgres", "still the example's"),
        ("postgresql://postgres.<ref>:s3@db.x.co:5432/postgres", "still the example's"),
        ("postgresql://postgres:s3@db.<ref>.supabase.co/postgres", "still the example's"),
        ("postgresql://postgres:s3@HOST:5432/postgres", "still the example's: its host is HOST"),
        ("postgresql://postgres:s3@db.your-project.supabase.co/postgres", "still the example's"),
        (f"postgresql://postgres:[s3cret]@{HOST}", "password in brackets"),
        (f"postgresql://postgres@{HOST}", "has no password"),
        (f"postgresql://postgres:@{HOST}", "has no password"),
        (f"postgresql://{HOST}", "has no password"),
        ("postgresql://postgres:s3cret@", "has no host"),
        ("postgresql://postgres:s3cret@db.x.co:port/postgres", "has a port that is not a number"),
        ("postgresql://postgres:s3cret@db.x.co:99999/postgres", "has a port"),
        (f"https://postgres:s3cret@{HOST}", "is malformed"),
        (f"postgres:s3cret@{HOST}", "is malformed"),
        ("host=db.x.co password=s3cret", "is malformed"),
        (f"psql postgresql://postgres:s3cret@{HOST}", "begins with the command psql"),
        (f"'postgresql://postgres:s3cret@{HOST}'", "is between quotes"),
        (f"postgresql://postgres:s3\u200bcret@{HOST}", "ZERO WIDTH SPACE, U+200B"),
        (f"postgresql://postgres:s3\u00a0cret@{HOST}", "NO-BREAK SPACE, U+00A0"),
        (f"postgresql://post gres:s3cret@{HOST}", "in its user that mean"),
        (f"postgresql://postgres:s3cret@{HOST} # ours", "behind its host"),
    ],
)
def test_what_else_is_wrong_is_named_without_the_password(url: str, says: str) -> None:
    said = problem(url)
    assert says in said
    assert "s3" not in said


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://postgres.abc:s3cret@{HOST}",
        "postgres://postgres:s3cret@db.abc.supabase.co",
        "postgresql://postgres:a:b@127.0.0.1:54322/postgres?sslmode=require",
        "postgresql://postgres:s3cret!$&'()*+,;=-._~@[::1]:5432/postgres",
        f"postgresql://postgres:%5BYOUR-PASSWORD%5D@{HOST}",
    ],
)
def test_a_right_address_is_right(url: str) -> None:
    assert problem(url) == ""
    assert Database.at(url).address == url.replace(f":{urlsplit(url).password}@", "@", 1)


def test_the_setting_is_named() -> None:
    env = settings.Environment({"SUPABASE_DB_URL": f"postgresql://postgres:p#ss@{HOST}"})
    Database.read(env)
    assert env.problems == [
        "SUPABASE_DB_URL has characters in its password that mean something else in an address:"
        " write # as %23"
    ]
