"""A stack on a Supabase project that runs elsewhere: here, that of another stack."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from functions.setup.webhook_jwt import ROLES, SigningKey, mint
from stack import Stack
from stack.call import main
from stack.hosted import Hosted
from stack.processes import port_is_free
from tests.stacks import settings_in


def test_functions_and_simulator_run_on_a_project_that_is_not_ours_to_start(
    stack: Stack, tmp_path: Path
) -> None:
    env = stack.env
    key = SigningKey.from_secret(env["SUPABASE_JWT_SECRET"])
    project = Hosted(
        supabase_url=env["SUPABASE_URL"],
        publishable_key=env["SUPABASE_PUBLISHABLE_KEY"],
        jwts={name: mint(key, env["SUPABASE_URL"], role=role) for name, role in ROLES.items()},
        jwt_secret=env["SUPABASE_JWT_SECRET"],
        caller_ids="+14155550100",
        demo={name: value for name, value in env.items() if name.startswith("DEMO_")},
    )
    settings = dataclasses.replace(settings_in(tmp_path), hosted=project, time_scale="0.05")
    with Stack(settings) as stack:
        assert stack.postgres is None
        assert stack.env["SUPABASE_URL"] == env["SUPABASE_URL"]
        assert not {"DATABASE_URL", "SUPABASE_SECRET_KEY"} & stack.env.keys()
        assert port_is_free(settings.postgres_port)
        assert port_is_free(settings.supabase_port)
        assert main(settings, "+15005550009", None) == 0
    assert not settings.data_dir.exists()
