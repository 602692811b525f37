"""The endpoints' own tokens: whether the database accepts them, and for how many days."""

from __future__ import annotations

from collections.abc import Iterator

from functions.doctor.check import Finding, failed, passed, skipped
from functions.doctor.inputs import Inputs
from functions.doctor.supabase_project import (
    MIGRATE,
    Answer,
    ask_as_webhook,
    claims,
    clock_or,
    probe,
)
from functions.setup.webhook_jwt import (
    DAY,
    RECONCILER_ROLE,
    RECORDER_ROLE,
    REPORTER_ROLE,
    ROLE,
    ROLES,
)

# deploy.sh renews a JWT that has fewer than 60 days left. With fewer than this, the last deployment
# was long ago.
_FEW_DAYS = 30
_TOO_FEW_DAYS = 7
# What does not happen without a token of each role.
_WITHOUT = {
    ROLE: "no call is logged",
    RECONCILER_ROLE: "nobody asks Twilio about lost callbacks",
    RECORDER_ROLE: "no call is recorded, and recordings stay at Twilio",
    REPORTER_ROLE: "reports do not get the new calls",
}


def look(setting: str, inputs: Inputs) -> Iterator[Finding]:
    """Examines the token of this setting, or of Secret Manager. If neither has one, tries a token
    that the same key signs."""
    role = ROLES[setting]
    token = inputs.token(setting)
    left = None
    if token:
        said, left = _days_left(inputs, token, role)
        if said:
            yield failed(setting, f"{setting} {said}", _renew(role))
            return
    answer = ask_as_webhook(inputs, token or probe(inputs, inputs.operator.signing_key, role))
    # These have functions, and no table.
    sees_nothing = role in (RECORDER_ROLE, REPORTER_ROLE) and answer.refuses_table
    if sees_nothing or (answer.status == 200 and answer.body == []):
        yield _accepted(setting, role, left)
    else:
        yield _refused(setting, role, answer, own=token is not None)


def _days_left(inputs: Inputs, token: str, role: str) -> tuple[str, int | None]:
    """What is wrong with a token, and for how many whole days it is valid."""
    said = claims(token)
    if said.get("role") != role:
        other = f"its role is {said['role']}" if said.get("role") else "it is not a JWT"
        return f"is not of role {role}: {other}", None
    expires = said.get("exp")
    if not isinstance(expires, int | float):
        return "has no date of expiry", None
    left = int((expires - inputs.now()) // DAY)
    if left < 0:
        return f"has expired: {_WITHOUT[role]}", None
    return "", left


def _accepted(setting: str, role: str, left: int | None) -> Finding:
    if left is None:
        return passed(
            setting,
            f"The database accepts a test token of role {role}. The functions' own token is not"
            " known here, so its days are not examined",
        )
    if left < _TOO_FEW_DAYS:
        return failed(setting, f"{setting} is valid for {left} more days", _renew(role))
    return passed(setting, f"Valid for {left} more days", _renew(role) if left < _FEW_DAYS else "")


def _refused(setting: str, role: str, answer: Answer, *, own: bool) -> Finding:
    if answer.status == 200:
        return failed(
            setting,
            f"ALARM: role {role} sees conversations without naming their call",
            f"Row-level security is not what the migrations made. {MIGRATE}, and look at the"
            " policies of public.conversations",
            cause="policies",
        )
    if answer.key_unknown:
        return failed(
            setting,
            f"{setting} is signed with a key that the project does not know ({answer})",
            _renew(role),
            cause=f"key of {'tokens' if own else 'test tokens'}",
            because=("supabase_api",) if own else ("supabase_api", "signing_keys"),
        )
    if answer.about_api_key:
        return skipped(setting, "Not examined: see supabase_publishable_key")
    if answer.before_migrations:
        return failed(
            setting,
            f"The database does not accept role {role}, or the role may not read conversations"
            f" ({answer})",
            f"{MIGRATE}. They make the role and grant it to authenticator",
            cause="roles",
            because=("supabase_api", "migrations"),
        )
    return failed(
        setting,
        f"The database refuses it: {answer}",
        clock_or(answer),
        cause=f"refused: {answer}",
        because=("supabase_api", *answer.because),
    )


def _renew(role: str) -> str:
    by_hand = "make webhook-jwt" if role == ROLE else f"make webhook-jwt ROLE={role}"
    return f"./deploy.sh mints a new one. Without deploy.sh: {by_hand}"
