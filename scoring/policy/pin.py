"""Writes into a register which rules each version has, so that they may write to a store."""

from __future__ import annotations

import re
from pathlib import Path

from scoring.disk import atomic_file
from scoring.policy.law.register import FILE_NAME, read_register
from scoring.policy.load import read_policy_file

_HEAD = "[[versions]]"
_FIRST_DAY = re.compile(r"^valid_from = (\S+)", re.MULTILINE)
_PIN = re.compile(r'^rules_sha256 = ".*"\n', re.MULTILINE)
_CHECKED_ON = re.compile(r"^checked_on = .*\n?", re.MULTILINE)


def pin(folder: Path, *, anew: bool = False) -> list[str]:
    """Pins the versions of a policy that have no pin yet; the rest of the register stays as it is.

    Args:
        folder: The policy's folder, with its register.
        anew: Pins those too that have another pin: for a new release alone, as a version that has
            written to a store keeps its content there for good.

    Returns:
        The versions that were pinned.

    Raises:
        PolicyError: The register or a version is not valid.
    """
    read_register(folder)
    path = folder / FILE_NAME
    head, *entries = path.read_text(encoding="utf-8").split(_HEAD)
    pinned = []
    for position, entry in enumerate(entries):
        version = _FIRST_DAY.findall(entry)[0]
        line = f'rules_sha256 = "{read_policy_file(folder / f"{version}.toml").rules_sha256}"\n'
        if line in entry or (_PIN.search(entry) and not anew):
            continue
        without = _PIN.sub("", entry)
        checked = _CHECKED_ON.findall(without)[0]
        entries[position] = without.replace(checked, checked.rstrip("\n") + f"\n{line}", 1)
        pinned.append(version)
    if pinned:
        with atomic_file(path) as unfinished:
            unfinished.write_text(_HEAD.join([head, *entries]), encoding="utf-8")
    return pinned
