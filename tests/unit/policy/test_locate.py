"""Line numbers of TOML paths."""

from __future__ import annotations

import pytest

from scoring.policy.read.finding import TomlPath
from scoring.policy.read.locate import locate

TEXT = '''top = 1
"quoted" = 2
list = [
    { a = 1 },
    { a = [1, 2] },  # ] not the end
    "}",
]
long = """
[[not_a_table]]
key = 3
"""
after = 4

[table]
key = "x # y"

[[rows]]
name = "first"
[rows.child]
deep = 1
[[rows.parts]]
n = 1
[[rows.parts]]
n = 2

[[rows]]
name = "second"
a.b = 5
[[rows.parts]]
n = 3
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 1),
        (("quoted",), 2),
        (("list",), 3),
        (("list", 1), 5),
        (("list", 1, "a"), 5),
        (("long",), 8),
        (("after",), 12),
        (("table", "key"), 15),
        (("rows", 0), 17),
        (("rows", 0, "child", "deep"), 20),
        (("rows", 0, "parts", 1, "n"), 24),
        (("rows", 1, "name"), 27),
        (("rows", 1, "a", "b"), 28),
        (("rows", 1, "parts", 0, "n"), 30),
        (("rows", 1, "absent"), 26),
        (("absent",), 1),
        ((), 1),
    ],
)
def test_line_of_path(path: TomlPath, line: int) -> None:
    """A path is found at its own line, else at that of its nearest parent."""
    assert line == locate(TEXT).line(path)


def test_long_string_does_not_open_tables() -> None:
    """What looks like a table inside a long string is text."""
    assert [] == [path for path in locate(TEXT).lines if path[:1] == ("not_a_table",)]
