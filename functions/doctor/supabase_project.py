"""The Supabase project: its API, the publishable key, and the keys that sign its tokens.

Error codes of the REST API: https://docs.postgrest.org/en/latest/references/errors.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import jwt

from functions.doctor.check import Finding, failed, passed, skipped
from functions.doctor.inputs import Inputs
from functions.doctor.network import TIMEOUT_SECONDS
from functions.setup import proxies
from functions.setup.webhook_jwt import DAY, LIFETIME_DAYS, NOBODY, ROLE, SigningKey, mint

# Test tokens expire after this. It is longer than an examination, because clocks differ.
_PROBE_SECONDS = 5 * 60
# https://supabase.com/docs/guides/troubleshooting/http-status-codes
_PAUSED = 540

MIGRATE = "Apply the migrations: ./deploy.sh, or npx supabase db push --remote=…"


@dataclass(frozen=True)
class Answer:
    """An answer of the project: HTTP status, body, and an error's code and message."""

    status: int
    body: object
    code: str
    message: str

    @property
    def about_api_key(self) -> bool:
        """Whether the gateway refused the API key. Its answers have no code."""
        return self.status in (401, 403) and not self.code

    @property
    def key_unknown(self) -> bool:
        """Whether none of the project's keys signed the JWT."""
        return self.code in ("PGRST300", "PGRST301")

    @property
    def accepts_token(self) -> bool:
        """Whether the token was accepted, whatever the database then said."""
        return self.status == 200 or self.before_migrations

    @property
    def before_migrations(self) -> bool:
        """Whether the role, the table or the grants are missing."""
        return self.code in ("22023", "42501", "42P01", "PGRST205")

    @property
    def refuses_table(self) -> bool:
        """Whether the role was accepted, and may not read this table at all."""
        return self.code == "42501" and "permission denied for table" in self.message

    @property
    def without_database(self) -> bool:
        """Whether the REST API cannot reach its database."""
        return self.code in ("PGRST000", "PGRST001", "PGRST002", "PGRST003")

    @property
    def because(self) -> tuple[str, ...]:
        """The examination that explains this answer, if it is a refusal of a token's times."""
        return ("clock",) if self.code == "PGRST303" else ()

    def __str__(self) -> str:
        said = " ".join(filter(None, (self.code, self.message)))
        return f"HTTP {self.status}{f', {said[:200]}' if said else ''}"


def ask(
    inputs: Inputs, path: str, *, token: str = "", body: Mapping[str, object] | None = None
) -> Answer:
    """Asks with the publishable key, and as ``token`` if there is one. With a ``body`` by POST."""
    supabase = inputs.operator.supabase
    headers = {"apikey": supabase.publishable_key}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    with proxies.client(supabase.url, timeout=TIMEOUT_SECONDS) as client:
        url = supabase.url + path
        answer = (
            client.get(url, headers=headers)
            if body is None
            else client.post(url, headers=headers, json=body)
        )
    try:
        said: object = answer.json()
    except ValueError:
        said = None
    error = said if isinstance(said, dict) else {}
    code, message = (str(error.get(name) or "") for name in ("code", "message"))
    return Answer(answer.status_code, said, code, message)


def ask_as_webhook(inputs: Inputs, token: str) -> Answer:
    """Asks for a row of conversations. The role sees none unless it names a call."""
    return ask(inputs, "/rest/v1/conversations?select=id&limit=1", token=token)


def api(inputs: Inputs) -> Iterator[Finding]:
    """Whether Auth and the REST API answer. Another examination tests the key."""
    url = inputs.operator.supabase.url
    for path in ("/auth/v1/settings", "/rest/v1/conversations?limit=0"):
        answer = ask(inputs, path)
        if answer.status == _PAUSED:
            yield failed(
                url, f"{url} is paused", "Restore the project: Supabase's dashboard, front page"
            )
        elif answer.status >= 500:
            yield failed(
                url,
                f"{url}{path.partition('?')[0]} answers {answer}",
                "Is the database up? See Supabase's dashboard, and status.supabase.com for outages",
                because=("database",) if answer.without_database else (),
            )
        elif answer.status not in (200, 401, 403) and not answer.code:
            yield failed(
                url,
                f"{url} answers, but is not a Supabase project (HTTP {answer.status})",
                "SUPABASE_URL must be the API's address: Supabase's dashboard, Connect",
            )
        else:
            continue
        return
    yield passed(url, f"Auth and REST answer at {url}")


def publishable_key(inputs: Inputs) -> Iterator[Finding]:
    """Whether the key belongs to the project, and may be public."""
    name, key = "SUPABASE_PUBLISHABLE_KEY", inputs.operator.supabase.publishable_key
    role = claims(key).get("role")
    if key.startswith("sb_secret_") or role == "service_role":
        yield failed(
            name,
            f"ALARM: {name} is a secret key, which can read and change everything",
            "Rotate it now, because functions and web pages get this value: Supabase's dashboard,"
            " Settings → API keys. Then put the publishable key into .env",
        )
        return
    if not key.startswith("sb_publishable_") and role != "anon":
        yield failed(
            name,
            f"{name} is not a publishable key",
            "It must begin with sb_publishable_: Supabase's dashboard, Settings → API keys",
        )
        return
    answer = ask(inputs, "/auth/v1/settings")
    if answer.status in (401, 403):
        yield failed(
            name,
            f"The project refuses {name} ({answer})",
            "It is another project's key, or it was deleted. Copy it again: Supabase's dashboard,"
            " Settings → API keys",
        )
    elif answer.status != 200:
        yield skipped(name, f"Not examined: {answer} (see supabase_api)")
    elif role == "anon":
        yield passed(
            name,
            "The project accepts it. It is a legacy anon key, which Supabase will retire",
            "Make a publishable key: Supabase's dashboard, Settings → API keys",
        )
    else:
        yield passed(name, "The project accepts it")


