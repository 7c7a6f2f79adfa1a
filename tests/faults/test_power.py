"""The power goes: what was acknowledged is on the disk,
whatever the disk forgot. And the test bites.
"""

from __future__ import annotations

import os
import random
import shutil
from collections import Counter
from pathlib import Path

import pytest
from crashing import DAY, NOTHING, clock, damage, enterprises, fact, policy, stored
from lossy import Disk, lossy
from stores import ACTOR

from scoring.store.standing.recording import Recorder

IMAGES = int(os.environ.get("SISE_IMAGES", "20"))
FACTS = int(os.environ.get("SISE_POWER_FACTS", "12"))


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store."""
    folder = tmp_path_factory.mktemp("start")
    stored(folder / "sise.db")
    return folder


def cuts(start: Path, folder: Path, synchronous: str = "") -> Counter[str]:
    """Records facts on a disk that forgets, cuts the power at random moments,
    and sums up the damage of all images.
    """
    disk, folder_of_work = Disk(), folder / "work"
    shutil.copytree(start, folder_of_work)
    store, system = lossy(folder_of_work / "sise.db", disk, synchronous=synchronous)
    recorder, version = Recorder(store, ACTOR, clock), policy()
    with store.read() as connection:
        known = enterprises(connection, FACTS)
    for number in range(FACTS):
        recorder.record(fact(number, known[number]), version, DAY)
        disk.acknowledge(number)
    cut_at, chance, total_damage = len(disk.log), random.Random(3), Counter[str]()
    for number in range(IMAGES):
        image = folder / f"image{number}"
        image.mkdir()
        acknowledged = disk.image(start, image, chance.randint(1, cut_at), chance)
        total_damage += Counter(
            {name: int(count > 0) for name, count in damage(image / "sise.db", acknowledged).items()}
        )
        shutil.rmtree(image)
    store.close()
    del system
    return total_damage


def test_no_acknowledged_fact_is_lost(start: Path, tmp_path: Path) -> None:
    """With the store's own settings no crash image lacks an acknowledged fact, none is corrupt,
    none holds half a fact.
    """
    total_damage = cuts(start, tmp_path)
    print(f"{IMAGES} crash images, synchronous = FULL: {dict(total_damage) or NOTHING}")
    assert not total_damage


def test_the_harness_bites(start: Path, tmp_path: Path) -> None:
    """With ``synchronous = NORMAL`` the same harness finds acknowledged facts that are lost."""
    total_damage = cuts(start, tmp_path, "NORMAL")
    print(f"{IMAGES} crash images, synchronous = NORMAL: {dict(total_damage)}")
    assert total_damage["lost"] > 0
