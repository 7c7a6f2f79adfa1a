"""Rules as they scored: policy, law, closed lists and points tables, and who put them in the store.

A result can be computed again from them when the files have moved on. No rules write to a store
but registered ones, and one version of a policy has one content there for good.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from scoring.errors import StoreError
from scoring.policy.language.points_table import ModelTable
from scoring.policy.language.schema import Policy
from scoring.policy.law.applied import changed_codes, law_of, rules_sha256
from scoring.policy.law.register import RegisteredVersion
from scoring.policy.resolved import ResolvedPolicy, resolve
from scoring.policy.tables import pinned_tables, stored_table
from scoring.policy.verdicts import refuse_unusable
from scoring.store.tables.orm import ModelText, PolicyText, Registration, ScoreRun
from scoring.store.tables.writing import Writing

MOST_SHOWN = 5
"""Changed codes that a refusal names."""


class KnownVersion(NamedTuple):
    """One version of a policy in a store, with its entry in the register as it stands now."""

    version: str
    sha256: str
    registered: RegisteredVersion


def known_versions(connection: Connection, policy_id: str) -> list[KnownVersion]:
    """The versions of a policy that a store knows, oldest first."""
    latest = select(func.max(Registration.number)).group_by(Registration.rules_sha256)
    query = (
        select(PolicyText.version, PolicyText.sha256, Registration.entry)
        .join(Registration, Registration.rules_sha256 == PolicyText.sha256)
        .where(PolicyText.policy_id == policy_id, Registration.number.in_(latest))
        .order_by(PolicyText.version)
    )
    return [
        KnownVersion(row.version, row.sha256, RegisteredVersion.model_validate_json(row.entry))
        for row in connection.execute(query)
    ]


def require_usable(connection: Connection, version: ResolvedPolicy, as_of: date) -> None:
    """Refuses rules that may not write to a store on a day.

    Raises:
        StoreError: They are registered nowhere, the store has other rules of this name, a version in
            force is followed by one that is not, or a later version has scored and still holds.
        ModelError: A model of it is not to be used any more.
    """
    refuse_unusable(version.policy, version.tables, as_of)
    known = known_versions(connection, version.policy.id)
    policy, name = version.policy, {"policy": version.policy.id, "version": version.policy.version}
    registered = _registered_among(known, version) or version.registered
    if registered is None:
        raise StoreError("policy_not_registered", **name, sha256=version.rules_sha256[:12])
    official = [entry for entry in known if _is_official(entry.registered, as_of)]
    if official and not _is_official(registered, as_of):
        raise StoreError("policy_not_in_force_here", **name, official=official[-1].version)
    last = _last_scored(connection, policy.id)
    later = next((entry for entry in known if entry.sha256 == last and entry.version > policy.version), None)
    if later and later.registered.in_force(as_of):
        raise StoreError("policy_version_back", **name, later=later.version)


def registered_here(connection: Connection, version: ResolvedPolicy) -> RegisteredVersion | None:
    """What the store's register says of a version; ``None``: it knows none of this name.

    Raises:
        StoreError: It has other rules of this name.
    """
    return _registered_among(known_versions(connection, version.policy.id), version)


def _registered_among(known: Sequence[KnownVersion], version: ResolvedPolicy) -> RegisteredVersion | None:
    """What some entries say of a version; raises as ``registered_here``."""
    policy = version.policy
    for entry in known:
        if entry.version == policy.version:
            if entry.sha256 == version.rules_sha256:
                return entry.registered
            stored, given = entry.sha256[:12], version.rules_sha256[:12]
            raise StoreError(
                "policy_other_content",
                policy=policy.id,
                version=policy.version,
                stored=stored,
                given=given,
            )
    return None


def _is_official(registered: RegisteredVersion, as_of: date) -> bool:
    return registered.status == "in force" and registered.in_force(as_of)


def _last_scored(connection: Connection, policy_id: str) -> str | None:
    """Hash of the rules of the last batch under a policy."""
    query = select(ScoreRun.rules_sha256).where(ScoreRun.policy_id == policy_id)
    sha256: str | None = connection.execute(query.order_by(ScoreRun.event.desc()).limit(1)).scalar()
    return sha256


def rules_state(connection: Connection) -> tuple[object, ...]:
    """The last registration and the last batch, from which the rules in use follow."""
    last_ones = (select(func.max(Registration.number)), select(func.max(ScoreRun.event)))
    return tuple(connection.execute(select(*(last.scalar_subquery() for last in last_ones))).one())


def shown_policy(connection: Connection) -> str | None:
    """The policy whose colours a store shows, whoever scored last: the first to score of those in force.

    While none is, the first to score. ``None``: nothing is scored yet.
    """
    first = func.min(ScoreRun.event)
    query = select(ScoreRun.policy_id).group_by(ScoreRun.policy_id).order_by(first)
    ids: list[str] = list(connection.execute(query).scalars())
    official = (policy_id for policy_id in ids if _has_official(connection, policy_id))
    return next(official, ids[0] if ids else None)


def _has_official(connection: Connection, policy_id: str) -> bool:
    """Whether the last scoring under a policy was under a version in force on its day."""
    query = select(ScoreRun.rules_sha256, ScoreRun.as_of).where(ScoreRun.policy_id == policy_id)
    last = connection.execute(query.order_by(ScoreRun.event.desc()).limit(1)).one()
    known = {entry.sha256: entry.registered for entry in known_versions(connection, policy_id)}
    return last.rules_sha256 in known and _is_official(known[last.rules_sha256], last.as_of)


def keep_policy(writing: Writing, version: ResolvedPolicy) -> bool:
    """Stores rules and points tables under their hashes, once, and what the register says of them now.

    Returns:
        Whether any was new, for the caller's log entry.
    """
    stored_text = select(PolicyText.sha256).where(PolicyText.sha256 == version.rules_sha256)
    is_new = writing.connection.execute(stored_text).first() is None
    if is_new:
        policy = version.policy
        rules = {
            "sha256": version.rules_sha256,
            "policy_id": policy.id,
            "version": policy.version,
            "content": version.content,
            "law": version.law.content,
            "lists": version.lists,
            "text": version.text,
        }
        writing.insert(PolicyText, [rules])
    registered_anew = _keep_registration(writing, version)
    return _keep_tables(writing, version) or registered_anew or is_new


def _keep_registration(writing: Writing, version: ResolvedPolicy) -> bool:
    """Stores the register's entry where it is not the last one stored; whether it was new."""
    if version.registered is None:
        return False
    entry = version.registered.model_dump_json(exclude_none=True)
    latest = (
        select(Registration.entry)
        .where(Registration.rules_sha256 == version.rules_sha256)
        .order_by(Registration.number.desc())
        .limit(1)
    )
    if writing.connection.execute(latest).scalar() == entry:
        return False
    last = writing.connection.execute(select(func.max(Registration.number))).scalar()
    row = {"number": (last or 0) + 1, "rules_sha256": version.rules_sha256, "entry": entry}
    writing.insert(Registration, [row])
    return True


