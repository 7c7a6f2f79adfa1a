"""How citations and points are told: the article or that it is to be checked, the role, whose choice points are."""

from __future__ import annotations

from datetime import date

import pytest
from outlooks import VERSION, explanation

from scoring.cli import show
from scoring.cli.show.run import cited
from scoring.cli.show.terminal import Terminal
from scoring.entities import Citation, Lang
from scoring.explain.present import as_dict
from scoring.explain.words.grounds import points_notice
from scoring.policy.load import load_policy


def citation(article: str | None, tag: str = "found", role: str | None = "fact") -> Citation:
    """A citation of an order."""
    return Citation("c", "某令第1号", article, "某办法", date(2020, 1, 1), None, tag, role)


@pytest.mark.parametrize(
    ("given", "lang", "line"),
    [
        (citation("第三条"), "zh", "§ 某令第1号 第三条（事实依据）"),
        (citation(None, role="use"), "zh", "§ 某令第1号 条文待核对（使用依据）"),
        (citation(None, role="use"), "en", "§ 某令第1号 article to be checked (ground of the use)"),
        (citation("第三条", "recalled"), "en", "§ 某令第1号 第三条 (ground of the fact)"),
        (
            citation("二（三）14", "not_law", "use"),
            "en",
            "§ 某令第1号 二（三）14 (ground of the use) [not law]",
        ),
        (citation(None, "not_law", "use"), "zh", "§ 某令第1号（使用依据） [非法律规定]"),
        (citation("第三条", role=None), "zh", "§ 某令第1号 第三条"),
    ],
)
def test_a_citation_in_a_line(given: Citation, lang: Lang, line: str) -> None:
    """A line has article or "to be checked" and role; that it was recalled is nobody's who is rated."""
    assert [line] == cited([given], lang)


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("quzhou-demo@2026-04-01", "Points are this rule's own choice, not set by law."),
        ("food-demo", "Points are this rule's own choice, not set by law."),
        ("food-risk-2016", "Points are those of Measures on Food Risk Grading (Trial)."),
        ("uk-fhrs", "Points are those of Food Hygiene Rating Scheme."),
    ],
)
def test_whose_choice_points_are(policy: str, words: str) -> None:
    """Points are the policy's own choice, but where it only says somebody else's scheme."""
    assert words == points_notice(load_policy(policy, None))["en"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_terminal_and_json_say_it_beside_the_points(lang: Lang) -> None:
    """The line stands under the table of points, and in the JSON of an explanation."""
    words = points_notice(VERSION)[lang]
    terminal = Terminal()
    with terminal.capture() as capture:
        terminal.show(show.explanation(explanation(), VERSION, lang, officer=False))
    assert words in capture.get().replace("\n", " ")
    assert words == as_dict(explanation(), VERSION)["points_note"][lang]
