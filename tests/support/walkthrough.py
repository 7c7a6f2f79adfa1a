"""Commands of documents, followed in a folder; none runs again after the same commands about the same files.

The READMEs and pages make the same store before each goes on to something else. A command that was followed before
leaves the files and prints what it did then; whatever came before it is looked at first, so that a page that leaves
out a step of another one fails as its reader would.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

RUN = "python3 run.py"
"""What makes a command worth remembering; others are the shell's alone."""
_HEREDOC = re.compile(r"<<'(\w+)'")
_NAMED = re.compile(r"\bout/[\w-]+")


def commands(script: str) -> Iterator[str]:
    """The commands of a script, each with the lines that belong to it."""
    lines = iter(script.splitlines())
    for line in lines:
        parts = [line]
        if heredoc := _HEREDOC.search(line):
            while parts[-1] != heredoc[1]:
                parts.append(next(lines))
        while parts[-1].endswith("\\"):
            parts.append(next(lines))
        yield "\n".join(parts)


@dataclass(frozen=True)
class Outcome:
    """What a command printed, which files it left as they are in ``kept``, and which it removed."""

    printed: str
    kept: Path
    changed: tuple[Path, ...]
    removed: tuple[Path, ...]


@dataclass
class Outcomes:
    """Outcomes by what they follow from; ``folder`` takes their files."""

    folder: Path
    known: dict[str, Outcome] = field(default_factory=dict)


class Walk:
    """One document, followed from an empty folder.

    Args:
        place: The folder.
        run: Runs a command there and gives what it prints.
        lang: The language in which it prints.
        outcomes: Those of documents that were followed before.
    """

    def __init__(self, place: Path, run: Callable[[str], str], lang: str, outcomes: Outcomes) -> None:
        self._place, self._run, self._lang, self._outcomes = place, run, lang, outcomes
        self._done: list[tuple[str, str]] = []

    def follow(self, script: str) -> str:
        """What the commands of a script print."""
        return "".join(map(self._follow, commands(script)))

    def _follow(self, command: str) -> str:
        if RUN not in command:
            self._done.append((command, command))
            return self._run(command)
        key = _key(self._lang, command, *self._before(command))
        outcome = self._outcomes.known.get(key)
        if outcome is None:
            outcome = self._outcomes.known[key] = self._first_time(command)
        else:
            self._again(outcome)
        self._done.append((command, key))
        return outcome.printed

    def _before(self, command: str) -> list[str]:
        """What was done about the files that a command names, and about those that they were made of."""
        named, before = set(_NAMED.findall(command)), list[str]()
        for earlier, key in reversed(self._done):
            names = set(_NAMED.findall(earlier))
            if names & named:
                named |= names
                before.append(key)
        return before

    def _first_time(self, command: str) -> Outcome:
        files_before = self._files()
        printed = self._run(command)
        files = self._files()
        changed = tuple(path for path, state in files.items() if files_before.get(path) != state)
        kept = self._outcomes.folder / str(len(self._outcomes.known))
        for path in changed:
            _copy(self._place / path, kept / path)
        return Outcome(printed, kept, changed, tuple(files_before.keys() - files.keys()))

    def _again(self, outcome: Outcome) -> None:
        for path in outcome.changed:
            _copy(outcome.kept / path, self._place / path)
        for path in outcome.removed:
            (self._place / path).unlink(missing_ok=True)

    def _files(self) -> dict[Path, tuple[int, int]]:
        """Time and size of every file that commands have left."""
        left = [path for path in self._place.glob("out*/**/*") if path.is_file()]
        return {
            path.relative_to(self._place): (path.stat().st_mtime_ns, path.stat().st_size) for path in left
        }


def _key(*parts: str) -> str:
    """What an outcome follows from, in one short text: each of the parts may be such a text, and there are many."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)
