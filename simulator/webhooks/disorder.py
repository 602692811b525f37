"""Sends webhooks twice, late, or not at the first attempt. Tests check that all are recorded."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

from simulator.webhooks.deliveries import Delivery, Mishap


@dataclass
class Disorder:
    """The probability of each mishap, from 0 to 1.

    Any webhook can come twice or fail at first. A status callback can also come up to
    ``delay_seconds`` late, so that later ones overtake it.
    """

    duplicated: float = 0.0
    failed: float = 0.0
    """In half of these cases the product gets the request, and its answer is lost."""
    delayed: float = 0.0
    delay_seconds: float = 10.0
    """Simulated seconds."""
    seed: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    """How often each mishap happened."""
    _random: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def strike(self, delivery: Delivery) -> None:
        """Decide the mishaps of ``delivery``."""
        chance = self._random.random
        mishap = delivery.mishap = Mishap()
        if chance() < self.duplicated:
            mishap.duplicated = True
            self.counts["duplicated"] += 1
        if chance() < self.failed:
            mishap.first_attempt = "unheard" if chance() < 0.5 else "unanswered"
            self.counts["failed"] += 1
        if delivery.kind.endswith("-status") and chance() < self.delayed:
            mishap.delay_seconds = chance() * self.delay_seconds
            self.counts["delayed"] += 1
