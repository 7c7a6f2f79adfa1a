"""Refitting a policy: within its own signs and bounds, the same bytes again.

Nothing else is changed, and nothing is released.
"""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from trained_model import ROOT, TrainedModel, defined

from scoring.analysis.training.definition import ModelDefinition, read_definition
from scoring.analysis.training.draft import PROPOSAL, require_released, write_draft
from scoring.analysis.training.refit import PolicyRefit, refit
from scoring.errors import ModelError, PolicyError, UsageError
from scoring.policy.check.checks import check_file
from scoring.policy.language.schema import Indicator
from scoring.policy.load import load_policy, read_policy_file
from scoring.policy.resolved import ResolvedPolicy, resolve
from scoring.rules import POLICIES

FIRST_DAY = date(2026, 12, 2)
VERSION = load_policy("quzhou-demo@2026-04-01", None)


@pytest.fixture(scope="module")
def outcome() -> ModelDefinition:
    """What is to be predicted: an open finding at the next inspection."""
    return read_definition(ROOT / "models" / "district-demo.toml")


@pytest.fixture(scope="module")
def proposed(trained: TrainedModel, outcome: ModelDefinition) -> PolicyRefit:
    """The shipped policy, refitted on the small district."""
    return refit(VERSION, outcome, trained.data)


@pytest.fixture(scope="module")
def draft(
    proposed: PolicyRefit, outcome: ModelDefinition, tmp_path_factory: pytest.TempPathFactory
) -> ResolvedPolicy:
    """Its draft version."""
    return write_draft(proposed, VERSION, outcome, FIRST_DAY, tmp_path_factory.mktemp("draft"))


def test_signs_and_bounds_hold_for_every_bin(draft: ResolvedPolicy) -> None:
    """Adverse points stay 0 or less and grow with what is graver, favourable ones 0 or more.

    None goes beyond the policy's own largest.
    """
    for old, new in zip(VERSION.policy.indicators, draft.policy.indicators, strict=True):
        # Of days since, fewer are graver: the order of the bins is turned.
        points = new.points_by_value[::-1] if new.aggregate == "days_since" else new.points_by_value
        assert max(map(abs, points)) <= max(map(abs, old.points_by_value)), new.id
        if new.direction == "adverse":
            assert all(0 >= mild >= grave for mild, grave in pairwise(points)), new.id
        if new.direction == "favourable":
            assert all(0 <= weak <= strong for weak, strong in pairwise(points)), new.id


def test_nothing_but_points_changes(draft: ResolvedPolicy) -> None:
    """Base, bands, rules, limits, neutral and learned indicators stay as they were."""
    given = VERSION.policy.model_copy(update={"valid_from": FIRST_DAY, "indicators": ()})
    assert draft.policy.model_copy(update={"indicators": ()}) == given
    for old, new in zip(VERSION.policy.indicators, draft.policy.indicators, strict=True):
        assert _without_points(old) == _without_points(new)
        if old.direction == "neutral" or old.model:
            assert old == new


def test_points_follow_outcomes(proposed: PolicyRefit) -> None:
    """What fails far more often costs more than before; bins that nobody is in stay."""
    by_id = {refit.indicator.id: refit for refit in proposed.refits}
    listed = by_id["abnormal_listings"]
    # Abnormal listings fail four times as often as others in the district.
    assert listed.positives[1] / listed.cases[1] > 2 * listed.positives[0] / listed.cases[0]
    assert listed.points[1] < listed.indicator.bins[1].points
    # Where nobody in the district is in any bin but the first its points stay.
    empty = [each for each in proposed.refits if not any(each.cases[1:])]
    assert empty
    assert [each.indicator.points_by_value for each in empty] == [each.points for each in empty]


