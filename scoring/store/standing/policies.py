"""Policies as they scored, with the points tables they use: so that a result can be computed again when the files have moved on."""

from __future__ import annotations

from sqlalchemy import Connection, select

from scoring.errors import StoreError
from scoring.policy.language.points_table import ModelTable, pinned_model, remember
from scoring.policy.language.schema import Policy
from scoring.policy.load import ResolvedPolicy
from scoring.store.tables.orm import ModelText, PolicyText
from scoring.store.tables.writing import Writing


def keep_policy(w: Writing, version: ResolvedPolicy) -> bool:
    """Stores the text of a policy and its points tables under their hashes, once; whether any was new, for the caller's log entry."""
    new = (
        w.connection.execute(select(PolicyText.sha256).where(PolicyText.sha256 == version.sha256)).first()
        is None
    )
    if new:
        policy = version.policy
        row = {
            "sha256": version.sha256,
            "policy_id": policy.id,
            "version": policy.version,
            "status": version.status,
        }
        content = policy.model_dump_json(by_alias=True, exclude_none=True)
        w.insert(PolicyText, [{**row, "content": content, "text": version.text}])
    return _keep_tables(w, version.policy) or new


def _keep_tables(w: Writing, policy: Policy) -> bool:
    pinned = {sha256: ref for ref, sha256 in _pinned(policy)}
    kept = (
        set(w.connection.execute(select(ModelText.sha256).where(ModelText.sha256.in_(pinned))).scalars())
        if pinned
        else set()
    )
    tables = [pinned_model(ref, sha256) for sha256, ref in sorted(pinned.items()) if sha256 not in kept]
    if tables:
        w.insert(
            ModelText,
            [{"sha256": t.sha256, "model_id": t.id, "content": t.model_dump_json()} for t in tables],
        )
    return bool(tables)


def stored_version(connection: Connection, sha256: str) -> ResolvedPolicy:
    """A policy as it scored, from the store's own text; its points tables are remembered.

    Raises:
        StoreError: The store has no policy of this hash.
        ModelError: A points table in the store is not what its hash says.
    """
    row = connection.execute(select(PolicyText).where(PolicyText.sha256 == sha256)).first()
    if row is None:
        raise StoreError(
            zh=f"库中没有评价规则 {sha256[:12]}…", en=f"the store holds no policy {sha256[:12]}…"
        )
    policy = Policy.model_validate_json(row.content)
    for ref, wanted in sorted(_pinned(policy)):
        content = connection.execute(select(ModelText.content).where(ModelText.sha256 == wanted)).scalar()
        if content is not None:
            remember(ref, ModelTable.model_validate_json(content))
    return ResolvedPolicy(policy, row.sha256, row.status, f"policy {row.policy_id}@{row.version}", row.text)


def _pinned(policy: Policy) -> set[tuple[str, str]]:
    """Name and hash of every points table that a policy uses."""
    return {(i.model, str(i.sha256)) for i in policy.indicators if i.model}
