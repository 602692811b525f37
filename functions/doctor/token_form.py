"""In which form the Supabase project accepts the endpoints' own tokens.

They have a role of ours and no `sub`, because they are nobody's. Supabase documents tokens of
custom roles, and does not say whether its gateway wants a `sub`. So both forms are tried, the plain
one first.
"""

from __future__ import annotations

from dataclasses import dataclass

from functions.doctor import network
from functions.doctor.inputs import Inputs
from functions.doctor.supabase_project import ask_as_webhook, probe
from functions.setup.settings import Operator
from functions.setup.webhook_jwt import NOBODY, ROLE


@dataclass(frozen=True)
class TokenForm:
    """The `sub` that tokens need, empty if none, and what was found, in words."""

    subject: str = ""
    found: str = ""


def find(operator: Operator) -> TokenForm:
    """Asks the REST API with test tokens. If it accepts neither form, the doctor's examinations
    `signing_keys` and `supabase_api` say why."""
    inputs, key = Inputs(operator), operator.signing_key
    signed = f"key {key.key_id}" if key.key_id else "the project's secret"
    accepts = f"Supabase accepts tokens of role {ROLE}, signed by {signed},"
    try:
        plain = ask_as_webhook(inputs, probe(inputs, key))
        if plain.accepts_token:
            return TokenForm("", f"{accepts} without a `sub`.")
        if ask_as_webhook(inputs, probe(inputs, key, subject=NOBODY)).accepts_token:
            return TokenForm(NOBODY, f"{accepts} only with a `sub`: they get {NOBODY}.")
    except network.OUTAGES as error:
        return TokenForm("", f"Supabase was not asked about tokens: {network.explain(error)}.")
    return TokenForm("", f"Supabase accepts no token of role {ROLE}: {plain}.")
