"""Checks of a register, and of a released version against its folder and register."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

from scoring.policy.check.subject import Subject
from scoring.policy.law.applied import lists_content, policy_content, rules_sha256
from scoring.policy.law.register import FILE_NAME, Register, RegisteredVersion
from scoring.policy.read.document import Document, read_toml
from scoring.policy.read.finding import Finding, Severity
from scoring.rules import POLICIES
from scoring.rules.wording import both


def check_released(subject: Subject, path: Path) -> Iterator[Finding]:
    """A released file is named after its first day, lies in the folder of its id and is listed."""
    policy, folder = subject.policy, path.resolve().parent.name
    if path.stem != policy.version:
        yield subject.finding("file_name", ("valid_from",), file=path.name, version=policy.version)
    if folder != policy.id:
        yield subject.finding("folder_name", ("id",), id=policy.id, folder=folder, file=path.name)
    register, _ = read_toml(path.parent / FILE_NAME, Register)
    # what is wrong with the register itself is said once, by the check of the register
    if register is None:
        return
    registered = register.model.entry(policy.valid_from)
    if registered is None:
        yield subject.finding("not_registered", ("valid_from",), version=policy.version, register=FILE_NAME)
    else:
        yield from _pinned(subject, registered, is_shipped=path.resolve().is_relative_to(POLICIES))
        if registered.status == "in force":
            yield from _unverified(subject)
    yield from _repealed_meanwhile(subject, register.model)


def _pinned(subject: Subject, registered: RegisteredVersion, *, is_shipped: bool) -> Iterator[Finding]:
    """A pin is of these rules; without one no version ships (elsewhere ``policy register`` pins it)."""
    if subject.law is None:
        return
    computed = rules_sha256(policy_content(subject.policy), subject.law.content, lists_content())
    pinned = registered.rules_sha256
    if pinned is None and is_shipped:
        yield subject.finding("pin_missing", ("valid_from",), sha256=computed)
    elif pinned not in (None, computed):
        severity: Severity = "error" if is_shipped else "warning"
        yield subject.finding(
            "pin_differs", ("valid_from",), severity=severity, pinned=str(pinned)[:12], sha256=computed
        )


def _unverified(subject: Subject) -> Iterator[Finding]:
    """What is in force rests on no citation that nobody has looked up."""
    for position, citation in enumerate(subject.policy.legal):
        if citation.tag in ("recalled", "not_confirmed"):
            yield subject.finding(
                "in_force_unverified",
                ("legal", position),
                document=citation.document,
                tag=both(f"v_tag_{citation.tag}"),
            )


def _repealed_meanwhile(subject: Subject, register: Register) -> Iterator[Finding]:
    """A citation that is repealed while its version is still in force.

    It was lawful on the version's first day, but somebody should know.
    """
    begins = subject.policy.valid_from
    later = [registered.valid_from for registered in register.versions if registered.valid_from > begins]
    ends = min(later, default=date.max)
    for position, registered in enumerate(subject.policy.legal):
        if registered.repealed_on is not None and begins < registered.repealed_on < ends:
            yield subject.finding(
                "repealed_meanwhile",
                ("legal", position, "repealed_on"),
                severity="warning",
                document=registered.document,
                day=registered.repealed_on,
            )


def check_register(path: Path) -> Iterator[Finding]:
    """A register has its form, versions in order, dates in order, and a file for each version."""
    document, findings = read_toml(path, Register)
    if document is None:
        yield from findings
        return
    yield from _versions_in_order(document)
    yield from _dates_in_order(document)
    for position, registered in enumerate(document.model.versions):
        if not (path.parent / registered.file_name).is_file():
            yield _finding(
                document, "file_missing", position, version=registered.valid_from, file=registered.file_name
            )


def _versions_in_order(document: Document[Register]) -> Iterator[Finding]:
    for position, (earlier, later) in enumerate(pairwise(document.model.versions), start=1):
        if earlier.valid_from >= later.valid_from:
            yield _finding(
                document, "versions_order", position, earlier=earlier.valid_from, later=later.valid_from
            )


def _dates_in_order(document: Document[Register]) -> Iterator[Finding]:
    for position, registered in enumerate(document.model.versions):
        for date_key in ("suspended_on", "repealed_on"):
            end_day = getattr(registered, date_key)
            if end_day is not None and end_day < registered.valid_from:
                yield _finding(
                    document,
                    "register_dates",
                    position,
                    key=date_key,
                    day=end_day,
                    valid_from=registered.valid_from,
                )


def _finding(document: Document[Register], code: str, position: int, **parameters: object) -> Finding:
    return Finding(code, document.locator.place(("versions", position)), parameters=parameters)
