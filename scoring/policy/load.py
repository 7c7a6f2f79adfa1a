"""Loads the version of a policy that is in force on a day, or the one that is named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from pathlib import Path

from scoring.errors import PolicyError, PolicyNotInForceError
from scoring.policy.check.checks import require_sound
from scoring.policy.language.schema import Policy
from scoring.policy.law.register import FILE_NAME, Register, RegisteredVersion, read_register
from scoring.policy.read.document import Document, read_or_raise
from scoring.policy.resolved import ResolvedPolicy, resolve
from scoring.policy.verdicts import refuse_unusable
from scoring.rules import POLICIES
from scoring.rules.wording import both

Words = Mapping[str, str]
"""A piece of a sentence by language."""


def policy_ids() -> list[str]:
    """Ids of the shipped policies, sorted."""
    return sorted(path.parent.name for path in POLICIES.glob(f"*/{FILE_NAME}"))


def load_policy(ref: str, as_of: date | None) -> ResolvedPolicy:
    """Loads a policy.

    Args:
        ref: ``quzhou-demo`` (the version in force on ``as_of``), ``quzhou-demo@2026-04-01`` (this
            version) or a path to a ``.toml`` file (a draft, for instance).
        as_of: Day of the assessment; ``None`` takes the newest version and skips the question of
            force.

    Raises:
        PolicyNotInForceError: The policy has no version in force that day, or the named one is not
            (yet, any more) in force; the nearest versions are named. A version that was named may
            be older than the newest one.
        PolicyError: The id is unknown, or the file is not valid; a path is checked for its meaning
            too, as nobody has released it.
        ModelError: The verdict on a model of it says that day that it is not to be used.
    """
    version = _loaded(ref, as_of)
    if as_of is not None:
        refuse_unusable(version.policy, version.tables, as_of)
    return version


def _loaded(ref: str, as_of: date | None) -> ResolvedPolicy:
    if ref.endswith(".toml"):
        require_sound(Path(ref))
        return _pinned(Path(ref), as_of)
    policy_id, _, version = ref.partition("@")
    folder = policy_folder(policy_id)
    register = read_register(folder)
    if version:
        return _pinned(folder / _entry(policy_id, version, register).file_name, as_of)
    registered = register.at(as_of)
    if registered is None:
        raise not_in_force(policy_id, as_of, register.versions)
    return read_policy_file(folder / registered.file_name)


def shipped_versions(policy_id: str) -> tuple[RegisteredVersion, ...]:
    """What the register says of the versions of a shipped policy, oldest first; of another one nothing."""
    return read_register(POLICIES / policy_id).versions if policy_id in policy_ids() else ()


def list_policies() -> list[ResolvedPolicy]:
    """All versions of all shipped policies, by id and date.

    Raises:
        PolicyError: A register or file is not valid.
    """
    return [read_policy_file(path) for path in _released_files()]


def _released_files() -> Iterator[Path]:
    for policy_id in policy_ids():
        folder = POLICIES / policy_id
        for registered in read_register(folder).versions:
            yield folder / registered.file_name


def read_policy_file(path: Path) -> ResolvedPolicy:
    """Reads one policy file and checks its form (``check.check_file`` checks the meaning).

    Raises:
        PolicyError: With file, line and a sentence: what was got, what was expected, an example.
    """
    document: Document[Policy] = read_or_raise(path, Policy)
    registered = _registered(path, document.model)
    return resolve(document.model, registered=registered, path=str(path), text=document.text)


def _registered(path: Path, policy: Policy) -> RegisteredVersion | None:
    """The register entry of a released file.

    Only its own name in its own folder among the shipped ones can put a file in force.
    """
    folder = POLICIES / policy.id
    released = folder / f"{policy.version}.toml"
    # a folder from elsewhere may hold a register with any review: nobody here has checked them
    if path.resolve() != released.resolve() or not (folder / FILE_NAME).is_file():
        return None
    return read_register(folder).entry(policy.valid_from)


def _pinned(path: Path, as_of: date | None) -> ResolvedPolicy:
    """The version in a file, if it is in force on the day."""
    version = read_policy_file(path)
    registered = _registered(path, version.policy)
    begun = as_of is None or version.policy.valid_from <= as_of
    if as_of is None or (begun and (registered is None or registered.in_force(as_of))):
        return version
    versions = read_register(path.parent).versions if registered else ()
    raise not_in_force(version.policy.id, as_of, versions, version.policy.valid_from)


def policy_folder(policy_id: str) -> Path:
    """The folder of a shipped policy.

    Raises:
        PolicyError: There is none of this id; the one most like it is named.
    """
    known_ids = policy_ids()
    if policy_id in known_ids:
        return POLICIES / policy_id
    nearest_ids = get_close_matches(policy_id, known_ids, n=1) or known_ids
    raise PolicyError("policy_unknown", policy=policy_id, known=known_ids, near=nearest_ids[0])


def _entry(policy_id: str, version: str, register: Register) -> RegisteredVersion:
    for registered in register.versions:
        if registered.valid_from.isoformat() == version:
            return registered
    known_ids = [f"{policy_id}@{registered.valid_from}" for registered in register.versions]
    raise PolicyError(
        "policy_version_unknown", policy=policy_id, version=version, known=known_ids, near=known_ids[-1]
    )


def not_in_force(
    policy_id: str,
    as_of: date | None,
    versions: Sequence[RegisteredVersion],
    pinned: date | None = None,
) -> PolicyNotInForceError:
    """The refusal of a day, with the nearest versions; ``pinned`` is the version that was named."""
    first_day = min((registered.valid_from for registered in versions), default=None)
    return PolicyNotInForceError(
        "policy_not_in_force",
        policy=f"{policy_id}@{pinned}" if pinned else policy_id,
        day=as_of,
        nearest=_nearest(versions, as_of) if versions and as_of else both("policy_file_from", day=pinned),
        example=pinned or first_day,
    )


def _nearest(versions: Sequence[RegisteredVersion], as_of: date) -> Words:
    """The last version before a day and the first one after it, in words."""
    before = [registered for registered in versions if registered.valid_from <= as_of]
    after = [registered for registered in versions if registered.valid_from > as_of]
    clauses = [_clause("policy_version_before", registered) for registered in before[-1:]]
    clauses += [_clause("policy_version_after", registered) for registered in after[:1]]
    if len(clauses) == 2:
        return both("policy_versions_around", before=clauses[0], after=clauses[1])
    return clauses[0]


def _clause(text_id: str, registered: RegisteredVersion) -> Words:
    ended: Words | str = ""
    if registered.repealed_on:
        ended = both("policy_version_repealed", day=registered.repealed_on)
    elif registered.suspended_on:
        ended = both("policy_version_suspended", day=registered.suspended_on)
    return both(text_id, day=registered.valid_from, ended=ended)
