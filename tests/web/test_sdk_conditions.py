"""What a browser with Twilio's SDK measures on a bad network, which the simulator makes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.simulator.lab import DIAL_RECORDED, LEAD
from tests.web.sdk import Phones, SdkLab

_NETWORKS: dict[str, dict[str, object]] = {
    "fine": {},
    "lossy_in": {"loss": 0.2, "jitterMs": 60, "direction": "in"},
    "lossy_out": {"loss": 0.2, "delayMs": 150, "direction": "out"},
    "not_heard": {"audioLost": "out"},
    "silent": {"silence": "in"},
    "blocked": {"blockAudio": True},
}

_MEASURED = """
    const found = {};
    for (const [name, connection] of Object.entries(connections)) {
        const mine = (found[name] = { ice: connection.iceConnectionState });
        for (const stats of (await connection.getStats()).values()) mine[stats.type] = stats;
    }
    return found;
"""


def test_a_browser_measures_what_its_network_does(
    phones: Callable[..., Phones], sdk_lab: SdkLab
) -> None:
    page, lab = phones(), sdk_lab.lab
    lab.product.replies("/voice", DIAL_RECORDED)
    sdk_lab.run(lab.script(LEAD, ringSeconds=0, talkSeconds=None))
    page.js("window.connections = {}")
    for name, network in _NETWORKS.items():
        sdk_lab.run(lab.post("/simulator/network", {"identity": name, **network}))
        page.device(name)
        page.js(f"""devices.{name}.updateOptions({{
            RTCPeerConnection: class extends RTCPeerConnection {{
                constructor(...given) {{ super(...given); connections.{name} = this; }}
            }},
        }})""")
        page.call(name, LEAD)
    found: dict[str, Any] = {}
    while (
        min(_packets(found, name) for name in _NETWORKS if name != "blocked") < 250
        or _reported(found) < 250
        # Known from the first of both sides' reports that have met.
        or "roundTripTime" not in found["lossy_out"].get("remote-inbound-rtp", {})
    ):
        page.page.wait_for_timeout(500)
        found = page.js(_MEASURED)

    heard = {name: found[name].get("inbound-rtp") for name in found}
    told = {name: found[name].get("remote-inbound-rtp") for name in found}
    assert heard["fine"]["packetsLost"] == told["fine"]["packetsLost"] == 0
    assert heard["fine"]["totalAudioEnergy"] > 0
    lossy = heard["lossy_in"]
    lost = lossy["packetsLost"] / (lossy["packetsLost"] + lossy["packetsReceived"])
    assert lost == pytest.approx(0.2, abs=0.1)
    assert lossy["jitter"] > 0.03
    assert told["lossy_in"]["packetsLost"] == 0
    assert heard["lossy_out"]["packetsLost"] == 0
    lost = told["lossy_out"]["packetsLost"] / _reported(found)
    assert lost == pytest.approx(0.2, abs=0.1)
    assert told["lossy_out"]["roundTripTime"] > 0.149
    assert told["not_heard"] is None
    assert heard["silent"]["totalAudioEnergy"] == 0
    assert found["blocked"]["ice"] in ("new", "checking")


def _packets(found: dict[str, Any], name: str) -> int:
    """How many packets of the connection left and came, the fewer of both."""
    stats = found.get(name, {})
    came = stats.get("inbound-rtp", {}).get("packetsReceived", 0)
    left = stats.get("outbound-rtp", {}).get("packetsSent", 0)
    return int(min(came, left))


def _reported(found: dict[str, Any]) -> float:
    """How many packets had left, when the last report about those that came was made.

    The report is seconds old when it is read: what has left since then, one packet each 20 ms, is
    not in it.
    """
    stats = found.get("lossy_out", {})
    if "remote-inbound-rtp" not in stats:
        return 0
    left = stats["outbound-rtp"]
    age = left["timestamp"] - stats["remote-inbound-rtp"]["timestamp"]
    return float(left["packetsSent"] - age / 20)
