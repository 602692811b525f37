"""Private signing keys, as an operator has them in a file."""

from __future__ import annotations

import json

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa


def jwk_of(algorithm: str) -> dict[str, object]:
    """A new private key for ES256 or RS256, as `supabase gen signing-key` prints it."""
    if algorithm == "ES256":
        text = jwt.algorithms.ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()))
    else:
        text = jwt.algorithms.RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, 2048))
    jwk: dict[str, object] = json.loads(text)
    return jwk | {"kid": "key-1", "alg": algorithm, "use": "sig"}
