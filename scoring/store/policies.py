"""Policies as they scored: their text under their hash, so that a result can be computed again when the files have moved on."""

from __future__ import annotations

from sqlalchemy import Connection, select

from scoring.errors import StoreError
from scoring.policy.load import PolicyVersion
from scoring.policy.schema import Policy
from scoring.store.models import PolicyText
from scoring.store.writing import Writing


def keep_policy(w: Writing, version: PolicyVersion) -> bool:
    """Stores the text of a policy under its hash, once; whether it was new, for the caller's log entry."""
    if w.connection.execute(select(PolicyText.sha256).where(PolicyText.sha256 == version.sha256)).first():
        return False
    policy = version.policy
    row = {"sha256": version.sha256, "policy_id": policy.id, "version": policy.version, "status": version.status}
    content = policy.model_dump_json(by_alias=True, exclude_none=True)
    w.insert(PolicyText, [{**row, "content": content, "text": version.text}])
    return True


def stored_version(connection: Connection, sha256: str) -> PolicyVersion:
    """A policy as it scored, from the store's own text.

    Raises:
        StoreError: The store has no policy of this hash.
    """
    row = connection.execute(select(PolicyText).where(PolicyText.sha256 == sha256)).first()
    if row is None:
        raise StoreError(zh=f"库中没有评价规则 {sha256[:12]}…", en=f"the store holds no policy {sha256[:12]}…")
    return PolicyVersion(Policy.model_validate_json(row.content), row.sha256, row.status, f"policy {row.policy_id}@{row.version}", row.text)
