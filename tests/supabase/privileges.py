"""Reads what the database grants to each role, for a comparison with tests/contracts.py."""

from __future__ import annotations

from collections.abc import Callable

from tests.contracts import (
    COLUMNS,
    DEFINER_FUNCTIONS,
    FUNCTIONS,
    SCHEMAS,
    SEQUENCES,
    TABLES,
    Grants,
)
from tests.supabase.tenants import Connection, fetch

OURS = ("public", "private")


def granted(db: Connection, acls: str) -> Grants:
    """``acls``: a query for ``name``, ``owner`` and ``acl``; the owner's rights are left out."""
    # Every name is spelt with its schema.
    db.execute("set local search_path = ''")
    rows = fetch(
        db,
        # A name without a grant keeps its row.
        f"""
        select object.name, lower(entry.privilege_type) as privilege,
          case entry.grantee when 0 then 'PUBLIC' else pg_get_userbyid(entry.grantee) end as grantee
        from ({acls}) as object
        left join lateral aclexplode(object.acl) as entry on entry.grantee <> object.owner
        """,
    )
    found: Grants = {}
    for row in rows:
        of_object = found.setdefault(row["name"], {})
        if row["privilege"] is not None:
            of_object.setdefault(row["grantee"], set()).add(row["privilege"])
    return found


def tables(db: Connection) -> Grants:
    """Views and foreign tables too: whatever PostgREST would serve."""
    return granted(
        db,
        f"""
        select oid::regclass::text as name, relowner as owner,
          coalesce(relacl, acldefault('r', relowner)) as acl
        from pg_class
        where relnamespace::regnamespace::text in {OURS} and relkind in ('r', 'p', 'v', 'm', 'f')
        """,
    )


def columns(db: Connection) -> Grants:
    return granted(
        db,
        f"""
        select attrelid::regclass || '.' || attname as name, relowner as owner, attacl as acl
        from pg_attribute join pg_class on pg_class.oid = attrelid
        where relnamespace::regnamespace::text in {OURS} and attacl is not null
        """,
    )


def sequences(db: Connection) -> Grants:
    return granted(
        db,
        f"""
        select oid::regclass::text as name, relowner as owner,
          coalesce(relacl, acldefault('s', relowner)) as acl
        from pg_class
        where relnamespace::regnamespace::text in {OURS} and relkind = 'S'
        """,
    )


def functions(db: Connection) -> Grants:
    return granted(
        db,
        f"""
        select oid::regprocedure::text as name, proowner as owner,
          coalesce(proacl, acldefault('f', proowner)) as acl
        from pg_proc
        where pronamespace::regnamespace::text in {OURS}
        """,
    )


def schemas(db: Connection) -> Grants:
    return granted(
        db,
        f"""
        select nspname as name, nspowner as owner,
          coalesce(nspacl, acldefault('n', nspowner)) as acl
        from pg_namespace where nspname in {OURS}
        """,
    )


LISTED: dict[str, tuple[Callable[[Connection], Grants], Grants]] = {
    "schemas": (schemas, SCHEMAS),
    "tables": (tables, TABLES),
    "columns": (columns, COLUMNS),
    "sequences": (sequences, SEQUENCES),
    "functions": (functions, FUNCTIONS),
}


def unlisted(db: Connection) -> dict[str, Grants]:
    """What is granted in the database but not listed, or listed but not granted, by kind."""
    differences: dict[str, Grants] = {}
    for kind, (find, expected) in LISTED.items():
        found = find(db)
        for name in found.keys() | expected.keys():
            if found.get(name) != expected.get(name):
                differences.setdefault(kind, {})[name] = found.get(name, {})
    return differences


def not_hardened(db: Connection) -> list[str]:
    """Tables without row-level security; functions with a search path or a definer's rights."""
    rows = fetch(
        db,
        f"""
        select 'no row-level security: ' || oid::regclass as fault
        from pg_class
        where relnamespace::regnamespace::text in {OURS} and relkind in ('r', 'p')
          and not relrowsecurity
        union all
        select 'row-level security without a policy: ' || oid::regclass
        from pg_class
        where relnamespace::regnamespace::text in {OURS} and relkind in ('r', 'p')
          and not exists (select from pg_policy where polrelid = pg_class.oid)
        union all
        select 'search path: ' || oid::regprocedure
        from pg_proc
        where pronamespace::regnamespace::text in {OURS}
          and not coalesce(proconfig, '{{}}') @> array['search_path=""']
        union all
        select 'definer''s rights: ' || oid::regprocedure
        from pg_proc
        where pronamespace::regnamespace::text in {OURS} and prosecdef
          and oid::regprocedure <> all (%s::regprocedure[])
        union all
        select 'executable by anyone: ' || oid::regprocedure
        from pg_proc
        where pronamespace::regnamespace::text in {OURS}
          and has_function_privilege('anon', oid, 'execute')
        union all
        select 'for everybody: policy ' || polname || ' on ' || polrelid::regclass
        from pg_policy
        where polroles && array[0::oid, 'anon'::regrole, 'service_role'::regrole]
        """,
        DEFINER_FUNCTIONS,
    )
    return [row["fault"] for row in rows]
