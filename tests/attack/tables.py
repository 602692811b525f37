"""What the oracle of tests/attack/model.py says of a table."""

from __future__ import annotations

from dataclasses import dataclass

ROLES = ("owner", "manager", "agent")


@dataclass(frozen=True)
class Table:
    """``owner``: the column that says whose a row is; the business's members see all of its
    rows, and nobody else sees any. Members who have one of ``seen_own_only`` as their role see
    only rows whose ``user_id`` is theirs. Only members who have one of ``readers`` as their
    role see any. Members who have one of ``writers`` as their role may update ``writable``
    columns of its rows, and insert rows of ``insertable`` columns. Members who have one of
    ``own_rows_only`` as their role update only rows whose ``user_id`` is theirs.
    ``deletable``: the writers may delete rows, too. ``is_view``: it is a view of several
    tables, into which nobody can write. ``sample`` puts a row in where a new business has none
    yet: SQL, whose parameters are the fields of ``Tenant``."""

    owner: str = "business_id"
    writable: frozenset[str] = frozenset()
    insertable: frozenset[str] = frozenset()
    writers: tuple[str, ...] = ROLES
    own_rows_only: tuple[str, ...] = ()
    seen_own_only: tuple[str, ...] = ()
    readers: tuple[str, ...] = ROLES
    deletable: bool = False
    is_view: bool = False
    sample: str | None = None
