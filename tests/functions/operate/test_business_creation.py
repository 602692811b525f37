"""BUSINESS_CREATION: who may make a business on the page."""

from __future__ import annotations

import pytest

from functions.operate.business_creation import write
from functions.operate.command import Refused
from functions.setup.settings import Creation
from shared import settings
from tests.supabase.people import add_verified, ask
from tests.supabase.tenants import Connection, fetch


def test_it_is_what_the_database_asks(db: Connection) -> None:
    founder = add_verified(db, "founder@henk.test")
    other = add_verified(db, "other@henk.test")

    def may() -> list[bool]:
        return [ask(db, who, "may_create_business") == {"may": True} for who in (founder, other)]

    write(db, Creation("invited", ("Founder@henk.test", "third@henk.test")))
    assert may() == [True, False]
    write(db, Creation("invited", ("other@henk.test",)))
    assert may() == [False, True]
    assert "Nothing was changed" in write(db, Creation("invited", ("OTHER@henk.test",)))
    write(db, Creation("anybody"))
    assert may() == [True, True]
    write(db, Creation("nobody"))
    assert may() == [False, False]
    with pytest.raises(Refused, match="'a@b', which is not"):
        write(db, Creation("invited", ("founder@henk.test", "a@b")))
    assert fetch(db, "select who from private.business_creation") == [{"who": "nobody"}]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"BUSINESS_CREATION": "everybody"}, "BUSINESS_CREATION is malformed"),
        ({"BUSINESS_CREATION": "invited"}, "BUSINESS_FOUNDERS is missing"),
        ({"BUSINESS_FOUNDERS": "a@henk.test"}, "counts only with"),
        *(
            (
                {"BUSINESS_CREATION": "invited", "BUSINESS_FOUNDERS": each},
                "BUSINESS_FOUNDERS is malf",
            )
            for each in ("a", "a@b", "a@henk.test,", "a@-henk.test", "a@henk.test; b@henk.test")
        ),
    ],
)
def test_settings_that_do_not_fit_are_named(values: dict[str, str], why: str) -> None:
    with pytest.raises(settings.ConfigurationError, match=why), settings.reading(values) as env:
        Creation.read(env)


def test_without_the_setting_it_stays_as_it_is() -> None:
    with settings.reading({}) as env:
        assert Creation.read(env) is None
