"""The Supabase project: its API, the key that opens it, and the keys that sign for it.

Error codes of the REST API: https://docs.postgrest.org/en/latest/references/errors.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import jwt

from functions.doctor.check import Finding, failed, passed, skipped
from functions.doctor.inputs import Inputs
from functions.doctor.network import TIMEOUT_SECONDS
from functions.webhook_jwt import LIFETIME_DAYS, ROLE, SigningKey, mint

_DAY = 24 * 3600
# What is minted for an examination lives as long as that may take, and for clocks that differ.
_PROBE_SECONDS = 5 * 60
# deploy.sh renews a JWT with fewer than 60 days left; below this nobody has deployed for long.
_FEW_DAYS = 30
_TOO_FEW_DAYS = 7

# https://supabase.com/docs/guides/troubleshooting/http-status-codes
_PAUSED = 540

_MIGRATE = "Apply the migrations: ./deploy.sh, or npx supabase db push --remote=…"


@dataclass(frozen=True)
class _Answer:
    """Of the project: HTTP status, and of an error its code and message."""

    status: int
    body: object
    code: str
    message: str

    @property
    def about_api_key(self) -> bool:
        """Whether the gateway refused the API key; its answers have no code."""
        return self.status in (401, 403) and not self.code

    @property
    def key_unknown(self) -> bool:
        """Whether the JWT's signature is by none of the project's keys."""
        return self.code in ("PGRST300", "PGRST301")

    @property
    def before_migrations(self) -> bool:
        """Whether role, table or grants are not there."""
        return self.code in ("22023", "42501", "42P01", "PGRST205")

    def __str__(self) -> str:
        said = " ".join(filter(None, (self.code, self.message)))
        return f"HTTP {self.status}{f', {said[:200]}' if said else ''}"


def _ask(inputs: Inputs, path: str, *, token: str = "") -> _Answer:
    supabase = inputs.operator.supabase
    headers = {"apikey": supabase.publishable_key}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    answer = httpx.get(supabase.url + path, headers=headers, timeout=TIMEOUT_SECONDS)
    try:
        body: object = answer.json()
    except ValueError:
        body = None
    error = body if isinstance(body, dict) else {}
    code, message = (str(error.get(name) or "") for name in ("code", "message"))
    return _Answer(answer.status_code, body, code, message)


def _ask_as_webhook(inputs: Inputs, token: str) -> _Answer:
    """For a row of conversations, of which the role sees none unless it names a call."""
    return _ask(inputs, "/rest/v1/conversations?select=id&limit=1", token=token)


def api(inputs: Inputs) -> Iterator[Finding]:
    """Whether Auth and the REST API answer. Whether they let anybody in is said elsewhere."""
    url = inputs.operator.supabase.url
    for path in ("/auth/v1/settings", "/rest/v1/conversations?limit=0"):
        answer = _ask(inputs, path)
        if answer.status == _PAUSED:
            yield failed(
                url, f"{url} is paused", "Restore the project: Supabase's dashboard, its front page"
            )
        elif answer.status >= 500:
            yield failed(
                url,
                f"{url}{path.partition('?')[0]} answers {answer}",
                "Is the database up? Supabase's dashboard shows it, status.supabase.com outages",
            )
        elif answer.status not in (200, 401, 403) and not answer.code:
            yield failed(
                url,
                f"{url} answers, but is no Supabase project (HTTP {answer.status})",
                "SUPABASE_URL is the API's address: Supabase's dashboard, Connect",
            )
        else:
            continue
        return
    yield passed(url, f"Auth and REST answer at {url}")


def publishable_key(inputs: Inputs) -> Iterator[Finding]:
    """Whether the key is the project's, and one that everybody may have."""
    name, key = "SUPABASE_PUBLISHABLE_KEY", inputs.operator.supabase.publishable_key
    role = _claims(key).get("role")
    if key.startswith("sb_secret_") or role == "service_role":
        yield failed(
            name,
            f"ALARM: {name} is a secret key, which sees and changes everything",
            "Rotate it now, since functions and web pages get what stands here: Supabase's"
            " dashboard, Settings → API keys. Then put the publishable key into .env",
        )
        return
    if not key.startswith("sb_publishable_") and role != "anon":
        yield failed(
            name,
            f"{name} is no publishable key",
            "It begins with sb_publishable_: Supabase's dashboard, Settings → API keys",
        )
        return
    answer = _ask(inputs, "/auth/v1/settings")
    if answer.status in (401, 403):
        yield failed(
            name,
            f"The project refuses {name} ({answer})",
            "It is another project's, or was deleted. Copy it anew: Supabase's dashboard,"
            " Settings → API keys",
        )
    elif answer.status >= 500:
        yield skipped(name, f"Not examined: {answer}, see supabase_api")
    elif role == "anon":
        yield passed(
            name,
            "The project takes it: a legacy anon key, which Supabase is about to retire",
            "Make a publishable key: Supabase's dashboard, Settings → API keys",
        )
    else:
        yield passed(name, "The project takes it")


