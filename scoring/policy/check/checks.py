"""``sise policy check``: the form of a policy file, its meaning, its place in the register; every fault at once.

Raises nothing for a bad file: each fault is a ``Finding`` with file, line and a sentence in zh and en.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

from scoring.policy.check import (
    check_counts,
    check_fairness,
    check_indicators,
    check_law,
    check_model,
    check_names,
    check_scale,
)
from scoring.policy.check.subject import Subject
from scoring.policy.language.schema import Policy
from scoring.policy.law.register import FILE_NAME, Register
from scoring.policy.read.document import Document, read_toml
from scoring.policy.read.finding import Finding
from scoring.rules import POLICIES

__all__ = ["CHECKS", "Finding", "check_all", "check_file", "check_folder"]

CHECKS: tuple[Callable[[Subject], Iterator[Finding]], ...] = (
    check_names.check_ids,
    check_names.check_references,
    check_names.check_groups,
    check_names.check_legal_references,
    check_names.check_conditions,
    check_names.check_used,
    check_names.check_texts,
    check_law.check_dates,
    check_law.check_windows,
    check_law.check_grounds,
    check_law.check_publication,
    check_indicators.check_bins,
    check_indicators.check_direction,
    check_indicators.check_latest,
    check_indicators.check_limit_sense,
    check_indicators.check_ages,
    check_scale.check_scale,
    check_scale.check_bands,
    check_scale.check_colours,
    check_scale.check_reachable,
    check_scale.check_limits,
    check_scale.check_supervision,
    check_counts.check_share,
    check_counts.check_linear,
    check_counts.check_never,
    check_model.check_model,
    check_fairness.check_fair_competition,
)
"""What a policy must prove. A new check is one function and one line here."""


def check_file(path: Path) -> list[Finding]:
    """All findings on one policy file, by line; a file beside a ``register.toml`` is also checked against it.

    Args:
        path: The policy file. A draft may stand anywhere and be called anything.
    """
    document, findings = read_toml(path, Policy)
    if document is None:
        return _by_line(findings)
    subject = Subject(document.model, document.path, document.locator)
    findings = [f for check in CHECKS for f in check(subject)]
    if (path.parent / FILE_NAME).is_file():
        findings += _released(subject, path)
    return _by_line(findings)


def check_folder(folder: Path) -> list[Finding]:
    """All findings on one policy: its register and every version in the folder."""
    register = folder / FILE_NAME
    findings = list(_register(register))
    for path in sorted(folder.glob("*.toml")):
        if path != register:
            findings += check_file(path)
    return findings


def check_all() -> list[Finding]:
    """All findings on the shipped policies."""
    folders = sorted(path for path in POLICIES.iterdir() if path.is_dir())
    return [finding for folder in folders for finding in check_folder(folder)]


def _by_line(findings: list[Finding]) -> list[Finding]:
    return sorted(
        findings,
        key=lambda f: (
            int(f.place.rpartition(":")[2]) if f.place.rpartition(":")[2].isdigit() else 0,
            f.code,
        ),
    )


def _released(s: Subject, path: Path) -> Iterator[Finding]:
    """A released file is named after its first day, lies in the folder of its id and is listed."""
    if path.stem != s.policy.version:
        yield s.finding(
            "file_name",
            ("valid_from",),
            f"文件名为 {path.name}，而 valid_from = {s.policy.version}；文件名应为首个有效日，例如 {s.policy.version}.toml",
            f"the file is called {path.name} and valid_from is {s.policy.version}; a file is named after its first day, "
            f"e.g. {s.policy.version}.toml",
        )
    if path.resolve().parent.name != s.policy.id:
        yield s.finding(
            "folder_name",
            ("id",),
            f"id 为 {s.policy.id}，却放在目录 {path.resolve().parent.name}；目录应以 id 命名，例如 {s.policy.id}/{path.name}",
            f"id is {s.policy.id}, but the folder is {path.resolve().parent.name}; the folder bears the id, e.g. {s.policy.id}/{path.name}",
        )
    register, _ = read_toml(path.parent / FILE_NAME, Register)
    if register is None:
        return
    if register.model.entry(s.policy.valid_from) is None:
        yield s.finding(
            "not_registered",
            ("valid_from",),
            f"版本 {s.policy.version} 没有登记，请在 {FILE_NAME} 加入，例如 [[versions]] valid_from = {s.policy.version}",
            f"version {s.policy.version} is not in the register, add it to {FILE_NAME}, e.g. [[versions]] valid_from = {s.policy.version}",
        )
    yield from _repealed_meanwhile(s, register.model)


def _repealed_meanwhile(s: Subject, register: Register) -> Iterator[Finding]:
    """A citation that is repealed while its version is still in force: lawful on its first day, but somebody should know."""
    ends = min(
        (e.valid_from for e in register.versions if e.valid_from > s.policy.valid_from), default=date.max
    )
    for i, entry in enumerate(s.policy.legal):
        if entry.repealed_on is not None and s.policy.valid_from < entry.repealed_on < ends:
            yield s.finding(
                "repealed_meanwhile",
                ("legal", i, "repealed_on"),
                f"{entry.document} 于 {entry.repealed_on} 废止，本版此后仍有效，请考虑发布新版本，例如 valid_from = {entry.repealed_on}",
                f"{entry.document} is repealed on {entry.repealed_on} while this version stays valid; consider a new version, "
                f"e.g. valid_from = {entry.repealed_on}",
                "warning",
            )


def _register(path: Path) -> Iterator[Finding]:
    document, findings = read_toml(path, Register)
    if document is None:
        yield from findings
        return
    yield from _versions(document, path)
    for i, entry in enumerate(document.model.versions):
        if not (path.parent / entry.file_name).is_file():
            yield _at(
                document,
                "file_missing",
                i,
                f"登记了 {entry.valid_from}，但没有这个文件，请补上或删去，例如 {entry.file_name}",
                f"{entry.valid_from} is registered, but its file is not there: add it or drop the entry, e.g. {entry.file_name}",
            )


def _versions(document: Document[Register], path: Path) -> Iterator[Finding]:
    for i, (first, later) in enumerate(pairwise(document.model.versions), start=1):
        if first.valid_from >= later.valid_from:
            yield _at(
                document,
                "versions_order",
                i,
                f"版本 {later.valid_from} 登记在 {first.valid_from} 之后，版本日期应严格递增，例如先 {later.valid_from}",
                f"version {later.valid_from} is listed after {first.valid_from}, versions must rise, e.g. {later.valid_from} first",
            )
    for i, entry in enumerate(document.model.versions):
        for name, end in (("suspended_on", entry.suspended_on), ("repealed_on", entry.repealed_on)):
            if end is not None and end < entry.valid_from:
                yield _at(
                    document,
                    "register_dates",
                    i,
                    f"{name} {end} 早于 valid_from {entry.valid_from}，例如 {name} = {entry.valid_from}",
                    f"{name} {end} is before valid_from {entry.valid_from}, e.g. {name} = {entry.valid_from}",
                )


def _at(document: Document[Register], code: str, i: int, zh: str, en: str) -> Finding:
    return Finding(code, document.locator.place(("versions", i)), zh, en)
