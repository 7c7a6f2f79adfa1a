"""Loads the version of a policy that is in force on a day, or the one that is named."""

from __future__ import annotations

from datetime import date
from difflib import get_close_matches
from pathlib import Path

from scoring.errors import PolicyError, PolicyNotInForceError
from scoring.policy.check.checks import check_file
from scoring.policy.language.schema import Policy
from scoring.policy.law.register import FILE_NAME, Register, RegisteredVersion, Status, read_register
from scoring.policy.read.document import Document, read_or_raise
from scoring.policy.read.finding import as_error
from scoring.policy.resolved import ResolvedPolicy, resolve
from scoring.rules import POLICIES


def policy_ids() -> list[str]:
    """Ids of the shipped policies, sorted."""
    return sorted(path.parent.name for path in POLICIES.glob(f"*/{FILE_NAME}"))


def load_policy(ref: str, as_of: date | None) -> ResolvedPolicy:
    """Load a policy.

    Args:
        ref: ``quzhou-demo`` (the version in force on ``as_of``), ``quzhou-demo@2026-04-01`` (this version) or a path
            to a ``.toml`` file (a draft, for instance).
        as_of: Day of the assessment; ``None`` takes the newest version and skips the question of force.

    Raises:
        PolicyNotInForceError: The policy has no version in force that day, or the named one is not (yet, any more) in
            force; the nearest versions are named. A version that was named may be older than the newest one.
        PolicyError: The id is unknown, or the file is not valid; a path is checked for its meaning too, as nobody has released it.
    """
    if ref.endswith(".toml"):
        return _pinned(_sound(Path(ref)), as_of)
    policy_id, _, version = ref.partition("@")
    folder = _folder(policy_id)
    register = read_register(folder)
    if version:
        return _pinned(folder / _entry(policy_id, version, register).file_name, as_of)
    entry = register.at(as_of)
    if entry is None:
        raise _not_in_force(policy_id, as_of, register)
    return read_policy_file(folder / entry.file_name)


def list_policies() -> list[ResolvedPolicy]:
    """All versions of all shipped policies, by id and date.

    Raises:
        PolicyError: A register or file is not valid.
    """
    return [
        read_policy_file(POLICIES / policy_id / entry.file_name)
        for policy_id in policy_ids()
        for entry in read_register(POLICIES / policy_id).versions
    ]


def read_policy_file(path: Path) -> ResolvedPolicy:
    """Read one policy file and check its form (``check.check_file`` checks the meaning).

    Raises:
        PolicyError: With file, line and a sentence: what was got, what was expected, an example.
    """
    document: Document[Policy] = read_or_raise(path, Policy)
    entry = _registered(path, document.model)
    status: Status = entry.status if entry else "demonstration"
    return resolve(document.model, status=status, path=str(path), text=document.text)


def _sound(path: Path) -> Path:
    findings = check_file(path)
    if any(f.severity == "error" for f in findings):
        raise as_error(findings)
    return path


def _registered(path: Path, policy: Policy) -> RegisteredVersion | None:
    """The register entry of a released file: only its own name in its own folder among the shipped ones can put it in force.

    A folder from elsewhere may hold a register with any review in it; nobody here has checked them.
    """
    folder = POLICIES / policy.id
    released = (
        path.resolve() == (folder / f"{policy.version}.toml").resolve() and (folder / FILE_NAME).is_file()
    )
    return read_register(folder).entry(policy.valid_from) if released else None


def _pinned(path: Path, as_of: date | None) -> ResolvedPolicy:
    version = read_policy_file(path)
    entry = _registered(path, version.policy)
    begun = as_of is None or version.policy.valid_from <= as_of
    if begun and (as_of is None or entry is None or entry.in_force(as_of)):
        return version
    register = read_register(path.parent) if entry else None
    raise _not_in_force(version.policy.id, as_of, register, version.policy.valid_from)


def _folder(policy_id: str) -> Path:
    known = policy_ids()
    if policy_id in known:
        return POLICIES / policy_id
    near = get_close_matches(policy_id, known, n=1) or known[:1]
    raise PolicyError(
        zh=f"没有名为 “{policy_id}” 的评价规则；现有：{'、'.join(known)}，例如 --policy {near[0]}",
        en=f'there is no policy "{policy_id}"; known: {", ".join(known)}, e.g. --policy {near[0]}',
    )


def _entry(policy_id: str, version: str, register: Register) -> RegisteredVersion:
    entry = next((e for e in register.versions if e.valid_from.isoformat() == version), None)
    if entry is not None:
        return entry
    known = [f"{policy_id}@{e.valid_from}" for e in register.versions]
    raise PolicyError(
        zh=f"评价规则 {policy_id} 没有版本 “{version}”；现有：{'、'.join(known)}，例如 --policy {known[-1]}",
        en=f'policy {policy_id} has no version "{version}"; known: {", ".join(known)}, e.g. --policy {known[-1]}',
    )


def _not_in_force(
    policy_id: str, as_of: date | None, register: Register | None, pinned: date | None = None
) -> PolicyNotInForceError:
    versions = register.versions if register else ()
    named = f"{policy_id}@{pinned}" if pinned else policy_id
    near_zh, near_en = (
        _nearest(versions, as_of)
        if versions
        else (f"该文件自 {pinned} 起有效", f"this file is valid from {pinned}")
    )
    day = pinned or min((e.valid_from for e in versions), default=None)
    return PolicyNotInForceError(
        zh=f"{as_of} 这一天评价规则 {named} 不在有效期内；{near_zh}；请换一个评价日期或版本，例如 --as-of {day}",
        en=f"policy {named} is not in force on {as_of}; {near_en}; choose another day or version, e.g. --as-of {day}",
    )


def _nearest(versions: tuple[RegisteredVersion, ...], as_of: date | None) -> tuple[str, str]:
    before = [e for e in versions if as_of is not None and e.valid_from <= as_of][-1:]
    after = [e for e in versions if as_of is not None and e.valid_from > as_of][:1]
    pairs = [("之前", "before it", e) for e in before] + [("之后", "after it", e) for e in after]
    zh = "，".join(f"{word}最近的版本自 {e.valid_from} 起{_ended(e)[0]}" for word, _, e in pairs)
    en = ", ".join(f"the nearest {word} is valid from {e.valid_from}{_ended(e)[1]}" for _, word, e in pairs)
    return zh, en


def _ended(entry: RegisteredVersion) -> tuple[str, str]:
    if entry.repealed_on:
        return f"（{entry.repealed_on} 废止）", f" (repealed on {entry.repealed_on})"
    if entry.suspended_on:
        return f"（{entry.suspended_on} 暂停）", f" (suspended on {entry.suspended_on})"
    return "", ""
