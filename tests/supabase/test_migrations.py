"""One house for the SQL: a file a subject, today's definitions only."""

from __future__ import annotations

import re
from collections import Counter

from stack.settings import CHECKOUT
from tests.supabase.tenants import Connection, fetch

FILES = {
    file.name: file.read_text(encoding="utf-8")
    for file in sorted((CHECKOUT / "supabase" / "migrations").glob("*.sql"))
}
# A name, or a sentence in quotes for a policy, which is unique on its table only.
CREATED = re.compile(
    r"^\s*create (?:unique )?(function|table|view|type|role|policy|trigger|index)(?: concurrently)?"
    r'(?: if not exists)? ("[^"]+"\s+on [\w.]+|[\w.]+)',
    re.MULTILINE,
)


def functions_by_file() -> dict[str, str]:
    """The file that creates each function."""
    return {
        name: file
        for file, text in FILES.items()
        for kind, name in CREATED.findall(text)
        if kind == "function"
    }


def test_no_object_is_defined_twice() -> None:
    created = Counter(
        (kind, re.sub(r"\s+", " ", name))
        for text in FILES.values()
        for kind, name in CREATED.findall(text)
    )
    # If the numbers differ, the expression misses some.
    assert len(created) > 100
    assert [each for each, times in created.items() if times > 1] == []


def test_nothing_is_changed_after_it_was_created() -> None:
    """`enable row level security` and role settings have no form that creates them."""
    changes = re.compile(
        r"^\s*(?:create or replace|drop\b|validate"
        r"|alter (?!table \S+ enable row level security|role)).*",
        re.MULTILINE,
    )
    assert [found for text in FILES.values() for found in changes.findall(text)] == []


# What derive_call does only for calls of which something was asked, and what is done only for calls
# that may be recorded.
NOT_PLAIN = {"private.name_legs", "private.derive_holds", "private.derive_stage"}
RECORDED = {"private.terms_of_recording", "private.state_unrecorded"}
# What only calls need in which a machine is looked for or a message is left.
MACHINES = {"private.derive_answer", "private.derive_drop", "private.drop_of_call"}
# What only calls of a queue, and refused ones, need.
QUEUED = {"private.check_lease", "private.note_leased_call", "private.is_call_open"}


def test_what_begin_call_calls_for_a_plain_call_is_in_six_files(db: Connection) -> None:
    bodies = {
        f"{row['schema']}.{row['proname']}": row["prosrc"]
        for row in fetch(
            db,
            "select pronamespace::regnamespace::text as schema, proname, prosrc from pg_proc"
            " where pronamespace::regnamespace::text in ('public', 'private')",
        )
    }
    called: set[str] = set()
    to_read = {"public.begin_call"}
    while to_read:
        called |= to_read
        found = {
            name
            for caller in to_read
            for name in re.findall(r"\b((?:public|private)\.\w+)\(", bodies[caller])
            if name in bodies
        }
        to_read = found - called - NOT_PLAIN - RECORDED - MACHINES - QUEUED
    assert {"private.decide_call", "private.derive_call", "private.is_final"} < called
    assert set(re.findall(r"private\.\w+", bodies["private.derive_call"])) >= NOT_PLAIN
    both = bodies["private.decide_call"] + bodies["private.derive_call"]
    assert set(re.findall(r"private\.\w+", both)) >= RECORDED
    files = functions_by_file()
    assert len({files[name] for name in called}) <= 6


def test_every_function_of_the_database_is_found_in_a_file(db: Connection) -> None:
    functions = fetch(
        db,
        "select pronamespace::regnamespace || '.' || proname as name from pg_proc"
        " where pronamespace::regnamespace::text in ('public', 'private')",
    )
    assert {row["name"] for row in functions} == functions_by_file().keys()


def test_every_update_and_deletion_has_a_condition(db: Connection) -> None:
    """Hosted projects load an extension that refuses those without one."""
    bodies = fetch(
        db,
        "select proname, prosrc from pg_proc where pronamespace::regnamespace::text"
        " in ('public', 'private')",
    )
    statements = [
        (body["proname"], statement)
        for body in bodies
        for statement in body["prosrc"].split(";")
        if re.search(r"^\s*(update|delete from) ", statement, re.MULTILINE)
        and "on conflict" not in statement
    ]
    assert len(statements) > 5
    assert [name for name, statement in statements if "where" not in statement] == []