def test_a_scale_where_low_is_best_is_the_mirror_image(
    trained: TrainedModel, outcome: ModelDefinition
) -> None:
    """With every point turned and the bands in reverse the proposal is the same, turned."""
    shipped = VERSION.policy
    # A model has its points from a table, which nobody turns.
    without_model = tuple(indicator for indicator in shipped.indicators if not indicator.model)
    plain = shipped.model_copy(update={"indicators": without_model})
    mirrored = shipped.model_copy(
        update={
            "indicators": tuple(map(_turned, without_model)),
            "bands": tuple(band.model_copy(update={"from_": -band.from_}) for band in shipped.bands),
            "scale": shipped.scale.model_copy(update={"base": -shipped.scale.base}),
        }
    )
    straight, turned = (refit(resolve(policy), outcome, trained.data) for policy in (plain, mirrored))
    for as_it_is, as_mirrored in zip(straight.refits, turned.refits, strict=True):
        assert as_it_is.points == tuple(-points for points in as_mirrored.points)


def test_draft_passes_the_check_and_is_in_no_register(draft: ResolvedPolicy) -> None:
    """The draft is sound, a demonstration, and the folder of released versions does not hold it."""
    findings = check_file(Path(draft.path))
    assert "error" not in {finding.severity for finding in findings}
    assert "demonstration" == draft.status
    released = POLICIES / "quzhou-demo"
    assert not (released / f"{FIRST_DAY}.toml").exists()
    assert str(FIRST_DAY) not in (released / "register.toml").read_text(encoding="utf-8")


def test_same_data_give_the_same_bytes(
    trained: TrainedModel, outcome: ModelDefinition, draft: ResolvedPolicy, tmp_path: Path
) -> None:
    """Refitted again, both files are the same byte for byte."""
    write_draft(refit(VERSION, outcome, trained.data), VERSION, outcome, FIRST_DAY, tmp_path)
    for name in (f"{FIRST_DAY}.toml", PROPOSAL):
        assert (Path(draft.path).parent / name).read_bytes() == (tmp_path / name).read_bytes()


@pytest.mark.parametrize(
    ("result", "said"),
    [('["grade_a"]', "one class only"), ('["refused"]', "at least 50 are needed")],
)
def test_too_little_is_refused(trained: TrainedModel, tmp_path: Path, result: str, said: str) -> None:
    """One class, or fewer than 50 positives, is no ground for new points."""
    text = (ROOT / "models" / "district-demo.toml").read_text(encoding="utf-8")
    open_findings = 'result = ["problem", "violation", "concealed", "refused"]\nwithin_days'
    assert open_findings in text
    definition = defined(text.replace(open_findings, f"result = {result}\nwithin_days"), tmp_path)
    with pytest.raises(ModelError, match=said):
        refit(VERSION, definition, trained.data)


def test_draft_that_breaks_the_policy_is_refused(
    proposed: PolicyRefit, outcome: ModelDefinition, tmp_path: Path
) -> None:
    """A draft with a fault of meaning ends as a sentence: here its law is not yet in force."""
    with pytest.raises(PolicyError, match="does not pass `policy check`"):
        write_draft(proposed, VERSION, outcome, date(2021, 1, 1), tmp_path)


def test_only_released_versions_are_extended(tmp_path: Path) -> None:
    """A file of somebody's own, or a first day that is not later, is refused."""
    own_file = tmp_path / "own.toml"
    own_file.write_text(Path(VERSION.path).read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(UsageError, match="extends a released version"):
        require_released(read_policy_file(own_file), FIRST_DAY)
    with pytest.raises(UsageError, match="must be after 2026-04-01"):
        require_released(VERSION, date(2026, 4, 1))


def _without_points(indicator: Indicator) -> Indicator:
    bins = tuple(score_bin.model_copy(update={"points": 0}) for score_bin in indicator.bins)
    return indicator.model_copy(update={"bins": bins})


def _turned(indicator: Indicator) -> Indicator:
    bins = tuple(mirrored.model_copy(update={"points": -mirrored.points}) for mirrored in indicator.bins)
    return indicator.model_copy(update={"bins": bins, "unknown": -indicator.unknown})
