"""The e-mails that the local stack's Auth API has sent."""

from __future__ import annotations

import httpx

from stack import Stack
from tests.web.network import eventually


def links_to(stack: Stack, address: str) -> list[str]:
    """The links of the e-mails to this address, the latest first."""
    answer = httpx.get(f"{stack.env['SUPABASE_URL']}/mails.json", timeout=60)
    return [mail["link"] for mail in answer.json() if mail["to"] == address and mail["link"]]


def link_to(stack: Stack, address: str, kind: str) -> str:
    """The link of the latest e-mail of a kind (``signup``, ``recovery``) to this address."""
    return eventually(
        lambda: next((link for link in links_to(stack, address) if f"type={kind}" in link), None),
        f"an e-mail to {address}",
    )