def sign_up(inputs: Inputs) -> Iterator[Finding]:
    """Whether people show that an e-mail address is theirs. Invitations, and who may make a
    business, rest on it.

    https://supabase.com/docs/guides/auth/general-configuration
    """
    url = inputs.operator.supabase.url
    answer = ask(inputs, "/auth/v1/settings")
    told = answer.body if isinstance(answer.body, dict) else {}
    is_believed = told.get("mailer_autoconfirm")
    if answer.status != 200 or not isinstance(is_believed, bool):
        yield skipped(url, f"Not examined: {answer} (see supabase_api)")
    elif is_believed and urlsplit(url).hostname not in ("127.0.0.1", "localhost", "::1"):
        yield failed(
            url,
            "ALARM: People sign up with any e-mail address and need not confirm it, so anybody can"
            " accept an invitation to somebody else",
            "Switch on “Confirm email”: Supabase's dashboard, Authentication → Sign In / Providers"
            " → Email. Look on the page who has accepted invitations",
        )
    elif told.get("disable_signup") is True:
        yield passed(
            url,
            "Nobody can sign up. Who is invited needs an account that you make",
            "Allow new users to sign up: Supabase's dashboard, Authentication → Sign In",
        )
    elif is_believed:
        yield passed(url, "On this machine nobody confirms an e-mail address")
    else:
        yield passed(url, "Who signs up confirms the e-mail address")


def signing_keys(inputs: Inputs) -> Iterator[Finding]:
    """Whether the project accepts what the operator's signing key and shared secret sign."""
    key, secret = inputs.operator.signing_key, inputs.operator.supabase.jwt_secret
    if key.key_id:
        published = _published(inputs)
        if key.key_id not in published:
            yield failed(
                key.key_id,
                f"The project does not publish key {key.key_id} of SUPABASE_SIGNING_KEY_FILE. It"
                f" publishes {len(published)} others",
                "Import it as a standby key: Supabase's dashboard, Settings → JWT keys. It can take"
                " 20 minutes until it works",
                because=("supabase_api",),
            )
        else:
            yield _taken(inputs, key, f"key {key.key_id}")
    if secret:
        yield _taken(inputs, SigningKey.from_secret(secret), "SUPABASE_JWT_SECRET")


def _published(inputs: Inputs) -> set[str]:
    body = ask(inputs, "/auth/v1/.well-known/jwks.json").body
    keys = body.get("keys") if isinstance(body, dict) else None
    return {
        str(key["kid"])
        for key in (keys if isinstance(keys, list) else [])
        if isinstance(key, dict) and "kid" in key
    }


def _taken(inputs: Inputs, key: SigningKey, name: str) -> Finding:
    """Tries whether the REST API accepts what the key signs. The published keys do not say which of
    them is in use and which is standby."""
    answer = ask_as_webhook(inputs, probe(inputs, key))
    if answer.key_unknown:
        return failed(
            name,
            f"The REST API accepts nothing that {name} signs ({answer})",
            "Supabase's dashboard, Settings → JWT keys: a secret must be that of this project, and"
            " not revoked; a standby key may have to become the current one (rotate keys)",
            because=("supabase_api",),
        )
    if answer.accepts_token:
        return passed(name, f"The REST API accepts what {name} signs")
    if ask_as_webhook(inputs, probe(inputs, key, subject=NOBODY)).accepts_token:
        return passed(name, f"The REST API accepts what {name} signs, if it has a `sub`")
    if answer.about_api_key:
        return skipped(name, "Not examined: see supabase_publishable_key")
    return failed(
        name,
        f"The REST API refuses what {name} signs: {answer}",
        clock_or(answer),
        because=("supabase_api", *answer.because),
    )


def probe(inputs: Inputs, key: SigningKey, role: str = ROLE, *, subject: str = "") -> str:
    """An endpoint's JWT that expires in five minutes, because its time of issue is long ago."""
    issued_at = inputs.now() - LIFETIME_DAYS * DAY + _PROBE_SECONDS
    return mint(key, inputs.operator.supabase.url, issued_at, role=role, subject=subject)


def clock_or(answer: Answer) -> str:
    if answer.because:
        return "Its times are wrong: see clock"
    return "Supabase's dashboard, Logs, says more; status.supabase.com shows outages"


def claims(token: str) -> dict[str, object]:
    """The claims of a JWT, whoever signed it. Empty if the text is not a JWT."""
    try:
        return dict(jwt.decode(token, options={"verify_signature": False}))
    except jwt.PyJWTError:
        return {}
