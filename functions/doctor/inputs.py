"""What the doctor examines: the settings, the problems with them, and what else is known."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from functions.bundle import ROOT
from functions.setup.redaction import Redaction
from functions.setup.settings import Operator
from shared import settings

# A deployment needs them. Functions that run elsewhere, or on this machine, do not.
GOOGLE = ("GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_REGION")


@dataclass(frozen=True)
class Inputs:
    """A set-up. ``operator`` also has the values of malformed settings, so look at ``problems``
    before you use it."""

    operator: Operator
    # What is wrong with settings. Each sentence begins with the setting's name.
    problems: Sequence[str] = ()
    # The token of the webhook endpoints, if it is known.
    webhook_jwt: str | None = field(default=None, repr=False)
    # Where the functions are, as shared.webhook_addresses.build_address takes it. None: not known.
    base_url: Callable[[], str | None] = lambda: None
    now: Callable[[], float] = time.time
    checkout: Path = ROOT
    # What is not wrong with the settings and may surprise.
    notes: Sequence[str] = ()
    # The value of a secret that a deployment stored. None: not known.
    stored: Callable[[str], str | None] = lambda name: None
    # If no setting is given at all: that in one sentence.
    nothing: str = ""

    def token(self, name: str) -> str | None:
        """The token of the endpoints that this setting has, or Secret Manager."""
        if name == "SUPABASE_WEBHOOK_JWT" and self.webhook_jwt:
            return self.webhook_jwt
        return self.operator.values.get(name, "").strip() or self.stored(name)

    @property
    def deploys(self) -> bool:
        """Whether the functions run on Google Cloud."""
        return any(self.operator.values.get(name, "").strip() for name in GOOGLE) or not (
            self.operator.public_base_url
        )

    def malformed(self, names: tuple[str, ...]) -> list[str]:
        """Those of these settings that are missing or malformed."""
        return [name for name in names if name in map(setting, self.problems)]

    def redaction(self) -> Redaction:
        """Hides every secret of this set-up. Findings must not contain any, but a tool that the
        doctor runs may print one."""
        redaction = self.operator.redaction()
        redaction.add(self.webhook_jwt)
        return redaction


def setting(problem: str) -> str:
    """The name of the setting that a problem is about."""
    return (re.match(r"\w+", problem) or [""])[0]


def read(values: Mapping[str, str], directory: Path = ROOT) -> tuple[Operator, list[str]]:
    """The settings, and what is wrong with them. Paths in them are relative to ``directory``."""
    env = settings.Environment(values)
    operator = Operator.read(env, values, directory)
    elsewhere = not Inputs(operator).deploys
    return operator, [
        problem for problem in env.problems if not (elsewhere and setting(problem) in GOOGLE)
    ]
