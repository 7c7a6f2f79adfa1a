"""kill -9 at random moments of recording: what was acknowledged is there, once and whole."""

from __future__ import annotations

import os
import random
from pathlib import Path

from crashing import DAY, NOTHING, clock, damage, kill_recording, opened, policy, stored
from stores import ACTOR

from scoring.store.standing.assessing import score_store

KILLS = int(os.environ.get("SISE_KILLS", "4"))


def test_a_killed_recording_loses_nothing(tmp_path: Path) -> None:
    """After every kill all that was acknowledged is stored once, with its entry; in the end no
    enterprise lacks its assessment.
    """
    path, chance, acknowledged = stored(tmp_path / "sise.db"), random.Random(9), []
    for number in range(KILLS):
        acknowledged += kill_recording(path, len(set(acknowledged)), chance)
        assert damage(path, acknowledged) == NOTHING
        print(f"{number + 1} kills, {len(acknowledged)} acknowledged", flush=True)
    assert len(set(acknowledged)) >= KILLS
    with opened(path) as database:
        assert score_store(database, policy(), DAY, ACTOR, clock).changed == 0
    print(f"{KILLS} kills, {len(acknowledged)} acknowledged: {NOTHING}")
