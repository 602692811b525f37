"""POST /api/twilio/control: what each action does at Twilio, and what is written down."""

from __future__ import annotations

import pytest

from tests.canned_server import CannedServer
from tests.control_fn.scenes import SCENES
from tests.endpoints import Endpoint


@pytest.mark.parametrize("name", SCENES)
def test_an_action_is_done_once_however_often_it_is_asked(
    control: Endpoint, canned: CannedServer, name: str
) -> None:
    scene = SCENES[name]
    database = scene.start()
    database.serve(canned)
    assert not scene.is_done(database.twilio)
    for _ in range(2):
        answer = control.browser(scene.body)
        assert answer.status_code == 200, answer.text
        assert scene.is_done(database.twilio)
        assert database.results[-1] == "done"
    assert database.results.count("done") == 1
