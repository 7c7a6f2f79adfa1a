"""How many records of each source could be joined to nothing: counted at linking, one sentence a source."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pyarrow as pa
import pytest

from scoring.cli.show.run import source_table
from scoring.cli.show.terminal import Terminal
from scoring.entities import Lang
from scoring.policy.law.relations import load_relations
from scoring.records.intake import Intake, write_tables

RELATIONS = load_relations("enforcement-2026")
NUMBERS = {None: False, "无": False, "〔2026〕": False, "虚罚〔2026〕12号": True}
"""What may stand in a field, and whether it is a number."""
MATTERS = {None: False, "M-1": True}
KINDS = ("administrative_penalty", "inspection", "honour")


def taken(folder: Path, *, related: bool) -> Intake:
    """Records of three kinds with every number, every number that they rest on and every matter."""
    rows = [
        {
            "record_id": f"r{number}",
            "enterprise_id": "demo:1",
            "kind": kind,
            "decided_on": "2026-03-02",
            "known_on": "2026-03-02",
            "document_no": document,
            "basis_document_no": basis,
            "matter_id": matter,
        }
        for number, (kind, document, basis, matter) in enumerate(product(KINDS, NUMBERS, NUMBERS, MATTERS))
    ]
    firms = pa.Table.from_pylist([{"enterprise_id": "demo:1", "name": "虚构"}])
    return write_tables(firms, pa.Table.from_pylist(rows), folder, relations=RELATIONS if related else None)


def test_every_want_is_counted(tmp_path: Path) -> None:
    """Of kinds that may belong to a matter, what lacks each field and what lacks all; without relations nothing."""
    (counts,) = taken(tmp_path, related=True).sources.values()
    given = [product(NUMBERS, NUMBERS, MATTERS) for kind in KINDS if kind in RELATIONS.matter.kinds]
    cases = [case for some in given for case in some]
    assert 2 * 32 == len(cases)
    assert counts.unjoined == {
        "records": len(cases),
        "document_no": sum(not NUMBERS[document] for document, _basis, _matter in cases),
        "basis_document_no": sum(not NUMBERS[basis] for _document, basis, _matter in cases),
        "matter_id": sum(matter is None for _document, _basis, matter in cases),
        "all": sum(not (NUMBERS[d] or NUMBERS[b] or MATTERS[m]) for d, b, m in cases),
    }
    (plain,) = taken(tmp_path / "plain", related=False).sources.values()
    assert {} == plain.unjoined


@pytest.mark.parametrize(
    ("lang", "words"), [("zh", "没有证据不并案"), ("en", "without evidence nothing is joined")]
)
def test_it_is_told_under_its_source(tmp_path: Path, lang: Lang, words: str) -> None:
    """The table of sources says it in a sentence."""
    (counts,) = taken(tmp_path, related=True).sources.values()
    terminal = Terminal()
    with terminal.capture() as capture:
        terminal.show(source_table({"sources": {"甲源": vars(counts)}}, lang))
    assert "".join(words.split()) in "".join(capture.get().split())
