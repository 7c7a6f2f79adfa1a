"""Policies as they scored, with the points tables they use: so that a result can be computed again when the files have moved on."""

from __future__ import annotations

from sqlalchemy import Connection, select

from scoring.errors import StoreError
from scoring.policy.load import PolicyVersion
from scoring.policy.model import ModelTable, pinned_model, remember
from scoring.policy.schema import Policy
from scoring.store.models import ModelText, PolicyText
from scoring.store.writing import Writing


def keep_policy(w: Writing, version: PolicyVersion) -> bool:
    """Stores the text of a policy and its points tables under their hashes, once; whether it was new, for the caller's log entry."""
    if w.connection.execute(select(PolicyText.sha256).where(PolicyText.sha256 == version.sha256)).first():
        return False
    policy = version.policy
    row = {"sha256": version.sha256, "policy_id": policy.id, "version": policy.version, "status": version.status}
    content = policy.model_dump_json(by_alias=True, exclude_none=True)
    w.insert(PolicyText, [{**row, "content": content, "text": version.text}])
    kept = set(w.connection.execute(select(ModelText.sha256)).scalars())
    tables = [table for sha256, table in sorted(_tables(policy).items()) if sha256 not in kept]
    if tables:
        w.insert(ModelText, [{"sha256": t.sha256, "model_id": t.id, "content": t.model_dump_json()} for t in tables])
    return True


def stored_version(connection: Connection, sha256: str) -> PolicyVersion:
    """A policy as it scored, from the store's own text; its points tables are remembered.

    Raises:
        StoreError: The store has no policy of this hash.
    """
    row = connection.execute(select(PolicyText).where(PolicyText.sha256 == sha256)).first()
    if row is None:
        raise StoreError(zh=f"库中没有评价规则 {sha256[:12]}…", en=f"the store holds no policy {sha256[:12]}…")
    policy = Policy.model_validate_json(row.content)
    pinned = _pinned(policy)
    for content in connection.execute(select(ModelText.content).where(ModelText.sha256.in_(pinned))).scalars():
        table = ModelTable.model_validate_json(content)
        remember(pinned[table.sha256], table)
    return PolicyVersion(policy, row.sha256, row.status, f"policy {row.policy_id}@{row.version}", row.text)


def _pinned(policy: Policy) -> dict[str, str]:
    """Hash -> name of the points tables that a policy uses."""
    return {str(i.sha256): i.model for i in policy.indicators if i.model}


def _tables(policy: Policy) -> dict[str, ModelTable]:
    return {sha256: pinned_model(ref, sha256) for sha256, ref in _pinned(policy).items()}
