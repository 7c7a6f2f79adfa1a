"""``extends``: a policy that is another policy but for what it says itself.

Merging happens on parsed TOML, before the form is checked, so that a sector policy holds only what differs:

- a plain value replaces the one of the base; tables (``scale``, ``supervision``, ``audiences``, ``review``) merge by key;
- lists of entries with an ``id`` merge by id: what an entry gives replaces, what it leaves out stays, a new id comes last;
- ``drop = { indicators = ["x"] }`` takes entries out.

Only released versions can be extended (``quzhou-demo@2026-07-01``): they never change, so neither does what rests on them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scoring.errors import PolicyError, at
from scoring.policy.read.finding import TomlPath
from scoring.policy.read.locate import Locator
from scoring.rules import POLICIES

LISTS = ("legal", "groups", "indicators", "gates", "caps", "vetoes", "bands")
MAX_CHAIN = 4
_REF = re.compile(r"^([a-z][a-z0-9-]{0,59})@(\d{4}-\d{2}-\d{2})$")

Tree = dict[str, Any]
Positions = Mapping[str, tuple[tuple[int | None, int | None], ...]]


@dataclass(frozen=True, kw_only=True)
class Layered(Locator):
    """Lines of a merged policy: what the file itself says lies in it, the rest in the file it extends.

    Attributes:
        own: Lines of the file itself.
        base: Lines of the file it extends.
        items: By list, for each merged entry its index in the file itself and in the base.
    """

    own: Locator
    base: Locator
    items: Positions

    def place(self, path: TomlPath) -> str:
        """Where a part of the merged policy is written."""
        name, index = (path[0], path[1]) if len(path) > 1 else (path[0] if path else "", None)
        if name not in self.items or not isinstance(index, int) or index >= len(self.items[str(name)]):
            own = any(path[:n] in self.own.lines for n in range(len(path), 0, -1))
            return self.own.place(path) if own or not path else self.base.place(path)
        mine, theirs = self.items[str(name)][index]
        if mine is not None and (theirs is None or len(path) == 2 or (name, mine, path[2]) in self.own.lines):
            return self.own.place((name, mine, *path[2:]))
        return self.base.place((name, theirs or 0, *path[2:]))


def extended(
    data: Tree, locator: Locator, read: Callable[[Path], tuple[Tree, Locator]]
) -> tuple[Tree, Locator]:
    """The policy with what it extends; unchanged if it extends nothing.

    Args:
        data: The parsed file.
        locator: Its lines.
        read: Reads and parses another rule file.

    Raises:
        PolicyError: What it extends does not exist, extends in a circle, or an entry to drop is not there.
    """
    chain: list[object] = []
    layers = [(data, locator)]
    while "extends" in layers[-1][0]:
        ref, lines = layers[-1][0]["extends"], layers[-1][1]
        if ref in chain or len(chain) == MAX_CHAIN:
            raise _refusal(
                lines,
                "extends",
                f"extends 循环或超过 {MAX_CHAIN} 层",
                f"extends goes in a circle or over {MAX_CHAIN} deep",
            )
        chain.append(ref)
        layers.append(read(_path(ref, lines)))
    merged, lines = layers.pop()
    while layers:
        own, own_lines = layers.pop()
        merged, lines = _merged(merged, own, lines, own_lines)
    return merged, lines


def _path(ref: object, lines: Locator) -> Path:
    found = _REF.match(ref) if isinstance(ref, str) else None
    path = POLICIES / found[1] / f"{found[2]}.toml" if found else None
    if path is None or not path.is_file():
        raise _refusal(
            lines, "extends", f"没有可以沿用的版本 {ref!r}", f"there is no version {ref!r} to extend"
        )
    return path


def _merged(base: Tree, own: Tree, base_lines: Locator, own_lines: Locator) -> tuple[Tree, Locator]:
    _sound(own, own_lines)
    dropped = own.get("drop", {})
    out = {key: value for key, value in base.items() if key not in LISTS}
    for key, value in own.items():
        if key in LISTS or key in ("extends", "drop"):
            continue
        both_tables = isinstance(value, dict) and isinstance(out.get(key), dict)
        out[key] = {**out[key], **value} if both_tables and key not in ("title", "note") else value
    items: dict[str, tuple[tuple[int | None, int | None], ...]] = {}
    for name in LISTS:
        entries, items[name] = _entries(
            _list(base, name), _list(own, name), _dropped(dropped, name, base, own_lines)
        )
        if entries:
            out[name] = entries
    return out, Layered(
        lines=own_lines.lines, path=own_lines.path, own=own_lines, base=base_lines, items=items
    )


def _list(tree: Tree, name: str) -> list[Any]:
    found = tree.get(name, [])
    return found if isinstance(found, list) else []


def _sound(own: Tree, lines: Locator) -> None:
    """Refuses what merging would swallow: lists that are none, ids given twice, entries to drop in another form."""
    for name in LISTS:
        if not isinstance(own.get(name, []), list):
            raise _refusal(lines, name, f"{name} 应为一组条目", f"{name} must be a list of entries")
        ids = [_id(entry) for entry in _list(own, name)]
        twice = next((entry_id for entry_id in ids if ids.count(entry_id) > 1), None)
        if twice is not None:
            raise _refusal(
                lines, name, f"{name} 中 id {twice!r} 出现了两次", f"id {twice!r} occurs twice in {name}"
            )
    dropped = own.get("drop", {})
    rows = dropped.items() if isinstance(dropped, dict) else [("", dropped)]
    for name, ids in rows:
        if (
            name not in LISTS
            or not isinstance(ids, list)
            or not all(isinstance(entry_id, str) for entry_id in ids)
        ):
            raise _refusal(
                lines,
                "drop",
                f"drop 写法不对（{name or dropped!r}）",
                f"drop is not of its form ({name or dropped!r})",
            )


def _dropped(dropped: Tree, name: str, base: Tree, lines: Locator) -> set[str]:
    wanted, known = dropped.get(name, []), {_id(entry) for entry in _list(base, name)}
    for entry_id in wanted:
        if entry_id not in known:
            raise _refusal(
                lines,
                "drop",
                f"{name} 中没有可去掉的 {entry_id!r}",
                f"{name} of the base holds no {entry_id!r} to drop",
            )
    return set(wanted)


def _entries(
    base: list[Any], own: list[Any], dropped: set[str]
) -> tuple[list[Any], tuple[tuple[int | None, int | None], ...]]:
    mine = {_id(entry): (n, entry) for n, entry in enumerate(own)}
    entries: list[Any] = []
    places: list[tuple[int | None, int | None]] = []
    for n, entry in enumerate(base):
        if _id(entry) in dropped:
            continue
        number, change = mine.pop(_id(entry), (None, None))
        entries.append(_changed(entry, change) if isinstance(change, dict) else entry)
        places.append((number, n))
    for number, entry in mine.values():
        entries.append(entry)
        places.append((number, None))
    return entries, tuple(places)


def _changed(entry: Tree, change: Tree) -> Tree:
    """An entry with its changes; points are given one way, and a limit works one way, so the new way ends the old one."""
    ends = {"bins": "linear", "linear": "bins", "band": "worse_by", "worse_by": "band"}
    gone = {ends[key] for key in change if key in ends}
    return {**{key: value for key, value in entry.items() if key not in gone}, **change}


def _id(entry: object) -> str:
    return str(entry.get("id", "")) if isinstance(entry, dict) else ""


def _refusal(lines: Locator, key: str, zh: str, en: str) -> PolicyError:
    return PolicyError(
        zh=f'{zh}；例如 extends = "quzhou-demo@2026-07-01"，drop = {{ indicators = ["honours"] }}',
        en=f'{en}; e.g. extends = "quzhou-demo@2026-07-01", drop = {{ indicators = ["honours"] }}',
        place=at(lines.path, lines.line((key,))),
    )
