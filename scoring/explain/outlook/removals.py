"""What differs where one record is not there: the record, and others that stood as they did because of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scoring.assess.assessor import Record
from scoring.engine.cases import RecordChange
from scoring.entities import RelationSet
from scoring.explain.outlook.questions import Questions
from scoring.records.link.left_out import linked_without


def changes_without(questions: Questions) -> Mapping[str, RecordChange]:
    """For every record that weighs, by its id, what differs without it."""
    records, relations = questions.records, questions.resolved.law.relations
    weighing = [str(record["record_id"]) for record in records if record["weights"]]
    if relations is None or any(record["inherited_from"] for record in records):
        return {record_id: RecordChange(without=(record_id,)) for record_id in weighing}
    upheld = _upheld(records, relations)
    others = linked_without(records, [name for name in weighing if name in upheld], relations)
    return {record_id: _change(record_id, others.get(record_id, ())) for record_id in weighing}


def _change(record_id: str, others: Sequence[Record]) -> RecordChange:
    return RecordChange((record_id, *(str(other["record_id"]) for other in others)), tuple(others))


def _upheld(records: Sequence[Record], relations: RelationSet) -> set[str]:
    """Ids of the records that others may stand otherwise without: partners, and visits that bear something out."""
    ids = {str(record["record_id"]) for record in records if record["matter"] or record["recheck_of"]}
    ids |= {str(record["recheck_of"]) for record in records if record["recheck_of"]}
    kinds: set[str] = set()
    if any(record["open_findings"] is not None for record in records):
        kinds.update(relations.rechecks.kinds)
    agreements = relations.agreements
    stated = agreements and [record for record in records if record["kind"] in agreements.kinds]
    if agreements and stated and any(record["closed_on"] for record in stated):
        kinds.update(agreements.by)
    return ids | {str(record["record_id"]) for record in records if record["kind"] in kinds}
