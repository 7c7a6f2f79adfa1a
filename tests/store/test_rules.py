"""Rules that write to a store: registered ones, one content for each version, and none but those in force after one."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from own_policies import IN_FORCE, SHIPPED, of_store, own_policy, register
from stores import ACTOR, REVIEWERS, StoreHarness

from scoring.administration.casework.opening import NewCase, open_case
from scoring.administration.results.reader import ResultsReader
from scoring.entities import codes
from scoring.errors import PolicyError, SiseError, StoreError
from scoring.policy.law import applied
from scoring.policy.law.register import RegisteredVersion
from scoring.policy.load import list_policies, load_policy, read_policy_file
from scoring.policy.resolved import ResolvedPolicy, resolve
from scoring.rules import POLICIES
from scoring.store.standing.adopting import adopt
from scoring.store.standing.assessing import score_store
from scoring.store.standing.recording import Recorder
from scoring.store.standing.registering import register_policy

OTHER_BASE = "\n[scale]\nbase = {base}\n"
"""Ends a version with another base."""


def shown(store: StoreHarness) -> str:
    """Id and version that the pages show."""
    reader = ResultsReader(store.database.url.render_as_string(hide_password=False))
    policy = reader.current().version.policy
    reader.database.close()
    return f"{policy.id}@{policy.version}"


def test_every_shipped_version_is_pinned() -> None:
    """A shipped version whose rules are not the registered ones could write to no store."""
    assert [] == [version.path for version in list_policies() if version.registered is None]


def test_the_hash_covers_labels_law_and_lists() -> None:
    """Each part of the rules moves the one hash, a label as well as a number."""
    version = load_policy("quzhou-demo@2026-04-01", None)
    policy, law = version.policy, version.law
    other_title = policy.model_copy(update={"title": policy.title.model_copy(update={"en": "Other"})})
    other_finality = law.finality.model_copy(update={"months": law.finality.months + 1})
    first, *others = law.instruments
    other_use = first.model_copy(update={"use": ()})
    hashes = [
        version.rules_sha256,
        resolve(other_title).rules_sha256,
        resolve(policy, law=applied.Law(other_finality, law.instruments)).rules_sha256,
        resolve(policy, law=applied.Law(law.finality, (other_use, *others))).rules_sha256,
        resolve(policy, lists=version.lists.replace("检查", "查验", 1)).rules_sha256,
    ]
    assert len(hashes) == len(set(hashes))


def _evil_copy(store: StoreHarness, folder: Path) -> ResolvedPolicy:
    """The shipped file under its own name, with a lower base."""
    file = folder / "2026-04-01.toml"
    file.write_text(SHIPPED.read_text(encoding="utf-8") + OTHER_BASE.format(base=840), encoding="utf-8")
    return load_policy(str(file), store.day)


def _of_another_name(store: StoreHarness, folder: Path) -> ResolvedPolicy:
    return load_policy(str(own_policy(folder)), store.day)


def _edited_law(store: StoreHarness, folder: Path) -> ResolvedPolicy:
    """The shipped policy with a law that somebody edited after it was registered."""
    version = store.version
    finality = version.law.finality.model_copy(update={"months": 99})
    law = applied.Law(finality, version.law.instruments)
    return resolve(version.policy, law=law, registered=version.registered, path=version.path)


def _older_version(store: StoreHarness, folder: Path) -> ResolvedPolicy:
    return load_policy("quzhou-demo@2023-05-01", store.day)


UNUSABLE = {
    "a copy with another base": (_evil_copy, "policy_other_content"),
    "an id of its own": (_of_another_name, "policy_not_registered"),
    "a law that was edited": (_edited_law, "policy_other_content"),
    "an older version": (_older_version, "policy_version_back"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_no_other_rules_write(scored: StoreHarness, tmp_path: Path, name: str) -> None:
    """Whatever writes refuses them and changes nothing."""
    make, code = UNUSABLE[name]
    version, before = make(scored, tmp_path), scored.digest()
    who = scored.one("blue")
    opening = NewCase("statement", who, "test")
    fact = scored.facts.add(who, {"kind": "inspection", "result": "no_problem"}, "test", None, None)
    attempts = (
        lambda: score_store(scored.database, version, scored.day, ACTOR, scored.clock),
        lambda: Recorder(scored.database, ACTOR, scored.clock).record(fact, version, scored.day),
        lambda: open_case(scored.database, version, opening, ACTOR, scored.clock),
        lambda: adopt(scored.database, version, "test", ACTOR, scored.clock),
    )
    for attempt in attempts:
        with pytest.raises(StoreError, match=code):
            attempt()
    assert before == scored.digest()


def test_an_own_policy_enters_by_two_accounts(scored: StoreHarness, tmp_path: Path) -> None:
    """It is asked for by one and done by another; then it scores by file and by id, and pages stay as they were."""
    file = own_policy(tmp_path / "own")
    assert register_policy(scored.database, file, ACTOR, scored.clock) is None
    with pytest.raises(StoreError, match="second_account_needed"):
        register_policy(scored.database, file, ACTOR, scored.clock)
    with pytest.raises(StoreError, match="policy_not_registered"):
        of_store(scored, str(file))
    assert register_policy(scored.database, file, REVIEWERS[0], scored.clock) is not None
    by_file, by_id = of_store(scored, str(file)), of_store(scored, "own")
    assert by_file == by_id == of_store(scored, "own@2026-07-01")
    before = shown(scored)
    score_store(scored.database, by_id, scored.day, ACTOR, scored.clock)
    assert (before, True) == (shown(scored), by_id.demonstration)
    with pytest.raises(StoreError, match="policy_registered_already"):
        register(scored, file)


def test_a_history_knows_every_own_version(scored: StoreHarness, tmp_path: Path) -> None:
    """Looking back goes through all versions that the store has registered, each on its days."""
    first_days = ("2026-07-01", "2026-08-15")
    entries = "\n".join(IN_FORCE.format(day=day) for day in first_days)
    files = [own_policy(tmp_path / "own", day=day, register=entries) for day in first_days]
    for file in files:
        register(scored, file)
    score_store(scored.database, of_store(scored, "own"), scored.day, ACTOR, scored.clock)
    reader = ResultsReader(scored.database.url.render_as_string(hide_password=False))
    past = reader.current().history(scored.one("blue"), date(2026, 7, 1), scored.day)
    reader.database.close()
    in_order = dict.fromkeys(stretch.version.policy.version for stretch in past.stretches)
    assert list(first_days) == list(in_order)


def test_what_is_in_force_is_shown_and_followed(scored: StoreHarness, tmp_path: Path) -> None:
    """Pages show the policy in force; a demonstration of a later day does not follow it by date, nor by name."""
    official = own_policy(tmp_path / "own", register=IN_FORCE.format(day="2026-07-01"))
    draft = own_policy(tmp_path / "draft", day="2026-08-01")
    for file in (official, draft):
        register(scored, file)
    version = of_store(scored, "own")
    assert ("in force", "2026-07-01") == (version.status, version.policy.version)
    score_store(scored.database, version, scored.day, ACTOR, scored.clock)
    assert "own@2026-07-01" == shown(scored)
    scored.score()
    assert "own@2026-07-01" == shown(scored)
    with pytest.raises(StoreError, match="policy_not_in_force_here"):
        of_store(scored, "own@2026-08-01")


def test_what_the_register_says_later_counts(scored: StoreHarness, tmp_path: Path) -> None:
    """A version put in force after its registration is in force; a repealed one holds no longer."""
    file = own_policy(tmp_path / "own")
    register(scored, file)
    entry = IN_FORCE.format(day="2026-07-01")
    (file.parent / "register.toml").write_text(entry, encoding="utf-8")
    register(scored, file)
    assert "in force" == of_store(scored, "own").status
    repealed = entry.replace('status = "in force"', 'status = "in force"\nrepealed_on = 2026-09-01')
    (file.parent / "register.toml").write_text(repealed, encoding="utf-8")
    register(scored, file)
    for ref in ("own", "own@2026-07-01", str(file)):
        with pytest.raises(SiseError, match="not_in_force"):
            of_store(scored, ref)


def test_a_register_beside_the_file_must_pin_these_rules(scored: StoreHarness, tmp_path: Path) -> None:
    """Another pin is refused; a shipped name with other rules as well."""
    wrong = '[[versions]]\nvalid_from = 2026-07-01\nstatus = "demonstration"\nchecked_on = 2026-07-01\n'
    file = own_policy(tmp_path / "own", register=f'{wrong}rules_sha256 = "{"0" * 64}"\n')
    with pytest.raises(PolicyError, match="policy_pinned_otherwise"):
        register_policy(scored.database, file, ACTOR, scored.clock)
    folder = tmp_path / "quzhou-demo"
    shutil.copytree(POLICIES / "quzhou-demo", folder, ignore=shutil.ignore_patterns("register.toml"))
    copy = folder / "2026-04-01.toml"
    copy.write_text(copy.read_text(encoding="utf-8") + OTHER_BASE.format(base=851), encoding="utf-8")
    with pytest.raises(StoreError, match="policy_other_content"):
        register_policy(scored.database, copy, ACTOR, scored.clock)


def test_an_entry_of_other_rules_registers_nothing() -> None:
    """A register's entry counts for the rules that it pins and for no other."""
    policy = read_policy_file(SHIPPED).policy
    entry = RegisteredVersion(
        valid_from=policy.valid_from,
        status="demonstration",
        checked_on=policy.valid_from,
        rules_sha256="0" * 64,
    )
    assert resolve(policy, registered=entry).registered is None


def test_lists_are_what_the_engine_reads() -> None:
    """The text that is hashed is all of the closed lists, in their order."""
    read: Mapping[str, Any] = codes()
    assert [] == applied.changed_codes(applied.lists_content())
    assert all(table in applied.lists_content() for table in read)
