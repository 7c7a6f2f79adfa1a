"""The tables that the steps of linking hand to each other are written down where the room begins."""

from __future__ import annotations

import re
from pathlib import Path

import scoring.records.link as link

ROOM = Path(link.__file__).parent
MADE = re.compile(r"CREATE (?:OR REPLACE )?(?:TEMP )?(?:TABLE|VIEW) ([a-z_<>{}]+)")
ENTRY = re.compile(r"(?:``[a-z_<>]+``(?: \(view\))?(?:, )?)+: ")


def test_every_table_is_written_down() -> None:
    """The docstring of the room names every table and view that a step makes, and no others."""
    made = {"fault"}
    for path in sorted(ROOM.glob("*.py")):
        made |= set(
            MADE.findall(
                path.read_text(encoding="utf-8").replace("{fact}", "<fact>").replace("{view}", "<view>")
            )
        )
    # Where few rows are linked, a view that is written down reads from a table.
    made.discard("<view>")
    written_down: set[str] = set()
    for line in (link.__doc__ or "").splitlines():
        if entry := ENTRY.match(line):
            written_down |= set(re.findall("``([a-z_<>]+)``", entry.group()))
    assert made == written_down
