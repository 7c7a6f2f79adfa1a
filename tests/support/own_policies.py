"""Policies of an authority's own, as a store registers them, and its past computed again."""

from __future__ import annotations

from pathlib import Path

from stores import ACTOR, AUDITOR, REVIEWERS, StoreHarness

from scoring.policy.resolved import ResolvedPolicy
from scoring.rules import POLICIES
from scoring.store.audit.replay import Auditor, Replayed, replay
from scoring.store.standing.registering import policy_of_store, register_policy

SHIPPED = POLICIES / "quzhou-demo" / "2026-04-01.toml"
IN_FORCE = """
[[versions]]
valid_from = {day}
status = "in force"
checked_on = {day}
reviews = [
    {{ kind = "legality", issuer = "Bureau", number = "1", date = 2026-06-01 }},
    {{ kind = "fair_competition", issuer = "Bureau", number = "2", date = 2026-06-01, opinions = {{ zh = "已听取", en = "heard" }} }},
    {{ kind = "public_comment", issuer = "Bureau", number = "3", date = 2026-06-01 }},
]
"""
LOOKED_UP = {"disclosure_checks": "disclosure", "abnormal_list": "disclosure"}
"""Instruments that nobody has looked up, each with one that somebody has: rules in force cite no other."""
LOOKED_UP_BELOW = """
[[legal]]
id = "tax_arrears"
instrument = "tax_collection_law"

[[legal]]
id = "environment_grade"
instrument = "environment_law"
"""
"""The same of what the version cites that the shipped one extends."""


def own_policy(folder: Path, policy_id: str = "own", day: str = "2026-07-01", register: str = "") -> Path:
    """A policy of an authority's own: the shipped one under another name."""
    folder.mkdir(parents=True, exist_ok=True)
    text = SHIPPED.read_text(encoding="utf-8")
    text = text.replace('id = "quzhou-demo"', f'id = "{policy_id}"', 1)
    for name, other in LOOKED_UP.items():
        text = text.replace(f'instrument = "{name}"', f'instrument = "{other}"')
    file = folder / f"{day}.toml"
    text = text.replace("valid_from = 2026-04-01", f"valid_from = {day}", 1) + LOOKED_UP_BELOW
    file.write_text(text, encoding="utf-8")
    if register:
        (folder / "register.toml").write_text(register, encoding="utf-8")
    return file


def register(store: StoreHarness, file: Path) -> ResolvedPolicy | None:
    """Registers a policy, as two accounts say."""
    assert register_policy(store.database, file, ACTOR, store.clock) is None
    return register_policy(store.database, file, REVIEWERS[0], store.clock)


def of_store(store: StoreHarness, ref: str) -> ResolvedPolicy:
    """The rules that the store is written under."""
    with store.database.read() as connection:
        return policy_of_store(connection, ref, store.day)


def replayed_by_auditor(store: StoreHarness) -> Replayed:
    """All past assessments, computed again."""
    return replay(store.database, None, store.clock, Auditor(AUDITOR, "test"))
