"""The block reasons that the SQL functions can answer."""

from __future__ import annotations

import re

from functions.bundle import ROOT

MIGRATIONS = "".join(
    file.read_text() for file in sorted((ROOT / "supabase" / "migrations").glob("*.sql"))
)


def codes_of_the_database() -> list[str]:
    """Every word that a migration assigns to a block reason, or returns as one."""
    statements: list[str] = re.findall(r"block_reason :=(.*?);", MIGRATIONS, re.DOTALL)
    statements += re.findall(r"return ('(?:too_many_\w+|lease_lost)')", MIGRATIONS)
    words: list[str] = [
        word for statement in statements for word in re.findall(r"'(\w+)'", statement)
    ]
    return sorted(set(words))
