"""What is known of a lead."""

from __future__ import annotations

import pytest
from psycopg.errors import CheckViolation

from tests.supabase.tenants import (
    Connection,
    Tenant,
    add_tenant,
    as_role,
)


@pytest.fixture
def ours(db: Connection) -> Tenant:
    return add_tenant(db, 1)


@pytest.mark.parametrize(
    "name",
    [
        "America/Atlantis",
        "",
        "8",
        "PST",
        "UTC+5",
        "Foo+5",
        "A/99",
        "Etc/GMT+99",
        "Europe/Berlin; drop table leads",
    ],
)
def test_a_leads_time_zone_is_one_that_postgres_knows(
    db: Connection, ours: Tenant, name: str
) -> None:
    with as_role(db, "service_role"):
        db.execute("update public.leads set time_zone = 'Europe/Berlin'")
    with pytest.raises(CheckViolation), as_role(db, "service_role"):
        db.execute("update public.leads set time_zone = %s", (name,))
