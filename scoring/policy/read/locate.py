"""Line numbers for TOML paths, which the standard parser does not keep.

A line scan, not a second parser: it is only ever used on text that ``tomllib`` has accepted, and
only to point.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from scoring.policy.read.finding import TomlPath

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*([A-Za-z0-9_."'-]+(?:\s*\.\s*[A-Za-z0-9_"'-]+)*)\s*=""")
_STRING = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'')
_FENCE = re.compile(r'"""|\'\'\'')


@dataclass
class _Scan:
    """What is known after the lines read so far.

    Attributes:
        lines: Line of each path.
        table: Path of the table that the last header opened.
        arrays: By path of an array of tables, the index of its last table.
        fence: The quotes that end the long string in which the scan is; empty outside.
        depth: Brackets that are open in the value of the last key.
        inside: Path of that key.
        element: Index of the last element of its array.
    """

    lines: dict[TomlPath, int] = field(default_factory=dict)
    table: TomlPath = ()
    arrays: dict[TomlPath, int] = field(default_factory=dict)
    fence: str = ""
    depth: int = 0
    inside: TomlPath = ()
    element: int = -1

    def read(self, number: int, line: str) -> None:
        """Takes one line: in a long string, in an array over several lines, a header or a key."""
        if self._in_long_string(number, line):
            return
        # a bracket or # in a string is none
        bare = _STRING.sub("''", line).split("#", 1)[0]
        if self.depth > 0:
            self._array_line(number, bare)
        elif header := _HEADER.match(line):
            self._header(number, header[1] == "[[", _keys(header[2]))
        elif key := _KEY.match(line):
            self.inside, self.element = self.table + _keys(key[1]), -1
            self.lines.setdefault(self.inside, number)
            self.depth = _balance(bare.split("=", 1)[1])

    def _in_long_string(self, number: int, line: str) -> bool:
        if self.fence:
            self.fence = "" if self.fence in line else self.fence
            return True
        fences = _FENCE.findall(line)
        # an even number of them: each long string ends on the line where it began
        if len(fences) % 2 == 1:
            self.fence = fences[-1]
            if key := _KEY.match(line):
                self.lines.setdefault(self.table + _keys(key[1]), number)
        return bool(self.fence)

    def _array_line(self, number: int, bare: str) -> None:
        if self.depth == 1 and bare.lstrip().startswith(("{", "[")):
            self.element += 1
            self.lines.setdefault((*self.inside, self.element), number)
        self.depth += _balance(bare)

    def _header(self, number: int, is_array: bool, keys: TomlPath) -> None:
        path = self._absolute(keys[:-1]) + keys[-1:]
        if is_array:
            index = self.arrays.get(path, -1) + 1
            self.arrays[path] = index
            path = (*path, index)
        self.table = path
        self.lines.setdefault(path, number)

    def _absolute(self, keys: TomlPath) -> TomlPath:
        """A path in which arrays of tables lead to their last table, as TOML reads a header."""
        path: TomlPath = ()
        for key in keys:
            path = (*path, key)
            if path in self.arrays:
                path = (*path, self.arrays[path])
        return path


def _keys(dotted: str) -> TomlPath:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def _balance(text: str) -> int:
    opened = text.count("[") + text.count("{")
    closed = text.count("]") + text.count("}")
    return opened - closed


@dataclass(frozen=True)
class Locator:
    """Line numbers of one TOML text.

    Attributes:
        lines: Path of a table, an array element or a key -> line, counted from 1.
        path: The file.
    """

    lines: dict[TomlPath, int]
    path: str = ""

    def place(self, path: TomlPath) -> str:
        """``file:line`` of the path."""
        return f"{self.path}:{self.line(path)}"

    def line(self, path: TomlPath) -> int:
        """Line of the path, else of its nearest parent that is known, else 1."""
        while path:
            if path in self.lines:
                return self.lines[path]
            path = path[:-1]
        return 1


def locate(text: str, path: str = "") -> Locator:
    """Finds the lines of all tables, array elements and keys of a valid TOML text.

    Args:
        text: The text.
        path: The file it was read from.
    """
    scan = _Scan()
    for number, line in enumerate(text.splitlines(), start=1):
        scan.read(number, line)
    return Locator(scan.lines, path)