def signing_keys(inputs: Inputs) -> Iterator[Finding]:
    """Whether the project takes what the operator's key signs, by the shared secret too."""
    key, secret = inputs.operator.signing_key, inputs.operator.supabase.jwt_secret
    if key.key_id:
        published = _published(inputs)
        if key.key_id not in published:
            yield failed(
                key.key_id,
                f"The project does not publish key {key.key_id} of SUPABASE_SIGNING_KEY_FILE, but"
                f" {len(published)} others",
                "Import it as a standby key: Supabase's dashboard, Settings → JWT keys. Known"
                " everywhere after 20 minutes",
            )
        else:
            yield _taken(inputs, key, f"key {key.key_id}")
    if secret:
        yield _taken(inputs, SigningKey.from_secret(secret), "SUPABASE_JWT_SECRET")


def _published(inputs: Inputs) -> set[str]:
    body = _ask(inputs, "/auth/v1/.well-known/jwks.json").body
    keys = body.get("keys") if isinstance(body, dict) else None
    return {
        str(key["kid"])
        for key in (keys if isinstance(keys, list) else [])
        if isinstance(key, dict) and "kid" in key
    }


def _taken(inputs: Inputs, key: SigningKey, name: str) -> Finding:
    """That the REST API takes it is tried: standby or in use, JWKS look the same."""
    answer = _ask_as_webhook(inputs, _probe(inputs, key))
    if answer.key_unknown:
        return failed(
            name,
            f"The REST API takes nothing that {name} signs ({answer})",
            "Supabase's dashboard, Settings → JWT keys: a secret must be that of this project and"
            " not be revoked; a standby key may have to be rotated to",
        )
    if answer.status == 200 or answer.before_migrations:
        return passed(name, f"The REST API takes what {name} signs")
    if answer.about_api_key:
        return skipped(name, "Not examined: see supabase_publishable_key")
    return failed(name, f"The REST API refuses what {name} signs: {answer}", _clock_or(answer))


def webhook_jwt(inputs: Inputs) -> Iterator[Finding]:
    """Whether the database takes the token of the webhook endpoints as what it is, and how long."""
    token, name = inputs.webhook_jwt, "SUPABASE_WEBHOOK_JWT"
    renew = "./deploy.sh mints a new one; where it does not deploy: make webhook-jwt"
    if token is None:
        # None at hand: Secret Manager has it. What the key signs stands for it.
        token, left = _probe(inputs, inputs.operator.signing_key), None
    else:
        claims = _claims(token)
        if claims.get("role") != ROLE:
            said = f"its role is {claims['role']}" if claims.get("role") else "it is no JWT"
            yield failed(name, f"{name} is not of role {ROLE}: {said}", renew)
            return
        expires = claims.get("exp")
        if not isinstance(expires, int | float):
            yield failed(name, f"{name} has no date of expiry", renew)
            return
        left = int((expires - inputs.now()) // _DAY)
        if left < 0:
            yield failed(name, f"{name} has expired: no call is logged", renew)
            return

    answer = _ask_as_webhook(inputs, token)
    if answer.status == 200 and answer.body == []:
        if left is None:
            yield passed(
                name, f"The database takes one of role {ROLE} made now, as yours is not at hand"
            )
        elif left < _TOO_FEW_DAYS:
            yield failed(name, f"{name} is good for {left} more days", renew)
        else:
            yield passed(name, f"Good for {left} more days", renew if left < _FEW_DAYS else "")
    elif answer.status == 200:
        yield failed(
            name,
            f"ALARM: role {ROLE} sees conversations that it has not named",
            f"Row-level security is not as the migrations leave it. {_MIGRATE}, and look at the"
            " policies of public.conversations",
        )
    elif answer.key_unknown:
        yield failed(
            name, f"{name} is signed with a key that the project does not know ({answer})", renew
        )
    elif answer.about_api_key:
        yield skipped(name, "Not examined: see supabase_publishable_key")
    elif answer.before_migrations:
        yield failed(
            name,
            f"The database does not let it be {ROLE} and read conversations ({answer})",
            f"{_MIGRATE}: they make the role, and grant it to authenticator",
        )
    else:
        yield failed(name, f"The database refuses it: {answer}", _clock_or(answer))


def _probe(inputs: Inputs, key: SigningKey) -> str:
    """A webhook JWT that is over in minutes: issued long ago, to be so."""
    issued_at = inputs.now() - LIFETIME_DAYS * _DAY + _PROBE_SECONDS
    return mint(key, inputs.operator.supabase.url, issued_at)


def _clock_or(answer: _Answer) -> str:
    if answer.code == "PGRST303":
        return "Its times are wrong: see clock"
    return "Supabase's dashboard, Logs, has the rest; status.supabase.com tells of outages"


def _claims(token: str) -> dict[str, object]:
    """What a JWT says, by whomever it is signed; nothing if it is none."""
    try:
        return dict(jwt.decode(token, options={"verify_signature": False}))
    except jwt.PyJWTError:
        return {}
