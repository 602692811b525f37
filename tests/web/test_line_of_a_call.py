from __future__ import annotations

import json
import time
from collections.abc import Callable

from tests.web.calls_page import Signed, Rep
from tests.web.network import Database, Network, eventually


def test_probe(signed_in: Signed, network: Network, database: Database) -> None:
    tab = signed_in()
    page = tab.page
    number = network.a_number(ringSeconds=0, talkSeconds=None)
    tab.call_and_talk(number)
    call = network.call_to(number)
    print(json.dumps(call, indent=1)[:600])
    identity = call["params"].get("identity") or call.get("from") or ""
    sid = call["callSid"]
    sign = page.locator("#call-quality")

    def watch(seconds: float, what: str) -> None:
        print("==", what)
        last = ""
        begun = time.monotonic()
        while time.monotonic() < begun + seconds:
            page.wait_for_timeout(250)
            now = sign.text_content() or ""
            if now != last:
                print(f"{time.monotonic() - begun:.1f}", sign.get_attribute("data-grade"), now)
                last = now

    watch(15, "healthy")
    who = database.find("select user_id, business_id from conversations where call_sid=%s", sid)[0]
    identity = f"user_{who['user_id'].hex}_{who['business_id'].hex}"
    for name, cond in {
        "loss out 20": dict(loss=0.2, direction="out"),
        "loss in 5": dict(loss=0.05, direction="in"),
        "audioLost out": dict(audioLost="out"),
        "audioLost in": dict(audioLost="in"),
        "silence in": dict(silence="in"),
        "jitter": dict(jitterMs=60, direction="in"),
        "delay": dict(delayMs=200, direction="both"),
    }.items():
        network._post("network", {"identity": identity, **cond})
        watch(18, name)
        network._post("network", {"identity": identity})
        watch(16, "healthy")
    print(page.evaluate("localStorage.getItem('henk-voice.call-quality')"))
    tab.hang_up.click()
    row = eventually(lambda: database.find("select * from call_quality where call_sid=%s", sid), "row")
    print(row)
    print(page.evaluate("localStorage.getItem('henk-voice.call-quality')"))
