"""A running server survives a scoring under another version of the policy: no restart, no refusal, no mixture."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from readers import AudienceClient
from stores import ACTOR, StoreHarness
from worlds import draft

from scoring.administration.results.reader import open_results
from scoring.administration.results.search import EnterpriseSearch
from scoring.policy.load import load_policy
from scoring.store.standing.assessing import score_store
from scoring.store.tables.database import Database

BEFORE, AFTER = load_policy("quzhou-demo@2026-04-01", None), draft("with-model")


@pytest.fixture
def store(served_store: str, tmp_path: Path) -> Iterator[StoreHarness]:
    """A copy of the scored store, on the first day of the next version."""
    copy = Database(str(shutil.copy(served_store, tmp_path / "sise.db")))
    harness = StoreHarness(copy)
    harness.go_to(AFTER.policy.valid_from)
    yield harness
    harness.database.close()


def test_pages_follow_a_new_version(store: StoreHarness) -> None:
    """Pages that are asked while a batch scores under the next version give 200, each under one version, and end under the new one."""
    client = AudienceClient(store.database.place, "officer")
    other = AudienceClient(store.database.place, "officer", app=client.app)
    found = open_results(store.database.place).find(EnterpriseSearch(), limit=5_000)[1]
    chosen = sorted(score.enterprise_id for score in found)[:8]
    answers: list[tuple[str, int, Any]] = []
    done = threading.Event()
    askers = [
        threading.Thread(target=_ask, args=(asks, chosen[n::2], answers, done))
        for n, asks in enumerate((client, other))
    ]
    for asker in askers:
        asker.start()
    score_store(store.database, AFTER, AFTER.policy.valid_from, ACTOR, store.clock)
    done.set()
    for asker in askers:
        asker.join()
    assert {200} == {status for _, status, _ in answers}
    assert len(answers) > len(chosen)
    for address, _, body in answers:
        _is_of_one_version(address, body, {BEFORE.rules_sha256, AFTER.rules_sha256})
    assert AFTER.rules_sha256 == client.get("/readyz").json["policy"]  # type: ignore[index]
    assert {AFTER.rules_sha256} == {client.get(f"/api/e/{who}").json["policy"]["sha256"] for who in chosen}  # type: ignore[index]


def _ask(
    client: AudienceClient,
    enterprise_ids: list[str],
    answers: list[tuple[str, int, Any]],
    done: threading.Event,
) -> None:
    """Asks pages and twins round and round until ``done``, and each of them once more after it."""
    last_round = False
    while not last_round:
        last_round = done.is_set()
        for enterprise_id in enterprise_ids:
            for address in (
                f"/api/e/{enterprise_id}",
                "/api/search?colour=red",
                "/readyz",
                f"/e/{enterprise_id}",
            ):
                answer = client.get(address)
                answers.append((address, answer.status_code, answer.json if answer.is_json else answer.text))


def _is_of_one_version(address: str, body: Any, known: set[str]) -> None:
    """An answer names one version, and its day, points and grades are those of that version."""
    if isinstance(body, str):
        assert 1 == sum(sha256[:12] in body for sha256 in known), address
        return
    if "policy" in body:
        sha256 = body["policy"] if isinstance(body["policy"], str) else body["policy"]["sha256"]
        assert sha256 in known
    if "distribution" in body:
        spread = body["distribution"]
        assert spread["rated"] == sum(band["count"] for band in spread["bands"])
        assert body["total"] == next(band["count"] for band in spread["bands"] if band["colour"] == "red")
