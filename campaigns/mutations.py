"""Breaks the code on purpose, one place at a time, and expects the tests of that room to notice.

    python3 run.py campaign mutations [NAME]

Each mutation is made in a copy of the checkout; the tests that are run are those of the room in which it lies.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
COPIED = ("scoring", "web", "tests", "data", "models", "benchmarks", "campaigns", "notebooks", "docs")
FILES = ("pyproject.toml", "run.py", "README.md", "README.en.md", "CONTRIBUTING.md", "ARCHITECTURE.md")


@dataclass(frozen=True)
class Mutation:
    """One fault that somebody could make.

    Attributes:
        path: The file.
        old: Text that stands there once.
        new: What it becomes.
        tests: Tests of its own room.
    """

    path: str
    old: str
    new: str
    tests: tuple[str, ...]


MUTATIONS = {
    "scope-of-a-null": Mutation(
        "scoring/policy/language/selection.py",
        'meant = code or ("own" if column == "scope" else None)',
        "meant = code",
        ("tests/unit/policy",),
    ),
    "default-scope": Mutation(
        "scoring/policy/language/selection.py",
        'scope: tuple[RecordScope, ...] = ("own",)',
        'scope: tuple[RecordScope, ...] = ("own", "branch")',
        ("tests/unit/policy",),
    ),
    "constant-salts": Mutation(
        "scoring/store/log/sealing.py",
        "secrets.token_bytes(count)",
        "bytes(count)",
        ("tests/audit",),
    ),
    "wrong-digest": Mutation(
        "scoring/store/log/verify_proof.py",
        "from hashlib import sha256, sha512",
        "from hashlib import sha3_256 as sha256, sha512",
        ("tests/audit",),
    ),
    "wrong-grade-word": Mutation(
        "scoring/rules/wording/zh/sentences.toml",
        'colour_red = "红码"',
        'colour_red = "黄码"',
        ("tests/unit/explain",),
    ),
    "swallowed-option": Mutation(
        "scoring/cli/score.py",
        "prior=prior,",
        "prior=None,",
        ("tests/cli",),
    ),
}
"""By name; a change that makes one of them impossible takes its place."""


def _copy(folder: Path) -> None:
    for name in COPIED:
        shutil.copytree(HERE / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(HERE / name, folder / name)


def notices(mutation: Mutation) -> bool:
    """Whether the tests of the room turn red.

    Raises:
        ValueError: The text to change does not stand in the file.
    """
    with tempfile.TemporaryDirectory(prefix="sise-mutation-") as name:
        folder = Path(name)
        _copy(folder)
        path = folder / mutation.path
        text = path.read_text(encoding="utf-8")
        if mutation.old not in text:
            raise ValueError(f"{mutation.path} does not hold {mutation.old!r}")
        path.write_text(text.replace(mutation.old, mutation.new), encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *mutation.tests]
        tried = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder)},
            capture_output=True,
            check=False,
        )
        # With several workers, stopping at the first failure counts as interrupted (2).
        return tried.returncode in (1, 2) and any(
            word in tried.stdout for word in (b"FAILED tests/", b"ERROR tests/")
        )


def main(names: Sequence[str]) -> int:
    """Tries the named mutations, or all; 0 when every one is noticed."""
    unnoticed = []
    for name in names or MUTATIONS:
        noticed = notices(MUTATIONS[name])
        print(
            f"{name:20} {'noticed' if noticed else 'NOT NOTICED'} by {' '.join(MUTATIONS[name].tests)}",
            flush=True,
        )
        unnoticed += [] if noticed else [name]
    return 1 if unnoticed else 0
