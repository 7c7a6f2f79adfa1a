"""Policies as they scored, with the points tables that they use.

A result can be computed again from them when the files have moved on.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from scoring.errors import StoreError
from scoring.policy.language.points_table import ModelTable
from scoring.policy.language.schema import Policy
from scoring.policy.resolved import ResolvedPolicy, resolve
from scoring.policy.tables import pinned_tables, refuse_changed
from scoring.store.tables.orm import ModelText, PolicyText
from scoring.store.tables.writing import Writing


def keep_policy(writing: Writing, version: ResolvedPolicy) -> bool:
    """Stores the text of a policy and its points tables under their hashes, once.

    Returns:
        Whether any was new, for the caller's log entry.
    """
    stored_text = select(PolicyText.sha256).where(PolicyText.sha256 == version.sha256)
    is_new = writing.connection.execute(stored_text).first() is None
    if is_new:
        policy = version.policy
        policy_text = {
            "sha256": version.sha256,
            "policy_id": policy.id,
            "version": policy.version,
            "status": version.status,
            "content": policy.model_dump_json(by_alias=True, exclude_none=True),
            "text": version.text,
        }
        writing.insert(PolicyText, [policy_text])
    return _keep_tables(writing, version) or is_new


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
    """A policy as it scored, with its points tables, from what the store keeps.

    Raises:
        StoreError: The store has no policy of this hash.
        ModelError: A points table in the store is not what its hash says.
    """
    stored = connection.execute(select(PolicyText).where(PolicyText.sha256 == sha256)).first()
    if stored is None:
        raise StoreError("stored_policy_unknown", sha256=sha256[:12])
    policy = Policy.model_validate_json(stored.content)
    tables = []
    for table_ref, table_sha256 in sorted(pinned_tables(policy)):
        content = connection.execute(
            select(ModelText.content).where(ModelText.sha256 == table_sha256)
        ).scalar()
        if content is not None:
            tables.append(refuse_changed(table_ref, ModelTable.model_validate_json(content)))
    path = f"policy {stored.policy_id}@{stored.version}"
    return resolve(policy, tables=tables, status=stored.status, path=path, text=stored.text)
