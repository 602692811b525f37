"""What is examined: settings, well-formed or not, and what is known beside them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from functions.bundle import ROOT
from functions.deploy.settings import Operator
from functions.webhook_jwt import ROLES
from shared import settings

# Needed to deploy; functions that run elsewhere, or on this machine, do without.
GOOGLE = ("GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_REGION")


@dataclass(frozen=True)
class Inputs:
    """A set-up. What a malformed setting gave is in ``operator`` all the same, so look at
    ``problems`` before you use it."""

    operator: Operator
    # What is wrong with settings: sentences that begin with the setting's name.
    problems: Sequence[str] = ()
    # The token of the webhook endpoints, if it is at hand.
    webhook_jwt: str | None = field(default=None, repr=False)
    # Where the functions are, as settings.TwilioWebhooks has it. None: not known.
    base_url: Callable[[], str | None] = lambda: None
    now: Callable[[], float] = time.time
    checkout: Path = ROOT

    @property
    def deploys(self) -> bool:
        """Whether the functions run on Google Cloud."""
        return any(self.operator.values.get(name, "").strip() for name in GOOGLE) or not (
            self.operator.public_base_url
        )

    def malformed(self, names: tuple[str, ...]) -> list[str]:
        """Those of these settings that cannot be used."""
        return [name for name in names if name in map(setting, self.problems)]

    def hide(self, text: str) -> str:
        """The text without secrets. No finding has any on purpose."""
        operator = self.operator
        secrets = {
            operator.twilio.auth_token,
            operator.twilio.api_key_secret,
            operator.supabase.jwt_secret,
            operator.database.password,
            self.webhook_jwt,
            *(operator.values.get(name, "").strip() for name in _SECRETS),
        }
        for secret in sorted(filter(None, secrets), key=len, reverse=True):
            if len(secret) >= _SHORTEST_SECRET:
                text = text.replace(secret, "[secret]")
        return _SECRET.sub("[secret]", text)


_SECRETS = ("TWILIO_AUTH_TOKEN_NEXT", "SUPABASE_SECRET_KEY", "SUPABASE_DB_URL", *ROLES)
# A shorter one would take words apart, and is malformed.
_SHORTEST_SECRET = 6
# JWTs, and Supabase's secret keys.
_SECRET = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*|sb_secret_[\w-]+")


def setting(problem: str) -> str:
    """The setting that a problem is about."""
    return (re.match(r"\w+", problem) or [""])[0]


def read(values: Mapping[str, str], directory: Path = ROOT) -> tuple[Operator, list[str]]:
    """Every setting, and what is wrong with them. ``directory`` has the files that they name."""
    env = settings.Environment(values)
    operator = Operator.read(env, values, directory)
    elsewhere = not Inputs(operator).deploys
    return operator, [
        problem for problem in env.problems if not (elsewhere and setting(problem) in GOOGLE)
    ]
