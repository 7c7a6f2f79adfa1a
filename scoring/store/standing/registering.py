"""Which rules a store is written under, and how an authority's own come into it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sqlalchemy import Connection

from scoring.errors import PolicyError, StoreError
from scoring.policy.check.checks import require_sound
from scoring.policy.law.register import FILE_NAME, Register, RegisteredVersion, read_register
from scoring.policy.load import load_policy, not_in_force, read_policy_file, shipped_versions
from scoring.policy.resolved import ResolvedPolicy, resolve
from scoring.store.people.requests import second_of_two
from scoring.store.standing.policies import (
    keep_policy,
    known_versions,
    registered_here,
    require_usable,
    stored_version,
)
from scoring.store.tables.database import Database
from scoring.store.tables.writing import Clock, begin_writing

REGISTERED = "policy registered"
"""Log entry of the second account."""


def policy_of_store(connection: Connection, ref: str, as_of: date) -> ResolvedPolicy:
    """The rules that a store is written under.

    Args:
        connection: The store.
        ref: Id of a policy, registered here or shipped; ``id@version``; or a ``.toml`` file.
        as_of: The day of the assessment.

    Raises:
        PolicyNotInForceError: No version holds that day, or the named one does not.
        PolicyError: There is no such policy, or the file is not valid.
        StoreError: The rules may not write here (see ``require_usable``).
    """
    version = (
        _from_file(connection, ref, as_of) if ref.endswith(".toml") else _by_name(connection, ref, as_of)
    )
    require_usable(connection, version, as_of)
    return version


def _from_file(connection: Connection, ref: str, as_of: date) -> ResolvedPolicy:
    """The rules of a file; the store's own copy where it has them, for that knows its registration."""
    typed = load_policy(ref, as_of)
    registered = registered_here(connection, typed)
    if registered is None:
        return typed
    if not registered.in_force(as_of):
        raise not_in_force(typed.policy.id, as_of, (registered,), registered.valid_from)
    return stored_version(connection, typed.rules_sha256)


def _by_name(connection: Connection, ref: str, as_of: date) -> ResolvedPolicy:
    """The version that is named, else the one that holds on the day; shipped ones come from their files."""
    policy_id, _, named = ref.partition("@")
    shipped = {_name(entry): entry for entry in shipped_versions(policy_id)}
    own = {
        entry.version: entry
        for entry in known_versions(connection, policy_id)
        if entry.version not in shipped
    }
    if not own:
        return load_policy(ref, as_of)
    entries = shipped | {name: entry.registered for name, entry in own.items()}
    in_order = tuple(entries[name] for name in sorted(entries))
    chosen = entries.get(named) if named else Register(versions=in_order).at(as_of)
    if chosen is None or not chosen.in_force(as_of):
        raise not_in_force(policy_id, as_of, in_order, chosen.valid_from if chosen else None)
    name = _name(chosen)
    return (
        stored_version(connection, own[name].sha256)
        if name in own
        else load_policy(f"{policy_id}@{name}", as_of)
    )


def _name(registered: RegisteredVersion) -> str:
    return registered.valid_from.isoformat()


def register_policy(database: Database, file: Path, actor: str, clock: Clock) -> ResolvedPolicy | None:
    """Takes an authority's own rules into a store, where two accounts say so; nothing is scored.

    What a ``register.toml`` beside the file says of the version is kept with it: its status, its
    reviews, the days of suspension and repeal. Without one it is a demonstration. Said again with
    another entry, that is what the register says from then on.

    Args:
        database: The store.
        file: The policy.
        actor: The account.
        clock: The time.

    Returns:
        The rules; ``None``: it was asked for, a second account must say so too.

    Raises:
        PolicyError: The file or its register is not valid, or the register pins other rules.
        StoreError: The store or this programme has other rules of this name, or the same account
            says it twice.
    """
    require_sound(file)
    read = read_policy_file(file)
    entry = _entry_beside(file, read)
    version = resolve(read.policy, registered=entry, path=read.path, text=read.text)
    _refuse_taken(version)
    act = {
        "policy": version.policy.id,
        "version": version.policy.version,
        "sha256": version.rules_sha256,
        "entry": entry.model_dump_json(exclude_none=True),
    }
    with begin_writing(database, actor, clock) as writing:
        registered_here(writing.connection, version)
        if second_of_two(writing, REGISTERED, act) is None:
            return None
        if not keep_policy(writing, version):
            raise StoreError("policy_registered_already", policy=act["policy"], version=act["version"])
        writing.log(REGISTERED, act)
    return version


def _entry_beside(file: Path, version: ResolvedPolicy) -> RegisteredVersion:
    """What the register beside a file says of it, pinned to these rules.

    Raises:
        PolicyError: The register is not valid, or pins other rules.
    """
    valid_from, sha256 = version.policy.valid_from, version.rules_sha256
    register = file.parent / FILE_NAME
    entry = read_register(file.parent).entry(valid_from) if register.is_file() else None
    if entry is None:
        return RegisteredVersion(
            valid_from=valid_from,
            status="demonstration",
            checked_on=valid_from,
            rules_sha256=sha256,
        )
    if entry.rules_sha256 not in (None, sha256):
        raise PolicyError(
            "policy_pinned_otherwise",
            place=str(register),
            pinned=str(entry.rules_sha256)[:12],
            computed=sha256,
        )
    return entry.model_copy(update={"rules_sha256": sha256})


def _refuse_taken(version: ResolvedPolicy) -> None:
    """Refuses rules under a name that ships with other ones.

    Raises:
        StoreError: They do.
    """
    policy = version.policy
    for entry in shipped_versions(policy.id):
        if entry.valid_from == policy.valid_from and entry.rules_sha256 != version.rules_sha256:
            raise StoreError(
                "policy_other_content",
                policy=policy.id,
                version=policy.version,
                stored=str(entry.rules_sha256)[:12],
                given=version.rules_sha256[:12],
            )
