"""The SQL functions that reconcile_fn calls, as shared/rpc.py has those of the other endpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from shared.database import Database
from shared.expiry import Expiry
from shared.unsettled_calls import Claim, Leg, Pause, Settlement


class AsReconciler:
    """Functions for role ``call_reconciler``, called with SUPABASE_RECONCILER_JWT.

    Each raises what ``Database.call_as_endpoint`` raises.
    """

    def __init__(self, database: Database, reconciler_jwt: str) -> None:
        self._database = database
        self._reconciler_jwt = reconciler_jwt
        self._expiry = Expiry("SUPABASE_RECONCILER_JWT", reconciler_jwt)

    def claim_unsettled_calls(self, *, limit: int, lease_seconds: int) -> Claim:
        """Takes up to ``limit`` calls to ask Twilio about. No other run gets them within
        ``lease_seconds``."""
        parameters = {"p_limit": limit, "p_lease_seconds": lease_seconds}
        return cast(Claim, self._call("claim_unsettled_calls", parameters))

    def settle_call(self, *, agent_call_sid: str, legs: Sequence[Leg] | None) -> Settlement:
        """Stores what Twilio knows about a call: the agent's leg first, then the others. ``legs``
        is None if Twilio does not know the call."""
        parameters = {"p_agent_call_sid": agent_call_sid, "p_legs": legs}
        return cast(Settlement, self._call("settle_call", parameters))

    def pause_reconciliation(self, *, seconds: int) -> Pause:
        """Stops all runs from claiming calls for ``seconds``, but not for more than an hour."""
        return cast(Pause, self._call("pause_reconciliation", {"p_seconds": seconds}))

    def _call(self, function: str, parameters: Mapping[str, object]) -> Mapping[str, object]:
        self._expiry.warn()
        return self._database.call_as_endpoint(
            self._reconciler_jwt, function, parameters, setting="SUPABASE_RECONCILER_JWT"
        )
