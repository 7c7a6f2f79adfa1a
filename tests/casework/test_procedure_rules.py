"""The file of procedures: what has no sense is refused with its sentence, and every effect is carried out by somebody."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from scoring.administration.casework.effects import EFFECTS
from scoring.administration.casework.procedures import PROCEDURES, Effect, procedures, read_procedures
from scoring.errors import PolicyError

TEXT = PROCEDURES.read_text(encoding="utf-8")
BASIS = 'basis = { instrument = "zj_credit", article = "第三十条" }'


@pytest.mark.parametrize(
    ("before", "after", "refusal"),
    [
        ('id = "recalculation"', 'id = "objection"', "procedure_twice"),
        ('id = "withdrawn"', 'id = "corrected"', "procedure_twice"),
        (BASIS, BASIS.replace("zj_credit", "no_such_law"), "procedure_article"),
        (BASIS, BASIS.replace("第三十条", "各条"), "procedure_article"),
        (BASIS, "basis = { pinpoint = false }", "procedure_article"),
        ("every_days = 7\n" + BASIS, BASIS, "procedure_silence"),
        ('silence = "lapse"', 'silence = "lapse"\nevery_days = 7', "procedure_silence"),
        (
            "outcomes = []",
            'outcomes = [{ id = "x", label = { zh = "x", en = "x" }, effect = "paint" }]',
            None,
        ),
        ('about = "record"', 'about = "colour"', None),
        ("marks = true", "marks = true\ncolour = true", None),
        ("decide = 5", "decide = 0", None),
    ],
)
def test_what_makes_no_sense_is_refused(before: str, after: str, refusal: str | None, tmp_path: Path) -> None:
    """One change at a time: twice the same id, no article, silence that does not fit, unknown effects and keys."""
    assert before in TEXT
    file = tmp_path / "procedures.toml"
    file.write_text(TEXT.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(PolicyError) as error:
        read_procedures(file)
    assert refusal is None or refusal == error.value.code


def test_what_nobody_can_end_is_refused(tmp_path: Path) -> None:
    """A procedure that somebody opens has an outcome."""
    file = tmp_path / "procedures.toml"
    head, _, rest = TEXT.partition('id = "matter_request"')
    cut = (
        rest[: rest.index("outcomes = [")]
        + "outcomes = []\n"
        + rest[rest.index('next = { zh = "认为记录有误，可以对该记录提异议。"') :]
    )
    file.write_text(f'{head}id = "matter_request"{cut}', encoding="utf-8")
    with pytest.raises(PolicyError, match="procedure_endless"):
        read_procedures(file)


def test_every_effect_is_carried_out() -> None:
    """Each effect has its function but ``second``, which another account's word is; and each is used."""
    used = {outcome.effect for entry in procedures().values() for outcome in entry.outcomes}
    assert set(get_args(Effect)) == {*EFFECTS, "second"} == used


def test_a_kind_fits_into_the_store() -> None:
    """The store keeps kinds of at most sixteen characters."""
    assert max(map(len, procedures())) <= 16