def _keep_tables(writing: Writing, version: ResolvedPolicy) -> bool:
    """Stores the points tables that the store has not; whether there were any."""
    pinned = sorted(version.tables)
    if not pinned:
        return False
    stored_tables = select(ModelText.sha256).where(ModelText.sha256.in_(pinned))
    kept = set(writing.connection.execute(stored_tables).scalars())
    unknown_tables = [version.tables[sha256] for sha256 in pinned if sha256 not in kept]
    new_tables = [
        {"sha256": table.sha256, "model_id": table.id, "content": table.model_dump_json()}
        for table in unknown_tables
    ]
    if new_tables:
        writing.insert(ModelText, new_tables)
    return bool(new_tables)


def stored_version(connection: Connection, sha256: str) -> ResolvedPolicy:
    """Rules as they scored, from what the store keeps.

    Raises:
        StoreError: The store has no rules of this hash, they are not what it says, or the closed
            lists of this programme say something else of a code that they use.
        ModelError: A points table in the store is not what its hash says.
    """
    stored = connection.execute(select(PolicyText).where(PolicyText.sha256 == sha256)).first()
    if stored is None:
        raise StoreError("stored_policy_unknown", sha256=sha256[:12])
    name = f"{stored.policy_id}@{stored.version}"
    if rules_sha256(stored.content, stored.law, stored.lists) != sha256:
        raise StoreError("stored_policy_changed", policy=name, sha256=sha256[:12])
    if changed := changed_codes(stored.lists):
        raise StoreError("stored_lists_changed", policy=name, codes=changed[:MOST_SHOWN])
    policy = Policy.model_validate_json(stored.content)
    return resolve(
        policy,
        law=law_of(stored.law),
        lists=stored.lists,
        tables=_stored_tables(connection, policy),
        registered=_registered(connection, stored),
        path=f"policy {name}",
        text=stored.text,
    )


def _registered(connection: Connection, stored: Any) -> RegisteredVersion | None:
    """The register's entry of stored rules as it stands now."""
    of_version = (
        entry for entry in known_versions(connection, stored.policy_id) if entry.sha256 == stored.sha256
    )
    return next((entry.registered for entry in of_version), None)


def _stored_tables(connection: Connection, policy: Policy) -> list[ModelTable]:
    """The points tables of a policy that the store keeps."""
    tables = []
    for table_ref, table_sha256 in sorted(pinned_tables(policy)):
        query = select(ModelText.content).where(ModelText.sha256 == table_sha256)
        content = connection.execute(query).scalar()
        if content is not None:
            tables.append(stored_table(table_ref, table_sha256, content))
    return tables
