"""Gates, caps and vetoes that cannot hold, hold for everybody or without a record: the check refuses every kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from scoring.policy.check.checks import check_file
from scoring.policy.check.possible_values import known_values
from scoring.policy.language.schema import Indicator

GOOD = (Path(__file__).resolve().parents[2] / "bad_rules" / "good.toml").read_text(encoding="utf-8")
VETO = GOOD[GOOD.index("[[vetoes]]") : GOOD.index("[[bands]]")]
INDICATORS = {
    "days": 'direction = "adverse"\naggregate = "days_since"\nwindow_days = 365\n'
    "bins = [{ upto = 180, points = -20 }, { points = 0 }]\n",
    "gravity": 'direction = "adverse"\naggregate = "max"\nof = "severity"\nwindow_days = 365\n'
    "bins = [{ upto = 1, points = 0 }, { points = -10 }]\n",
    "measured": 'direction = "neutral"\naggregate = "latest"\nof = "value_x100"\nwindow_days = 365\n'
    "linear = { times = 1, low = 0, high = 10 }\n",
    "visits": 'direction = "neutral"\naggregate = "count"\nwindow_days = 365\n'
    "bins = [{ upto = 0, points = 0 }, { points = 1 }]\n",
    "recent": 'direction = "neutral"\naggregate = "count"\nwindow_days = 30\n'
    "bins = [{ upto = 0, points = 0 }, { points = 1 }]\n",
    "problems": 'direction = "adverse"\naggregate = "share"\nwindow_days = 365\n'
    'among = { kind = ["inspection"], result = ["no_problem", "problem"] }\n'
    "bins = [{ upto = 0, points = 0 }, { points = -10 }]\n",
    "crossed": 'direction = "adverse"\naggregate = "count"\nwindow_days = 365\n'
    "bins = [{ upto = 0, points = 0 }, { points = -10 }]\n",
}
SELECT = {
    "problems": 'select = { kind = ["inspection"], result = ["problem"] }\n',
    # no inspection ends so
    "crossed": 'select = { kind = ["inspection"], result = ["substantiated"] }\n',
    "days": 'select = { kind = ["inspection"], result = ["violation"] }\n',
    "gravity": 'select = { kind = ["inspection"], result = ["violation"] }\n',
}


def policy_with(tmp_path: Path, name: str, conditions: str, before: str = "") -> Path:
    """The good policy with further indicators and one rule of these conditions in place of its veto."""
    rule = f'[[{name}]]\nid = "tried"\nlabel = {{ zh = "试", en = "Tried" }}\n{conditions}\nlegal = ["law"]\n'
    rule += "" if name == "gates" else 'band = "C"\n'
    more = ""
    for indicator, keys in INDICATORS.items():
        select = SELECT.get(indicator, 'select = { kind = ["inspection"] }\n')
        more += f'[[indicators]]\nid = "{indicator}"\nlegal = ["law"]\ngroup = "conduct"\n'
        more += (
            f'label = {{ zh = "项", en = "Item" }}\nremedy = {{ zh = "改", en = "Mend" }}\n{select}{keys}\n'
        )
    path = tmp_path / "tried.toml"
    path.write_text(GOOD.replace(VETO, f"{more}{before}{rule}\n"), encoding="utf-8")
    return path


def codes_of(path: Path) -> list[str]:
    """Codes of the errors in a file."""
    return [finding.code for finding in check_file(path) if finding.severity == "error"]


IDLE = {
    "from nothing": 'all = [{ indicator = "penalties", at_least = 0 }]',
    "below nothing": 'all = [{ indicator = "penalties", at_least = -5 }]',
    "in a list of several": 'any = [{ indicator = "penalties", at_least = 0 }, { indicator = "days", at_most = 9 }]',
    "beside a real one": 'all = [{ indicator = "visits", at_least = 0 }, { enterprise = "status", in = ["dormant"] }]',
    "any share": 'all = [{ indicator = "problems", at_least = 0 }]',
    "any measured value": 'all = [{ indicator = "measured", at_least = 0 }]',
    "up to more than can be": 'all = [{ indicator = "visits", at_most = 1000000 }]',
    "up to the whole": 'all = [{ indicator = "problems", at_most = 10000 }]',
    "between both ends": 'all = [{ indicator = "visits", at_least = 0, at_most = 50000 }]',
}
NEVER = {
    "more records than count": 'all = [{ indicator = "visits", at_least = 50001 }]',
    "a very large number": 'all = [{ indicator = "penalties", at_least = 1000000000000 }]',
    "between two weights": 'all = [{ indicator = "penalties", at_least = 1, at_most = 59 }]',
    "below nothing": 'all = [{ indicator = "visits", at_most = -1 }]',
    "older than the window": 'all = [{ indicator = "days", at_least = 365 }]',
    "before the day": 'all = [{ indicator = "days", at_most = -1 }]',
    "graver than serious": 'all = [{ indicator = "gravity", at_least = 4 }]',
    "more than the whole": 'all = [{ indicator = "problems", at_least = 10001 }]',
    "a result that no such record has": 'all = [{ indicator = "crossed", at_least = 1 }]',
    "a type that is outside the scheme": 'all = [{ enterprise = "entity_type", in = ["sole_trader"] }]',
    "dead beside a live one": 'any = [{ indicator = "gravity", at_least = 4 }, { indicator = "visits", at_least = 1 }]',
}
CONTRADICTING = {
    "two bounds": 'all = [{ indicator = "visits", at_least = 5 }, { indicator = "visits", at_most = 4 }]',
    "known and unknown": 'all = [{ indicator = "days", at_most = 5 }, { indicator = "days", unknown = true }]',
    "all against any": 'all = [{ enterprise = "status", in = ["active"] }]\n'
    'any = [{ enterprise = "status", in = ["dormant"] }, { enterprise = "status", in = ["moved"] }]',
    "begins and outside": 'all = [{ enterprise = "industry_code", begins = ["C13"] }, '
    '{ enterprise = "industry_code", outside = ["C"] }]',
    "more of late than at all": 'all = [{ indicator = "recent", at_least = 3 }, { indicator = "visits", at_most = 2 }]',
}
ALWAYS = {
    "one or the other": 'any = [{ enterprise = "status", in = ["active"] }, { enterprise = "status", outside = ["active"] }]',
    "every status": "any = [{ enterprise = 'status', in = ['active', 'dormant', 'suspended', 'revoked', 'deregistered', "
    "'moved', 'liquidation', 'restructuring'] }]",
    "every subject": 'all = [{ enterprise = "entity_type", in = ["company", "branch", "cooperative"] }]',
    "few or many": 'any = [{ indicator = "visits", at_most = 4 }, { indicator = "visits", at_least = 5 }]',
    "known or not": 'any = [{ indicator = "days", unknown = true }, { indicator = "days", at_most = 364 }]',
}
WITHOUT_RECORD = {
    "no honours": 'all = [{ indicator = "honours", at_most = 0 }]',
    "few visits": 'all = [{ indicator = "visits", at_most = 3 }]',
    "not measured": 'all = [{ indicator = "measured", unknown = true }]',
    "no visits of a dormant one": 'all = [{ indicator = "visits", at_most = 0 }, { enterprise = "status", in = ["dormant"] }]',
    "no visits or dormant": 'any = [{ indicator = "visits", at_most = 0 }, { enterprise = "status", in = ["dormant"] }]',
}


@pytest.mark.parametrize("name", ["gates", "caps", "vetoes"])
@pytest.mark.parametrize(
    ("code", "conditions"),
    [
        *(("condition_idle", each) for each in IDLE.values()),
        *(("condition_never", each) for each in NEVER.values()),
        *(("rule_never", each) for each in CONTRADICTING.values()),
        *(("rule_always", each) for each in ALWAYS.values()),
    ],
    ids=[*(f"idle {each}" for each in IDLE), *NEVER, *CONTRADICTING, *ALWAYS],
)
def test_a_rule_is_proven(name: str, code: str, conditions: str, tmp_path: Path) -> None:
    """A condition that is none, one that cannot hold, and rules that never or always hold are errors anywhere."""
    assert code in codes_of(policy_with(tmp_path, name, conditions))


@pytest.mark.parametrize("name", ["caps", "vetoes"])
@pytest.mark.parametrize("conditions", WITHOUT_RECORD.values(), ids=list(WITHOUT_RECORD))
def test_no_limit_without_a_record(name: str, conditions: str, tmp_path: Path) -> None:
    """A cap or veto that holds for want of records is an error, whatever the enterprise is besides."""
    assert "rule_without_record" in codes_of(policy_with(tmp_path, name, conditions))


@pytest.mark.parametrize(
    "conditions",
    [
        'all = [{ indicator = "visits", at_most = 0 }]',
        'all = [{ indicator = "measured", unknown = true }, { indicator = "days", unknown = true }]',
        'all = [{ indicator = "measured", unknown = true }, { indicator = "visits", at_least = 1 }]',
        'any = [{ enterprise = "size_band", outside = ["micro", "small"] }]',
    ],
)
def test_a_gate_may_ask_for_evidence(conditions: str, tmp_path: Path) -> None:
    """Too little evidence gives *not rated*: a gate may rest on it."""
    assert [] == codes_of(policy_with(tmp_path, "gates", conditions))


def test_no_gate_for_want_of_bad_news(tmp_path: Path) -> None:
    """That nothing adverse is on record is no lack of evidence."""
    path = policy_with(tmp_path, "gates", 'all = [{ indicator = "penalties", at_most = 0 }]')
    assert ["rule_without_record"] == codes_of(path)


@pytest.mark.parametrize("name", ["caps", "vetoes"])
@pytest.mark.parametrize(
    "conditions",
    [
        'all = [{ indicator = "penalties", at_least = 60 }]',
        'any = [{ indicator = "days", at_most = 364 }, { enterprise = "status", in = ["dormant"] }]',
        'all = [{ indicator = "gravity", at_least = 1 }]',
        'all = [{ indicator = "recent", at_least = 1 }, { indicator = "visits", at_most = 1 }]',
        'all = [{ enterprise = "industry_code", begins = ["C"] }, { enterprise = "industry_code", outside = ["C13"] }]',
    ],
)
def test_a_sound_limit_passes(name: str, conditions: str, tmp_path: Path) -> None:
    """What some records bring about and others do not is no fault."""
    assert [] == codes_of(policy_with(tmp_path, name, conditions))


def test_what_a_gate_takes_no_limit_reaches(tmp_path: Path) -> None:
    """A limit for enterprises that are never rated does nothing, and one for all that are left binds everybody."""
    gate = '[[gates]]\nid = "thin"\nlabel = { zh = "无", en = "None" }\nlegal = ["law"]\n'
    gate += 'all = [{ indicator = "visits", at_most = 2 }]\n\n'
    few = 'all = [{ indicator = "visits", at_least = 1, at_most = 2 }]'
    assert ["rule_never"] == codes_of(policy_with(tmp_path, "caps", few, gate))
    rest = 'all = [{ indicator = "visits", at_least = 1 }]'
    assert ["rule_always"] == codes_of(policy_with(tmp_path, "caps", rest, gate))


def test_values_are_those_that_records_make() -> None:
    """Weights leave gaps at first and none later; the ends are where the bounds of the tables put them."""
    indicator = Indicator.model_validate(
        {
            "id": "x",
            "group": "g",
            "direction": "neutral",
            "label": {"zh": "项", "en": "x"},
            "select": {"kind": ["honour"]},
            "aggregate": "weighted_count",
            "window_days": 9,
            "age_weights": [[3, 100], [9, 60]],
            "bins": [{"points": 1}],
        }
    )
    values = known_values(indicator)
    assert (0, 60, 100, 120, None) == (
        *map(values.first_from, (-9, 1, 61, 101)),
        values.first_from(5_000_001),
    )
    assert (100, 5_000_000, None) == (*map(values.last_to, (119, 10**9)), values.last_to(-1))
    assert (20_020, 20_000) == (values.first_from(20_001), values.last_to(20_019))
