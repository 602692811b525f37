"""Whatever the terms, whoever is killed and whichever callbacks are lost: nobody is recorded who
has not agreed, and in the end each recording is in one place or says why it is not."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable

import pytest

from tests.soak import figure, scaled
from tests.supabase.recorded import RecordedCall, allow
from tests.supabase.recording_world import Killed, RecordingWorld
from tests.supabase.tenants import Connection, add_tenant, attempt

MODES = ("on_demand", "all")
CONSENTS = ("announce", "confirm", "both")


def live(world: RecordingWorld) -> None:
    """Everything that may happen in a call, in any order that makes sense to somebody."""
    moves: dict[Callable[[], None], float] = {
        world.notice: 3,
        world.lead_answers: 3,
        world.told_of_answer: 3,
        world.work: 2,
        world.deliver: 6,
        world.end_recordings: 1,
        world.hang_up: 0.5,
        lambda: world.ask("start"): 4,
        lambda: world.ask("start", "agreed"): 4,
        lambda: world.ask("pause"): 2,
        lambda: world.ask("resume"): 2,
        lambda: world.ask("stop"): 1,
        lambda: world.ask("stop", "refused"): 0.3,
    }
    world.lead_answers()
    for _ in range(25):
        (move,) = world.dice.choices(list(moves), weights=list(moves.values()))
        if move in (world.lead_answers, world.notice) and world.call.row["ended_at"] is not None:
            continue
        try:
            move()
        except Killed:
            continue
    with contextlib.suppress(Killed):
        world.hang_up()


def check(world: RecordingWorld) -> None:
    rows = world.call.recordings
    by_sid = {row["recording_sid"]: row for row in rows if row["recording_sid"]}
    # None is lost, and none is left at Twilio.
    assert by_sid.keys() >= world.twilio.keys()
    for sid, recording in world.twilio.items():
        row = by_sid[sid]
        assert recording.status in ("deleted", "absent"), row
        assert (row["state"] in ("kept", "deleted")) == (recording.status == "deleted"), row
    assert world.bucket == {row["object_path"] for row in rows if row["state"] == "kept"}
    for row in rows:
        assert row["state"] in ("kept", "deleted", "absent", "failed"), row
        assert row["state"] not in ("absent", "failed") or row["error"], row
        assert row["lease_token"] is None, row
    assert [row["part"] for row in rows] == sorted({row["part"] for row in rows})
    state = world.call.recording_state
    if world.refused:
        assert state == "refused"
        assert world.bucket == set()
    else:
        assert state in ("waiting", "stopped", "failed"), rows


@pytest.mark.soak
def test_each_recording_ends_in_one_place_and_nobody_is_recorded_without_consent(
    db: Connection,
) -> None:
    tenant = add_tenant(db, 1)
    made = kept = refused = 0
    for seed in range(scaled(9, 1000)):
        mode, consent = MODES[seed % 2], CONSENTS[seed // 2 % 3]
        with attempt(db):
            allow(db, tenant, mode, consent)
            world = RecordingWorld(RecordedCall(db, tenant), random.Random(seed))
            try:
                live(world)
                world.heal()
                check(world)
            except Exception as error:
                error.add_note(f"seed {seed}: {mode}, {consent}")
                raise
            made += len(world.twilio)
            kept += len(world.bucket)
            refused += world.refused
    assert min(made, kept, refused) > 0
    figure(f"{made} recordings of calls full of mishaps: {kept} kept, {refused} calls refused")
