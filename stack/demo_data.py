"""Reads what the seed made: the demo rep's business, and the caller IDs of all businesses."""

import psycopg

from stack.errors import StackError
from stack.postgres import Postgres
from stack.settings import COLLEAGUE_EMAIL, DEMO_EMAIL, DEMO_PASSWORD, MANAGER_EMAIL

SPARE_NUMBER = "+14155550198"
"""`make caller-id` can give it to a business."""


def read(postgres: Postgres) -> tuple[dict[str, str], str]:
    """The `DEMO_…` variables, and the numbers of the phone network, comma-separated: every
    caller ID, and one that no business has yet.

    Raises StackError if the seed did not run.
    """
    with psycopg.connect(postgres.url()) as connection:
        business = connection.execute(
            "select members.business_id::text from public.business_members as members"
            " join auth.users as users on users.id = members.user_id where users.email = %s",
            [DEMO_EMAIL],
        ).fetchone()
        colleague = connection.execute(
            "select id::text from auth.users where email = %s", [COLLEAGUE_EMAIL]
        ).fetchone()
        numbers = connection.execute("select phone_number from public.phone_numbers").fetchall()
    if business is None or colleague is None:
        raise StackError(
            f"The database lacks {DEMO_EMAIL}, {COLLEAGUE_EMAIL} or their business, which"
            " supabase/seed.sql creates. "
            "Run `make reset` to build the database again."
        )
    demo = {
        "DEMO_EMAIL": DEMO_EMAIL,
        "DEMO_PASSWORD": DEMO_PASSWORD,
        "DEMO_BUSINESS_ID": str(business[0]),
        "DEMO_COLLEAGUE_ID": str(colleague[0]),
        "DEMO_MANAGER_EMAIL": MANAGER_EMAIL,
    }
    return demo, ",".join([*(str(number) for (number,) in numbers), SPARE_NUMBER])
