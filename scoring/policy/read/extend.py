"""``extends``: a policy that is another policy but for what it says itself.

Merging happens on parsed TOML, before the form is checked, so that a sector policy holds only what
differs:

- a plain value replaces the one of the base; tables (``scale``, ``supervision``, ``audiences``,
  ``review``) merge by key;
- lists of entries with an ``id`` merge by id: what an entry gives replaces, what it leaves out
  stays, a new id comes last;
- ``drop = { indicators = ["x"] }`` takes entries out.

Only released versions can be extended (``quzhou-demo@2026-04-01``): they never change, so neither
does what rests on them. Below, the file that extends is the *child* and the file that it extends is
the *base*.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from scoring.errors import PolicyError, at
from scoring.policy.read.finding import TomlPath
from scoring.policy.read.locate import Locator
from scoring.rules import POLICIES

LISTS = ("legal", "groups", "indicators", "fields", "gates", "caps", "vetoes", "bands")
MAX_CHAIN = 4
_VERSION = re.compile(r"^([a-z][a-z0-9-]{0,59})@(\d{4}-\d{2}-\d{2})$")
# a text in two languages is a table too, but each half of it translates the other
_TEXTS = ("title", "note")
_ENDS = {
    "bins": "linear",
    "linear": "bins",
    "band": "worse_by",
    "worse_by": "band",
    "article": "pinpoint",
    "pinpoint": "article",
}
"""Points are given one way, a limit works one way, an article is known or not: what a new key ends."""

Tree = dict[str, Any]


class Origin(NamedTuple):
    """Index of a merged entry in the lists of child and base; ``None`` where it is not in one."""

    child: int | None
    base: int | None


class MergedList(NamedTuple):
    """Entries of a merged list, and where each comes from."""

    entries: list[Any]
    origins: tuple[Origin, ...]


@dataclass(frozen=True, kw_only=True)
class Layered(Locator):
    """Lines of a merged policy: what the child says lies in it, the rest in the base.

    Attributes:
        child: Lines of the file itself.
        base: Lines of the file it extends.
        origins: By list, where each merged entry comes from.
    """

    child: Locator
    base: Locator
    origins: Mapping[str, tuple[Origin, ...]]

    def place(self, path: TomlPath) -> str:
        """Where a part of the merged policy is written."""
        origin = self._origin(path)
        if origin is None:
            in_child = any(path[:length] in self.child.lines for length in range(len(path), 0, -1))
            return self.child.place(path) if in_child or not path else self.base.place(path)
        list_name, _, *inner = path
        if origin.child is not None:
            says_it = not inner or (list_name, origin.child, inner[0]) in self.child.lines
            if origin.base is None or says_it:
                return self.child.place((list_name, origin.child, *inner))
        return self.base.place((list_name, origin.base or 0, *inner))

    def _origin(self, path: TomlPath) -> Origin | None:
        """Where the entry comes from that a path leads to or into; ``None``: it leads to none."""
        if len(path) < 2:
            return None
        list_name, position = path[:2]
        origins = self.origins.get(str(list_name), ())
        return origins[position] if isinstance(position, int) and position < len(origins) else None


def extended(
    data: Tree, locator: Locator, read: Callable[[Path], tuple[Tree, Locator]]
) -> tuple[Tree, Locator]:
    """The policy with what it extends; unchanged if it extends nothing.

    Args:
        data: The parsed file.
        locator: Its lines.
        read: Reads and parses another rule file.

    Raises:
        PolicyError: What it extends does not exist, extends in a circle, or has no entry to drop.
    """
    chain: list[object] = []
    layers = [(data, locator)]
    while "extends" in layers[-1][0]:
        version, lines = layers[-1][0]["extends"], layers[-1][1]
        if version in chain or len(chain) == MAX_CHAIN:
            raise PolicyError("extends_too_deep", place=_place(lines, "extends"), most=MAX_CHAIN)
        chain.append(version)
        layers.append(read(_path_of(version, lines)))
    merged, lines = layers.pop()
    while layers:
        child, child_lines = layers.pop()
        merged, lines = _merged(merged, child, lines, child_lines)
    return merged, lines


def _path_of(version: object, lines: Locator) -> Path:
    match = _VERSION.match(version) if isinstance(version, str) else None
    path = POLICIES / match[1] / f"{match[2]}.toml" if match else None
    if path is None or not path.is_file():
        raise PolicyError("extends_unknown", place=_place(lines, "extends"), version=repr(version))
    return path


def _merged(base: Tree, child: Tree, base_lines: Locator, child_lines: Locator) -> tuple[Tree, Locator]:
    _refuse_unsound(child, child_lines)
    policy = {key: value for key, value in base.items() if key not in LISTS}
    for key, value in child.items():
        if key not in (*LISTS, "extends", "drop"):
            policy[key] = _merged_value(key, policy.get(key), value)
    origins: dict[str, tuple[Origin, ...]] = {}
    for list_name in LISTS:
        dropped = _dropped(child, list_name, base, child_lines)
        merged = _merged_list(_list(base, list_name), _list(child, list_name), dropped)
        origins[list_name] = merged.origins
        if merged.entries:
            policy[list_name] = merged.entries
    lines = Layered(
        lines=child_lines.lines,
        path=child_lines.path,
        child=child_lines,
        base=base_lines,
        origins=origins,
    )
    return policy, lines


def _merged_value(key: str, before: object, value: object) -> object:
    if isinstance(before, dict) and isinstance(value, dict) and key not in _TEXTS:
        return {**before, **value}
    return value


def _list(tree: Tree, list_name: str) -> list[Any]:
    entries = tree.get(list_name, [])
    return entries if isinstance(entries, list) else []


def _refuse_unsound(child: Tree, lines: Locator) -> None:
    """Refuses what merging would swallow.

    That is lists that are none, ids given twice, and entries to drop in another form.
    """
    for list_name in LISTS:
        if not isinstance(child.get(list_name, []), list):
            raise PolicyError("extends_not_a_list", place=_place(lines, list_name), list_name=list_name)
        entry_ids = [_id(entry) for entry in _list(child, list_name)]
        twice = next((entry_id for entry_id in entry_ids if entry_ids.count(entry_id) > 1), None)
        if twice is not None:
            place = _place(lines, list_name)
            raise PolicyError("extends_id_twice", place=place, list_name=list_name, id=repr(twice))
    dropped = child.get("drop", {})
    rows = dropped.items() if isinstance(dropped, dict) else [("", dropped)]
    for list_name, entry_ids in rows:
        if list_name not in LISTS or not _are_texts(entry_ids):
            place = _place(lines, "drop")
            raise PolicyError("extends_drop_form", place=place, got=repr(list_name or dropped))


def _are_texts(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


def _dropped(child: Tree, list_name: str, base: Tree, lines: Locator) -> set[str]:
    wanted = child.get("drop", {}).get(list_name, [])
    known_ids = {_id(entry) for entry in _list(base, list_name)}
    for entry_id in wanted:
        if entry_id not in known_ids:
            place = _place(lines, "drop")
            raise PolicyError("extends_drop_unknown", place=place, list_name=list_name, id=repr(entry_id))
    return set(wanted)


def _merged_list(base: list[Any], child: list[Any], dropped: set[str]) -> MergedList:
    changes = {_id(entry): (position, entry) for position, entry in enumerate(child)}
    entries: list[Any] = []
    origins: list[Origin] = []
    for base_index, entry in enumerate(base):
        if _id(entry) in dropped:
            continue
        position, change = changes.pop(_id(entry), (None, None))
        entries.append(_changed(entry, change) if isinstance(change, dict) else entry)
        origins.append(Origin(position, base_index))
    # what is left changes nothing of the base: these are new
    for position, entry in changes.values():
        entries.append(entry)
        origins.append(Origin(position, None))
    return MergedList(entries, tuple(origins))


def _changed(entry: Tree, change: Tree) -> Tree:
    """An entry with its changes."""
    ended = {_ENDS[key] for key in change if key in _ENDS}
    return {**{key: value for key, value in entry.items() if key not in ended}, **change}


def _id(entry: object) -> str:
    return str(entry.get("id", "")) if isinstance(entry, dict) else ""


def _place(lines: Locator, key: str) -> str:
    return at(lines.path, lines.line((key,)))
