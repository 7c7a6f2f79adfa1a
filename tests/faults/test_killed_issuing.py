"""kill -9 at random moments of a scoring that issues codes: no colour without its code, no code twice."""

from __future__ import annotations

import os
import random
import shutil
import time
from pathlib import Path

from coded_stores import SETTINGS, key_folder
from crashing import DAY, clock, killed, opened, policy, score_with_codes, stored

from scoring.administration.credential.issuing_office import IssuingOffice
from scoring.store.audit.verify import verify
from scoring.store.standing.adopting import adopt
from scoring.store.standing.code_issuing import renew_codes

KILLS = int(os.environ.get("SISE_KILLED_ISSUING", "3"))
OUTDATED = """
SELECT count(*) FROM code_live l JOIN standing s ON s.enterprise_id = l.enterprise_id WHERE l.colour IS NOT s.colour
"""
TWICE = "SELECT count(*) - count(DISTINCT status_index) FROM code_live"


def state(path: Path) -> tuple[int, int, int, int]:
    """Codes, live codes, live codes of another colour than the store's, places given twice; all must verify."""
    with opened(path) as database, database.read() as connection:
        assert [] == verify(connection).findings
        queries = ("SELECT count(*) FROM code", "SELECT count(*) FROM code_live", OUTDATED, TWICE)
        codes, live, outdated, twice = (connection.exec_driver_sql(query).scalar_one() for query in queries)
    return codes, live, outdated, twice


def test_a_killed_scoring_leaves_no_colour_without_its_code(tmp_path: Path) -> None:
    """After each kill every code says the colour in effect; run again, everybody has one, as without the kill."""
    keys, start, whole = tmp_path / "keys", tmp_path / "start.db", tmp_path / "whole.db"
    folder = key_folder(keys, since=DAY)
    stored(start)
    with opened(start) as database:
        for account in ("tester", "anna"):
            adopt(database, policy(), "test", account, clock)
        database.codes = IssuingOffice(SETTINGS, folder)
        renew_codes(database, policy(), DAY, "tester", clock)
    shutil.copy(start, whole)
    begin = time.perf_counter()
    score_with_codes(str(whole), str(keys))
    lasted, wanted, chance = time.perf_counter() - begin, state(whole), random.Random(7)
    assert wanted[0] > state(start)[0] and wanted[2:] == (0, 0)
    hits = 0
    for number in range(KILLS):
        path = tmp_path / f"{number}.db"
        shutil.copy(start, path)
        running, _ = killed(
            score_with_codes,
            (str(path), str(keys)),
            lambda begun: begun.recv() and time.sleep(chance.uniform(0.2, 1) * lasted),
        )
        hits += running
        assert state(path)[2:] == (0, 0)
        score_with_codes(str(path), str(keys))
        assert state(path) == wanted
    print(f"{KILLS} scorings, {hits} killed: none half")
