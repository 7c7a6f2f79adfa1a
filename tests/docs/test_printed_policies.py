"""The parts of policies that are printed in the documents pass ``policy check``, each on top of the demonstration."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from scoring.policy.check.checks import check_file

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [*sorted((ROOT / "docs").glob("??/*.md")), ROOT / "CONTRIBUTING.md"]
FENCE = re.compile(r"^( *)```toml[^\n]*\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
LISTS = {"indicators", "groups", "gates", "caps", "vetoes", "bands", "tiers"}
"""What tells a part of a policy from a part of any other file."""
NEW_AGGREGATE = '"largest"'
"""What one recipe adds to the language first; ``test_recipes`` follows it."""
HEAD = 'id = "printed"\nvalid_from = 2026-07-01\nextends = "quzhou-demo@2026-04-01"\n'


def printed() -> Iterator[tuple[str, str]]:
    """Every printed part of a policy, with the place where it stands."""
    for document in DOCUMENTS:
        for number, (indent, body) in enumerate(FENCE.findall(document.read_text(encoding="utf-8"))):
            text = re.sub(f"^{indent}", "", body, flags=re.MULTILINE)
            if LISTS & tomllib.loads(text).keys() and NEW_AGGREGATE not in text:
                yield f"{document.parent.name}/{document.name} {number}", text


PRINTED = dict(printed())


@pytest.mark.parametrize("place", PRINTED)
def test_a_printed_part_passes(place: str, tmp_path: Path) -> None:
    """What a reader copies from a document has no error, in either language."""
    text = PRINTED[place]
    path = tmp_path / "printed.toml"
    path.write_text(text if "extends" in tomllib.loads(text) else HEAD + text, encoding="utf-8")
    assert [] == [finding.en for finding in check_file(path) if finding.severity == "error"]


def test_there_are_some() -> None:
    """Both pages on policies print an indicator, a group, a policy that extends another and a table of tiers."""
    assert len(PRINTED) > 9
