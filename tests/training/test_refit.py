"""Refitting a policy: within its own signs and bounds, the same bytes again, nothing else changed, nothing released."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from studio import ROOT, Studio, defined

from scoring.analysis.training.definition import ModelDefinition, read_definition
from scoring.analysis.training.draft import PROPOSAL, require_released, write_draft
from scoring.analysis.training.refit import Refitted, refit
from scoring.errors import ModelError, PolicyError, UsageError
from scoring.policy.check.checks import check_file
from scoring.policy.language.schema import Indicator
from scoring.policy.load import load_policy, read_policy_file
from scoring.policy.resolved import ResolvedPolicy, resolve
from scoring.rules import POLICIES

FIRST_DAY = date(2026, 12, 2)
VERSION = load_policy("quzhou-demo@2026-12-01", None)


@pytest.fixture(scope="module")
def outcome() -> ModelDefinition:
    """What is to be predicted: an open finding at the next inspection."""
    return read_definition(ROOT / "models" / "district-demo.toml")


@pytest.fixture(scope="module")
def found(studio: Studio, outcome: ModelDefinition) -> Refitted:
    """The shipped policy, refitted on the small district."""
    return refit(VERSION, outcome, studio.data)


@pytest.fixture(scope="module")
def draft(
    found: Refitted, outcome: ModelDefinition, tmp_path_factory: pytest.TempPathFactory
) -> ResolvedPolicy:
    """Its draft version."""
    return write_draft(found, VERSION, outcome, FIRST_DAY, tmp_path_factory.mktemp("draft"))


def test_signs_and_bounds_hold_for_every_bin(draft: ResolvedPolicy) -> None:
    """Adverse points stay 0 or less and grow with what is graver, favourable ones 0 or more, none beyond the policy's own largest."""
    for old, new in zip(VERSION.policy.indicators, draft.policy.indicators, strict=True):
        points = new.points_by_value[::-1] if new.aggregate == "days_since" else new.points_by_value
        assert max(map(abs, points)) <= max(map(abs, old.points_by_value)), new.id
        if new.direction == "adverse":
            assert all(0 >= mild >= grave for mild, grave in pairwise(points)), new.id
        if new.direction == "favourable":
            assert all(0 <= weak <= strong for weak, strong in pairwise(points)), new.id


def test_nothing_but_points_changes(draft: ResolvedPolicy) -> None:
    """Base, bands, rules, limits of bins, unknown values, neutral and learned indicators are those of the version it extends."""
    given = VERSION.policy.model_copy(update={"valid_from": FIRST_DAY, "indicators": ()})
    assert draft.policy.model_copy(update={"indicators": ()}) == given
    for old, new in zip(VERSION.policy.indicators, draft.policy.indicators, strict=True):
        assert _without_points(old) == _without_points(new)
        if old.direction == "neutral" or old.model:
            assert old == new


def test_points_follow_outcomes(found: Refitted) -> None:
    """Abnormal listings fail four times as often as others here: they cost more than before; bins that nobody is in stay."""
    by_id = {r.indicator.id: r for r in found.refits}
    listed = by_id["abnormal_listings"]
    assert listed.positives[1] / listed.cases[1] > 2 * listed.positives[0] / listed.cases[0]
    assert listed.points[1] < listed.indicator.bins[1].points
    assert by_id["minor_penalties"].points == (0, -10, -25) and by_id["minor_penalties"].cases[1:] == (0, 0)


def test_a_scale_where_low_is_best_is_the_mirror_image(
    studio: Studio, outcome: ModelDefinition, found: Refitted
) -> None:
    """With every point turned and the bands in reverse the proposal is the same, turned."""
    policy = VERSION.policy
    indicators = tuple(_turned(i) for i in policy.indicators if not i.model)
    bands = tuple(b.model_copy(update={"from_": -b.from_}) for b in policy.bands)
    base = policy.scale.model_copy(update={"base": -policy.scale.base})
    mirrored = policy.model_copy(update={"indicators": indicators, "bands": bands, "scale": base})
    turned = refit(resolve(mirrored), outcome, studio.data)
    plain = policy.model_copy(update={"indicators": tuple(i for i in policy.indicators if not i.model)})
    straight = refit(resolve(plain), outcome, studio.data)
    assert [tuple(-p for p in r.points) for r in turned.refits] == [r.points for r in straight.refits]


def test_draft_passes_the_check_and_is_in_no_register(draft: ResolvedPolicy) -> None:
    """The draft is sound, a demonstration, and the folder of released versions does not hold it."""
    assert not [f for f in check_file(Path(draft.path)) if f.severity == "error"]
    assert ("demonstration", False) == (
        draft.status,
        (POLICIES / "quzhou-demo" / f"{FIRST_DAY}.toml").exists(),
    )
    assert str(FIRST_DAY) not in (POLICIES / "quzhou-demo" / "register.toml").read_text(encoding="utf-8")


def test_same_data_give_the_same_bytes(
    studio: Studio, outcome: ModelDefinition, draft: ResolvedPolicy, tmp_path: Path
) -> None:
    """Refitted again, both files are the same byte for byte."""
    write_draft(refit(VERSION, outcome, studio.data), VERSION, outcome, FIRST_DAY, tmp_path)
    for name in (f"{FIRST_DAY}.toml", PROPOSAL):
        assert (Path(draft.path).parent / name).read_bytes() == (tmp_path / name).read_bytes()


@pytest.mark.parametrize(
    ("result", "said"), [('["grade_a"]', "one class only"), ('["refused"]', "at least 50 are needed")]
)
def test_too_little_is_refused(studio: Studio, tmp_path: Path, result: str, said: str) -> None:
    """One class, or fewer than 50 positives, is no ground for new points."""
    text = (ROOT / "models" / "district-demo.toml").read_text(encoding="utf-8")
    open_ = 'result = ["problem", "violation", "concealed", "refused"]\nwithin_days'
    assert open_ in text
    definition = defined(text.replace(open_, f"result = {result}\nwithin_days"), tmp_path)
    with pytest.raises(ModelError, match=said):
        refit(VERSION, definition, studio.data)


def test_draft_that_breaks_the_policy_is_refused(
    found: Refitted, outcome: ModelDefinition, tmp_path: Path
) -> None:
    """A draft with a fault of meaning (here citations that are not yet law on its first day) ends as a sentence."""
    with pytest.raises(PolicyError, match="does not pass `policy check`"):
        write_draft(found, VERSION, outcome, date(2021, 1, 1), tmp_path)


def test_only_released_versions_are_extended(tmp_path: Path) -> None:
    """A file of somebody's own, or a first day that is not later, is refused before anything is read."""
    own = tmp_path / "own.toml"
    own.write_text(Path(VERSION.path).read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(UsageError, match="extends a released version"):
        require_released(read_policy_file(own), FIRST_DAY)
    with pytest.raises(UsageError, match="must be after 2026-12-01"):
        require_released(VERSION, date(2026, 12, 1))


def _without_points(indicator: Indicator) -> Indicator:
    return indicator.model_copy(
        update={"bins": tuple(b.model_copy(update={"points": 0}) for b in indicator.bins)}
    )


def _turned(indicator: Indicator) -> Indicator:
    bins = tuple(b.model_copy(update={"points": -b.points}) for b in indicator.bins)
    return indicator.model_copy(update={"bins": bins, "unknown": -indicator.unknown})
