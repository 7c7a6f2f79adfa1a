"""What is to come and what would help, on the terminal."""

from __future__ import annotations

from datetime import date
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from scoring.cli.show.run import STYLES, bullet, cited, heading, indented
from scoring.cli.show.terminal import Prose
from scoring.entities import Explanation, Lang
from scoring.explain.outlook import plan_words, sentences
from scoring.policy.language.schema import Policy
from scoring.rules.wording import say

MOST_TOGETHER = 5
"""Records that are shown under one set of conditions."""


def early_ends(explained: Explanation, lang: Lang) -> list[RenderableType]:
    """Records that can end before their time, together where conditions and article are equal."""
    groups: dict[tuple[str, Any], list[str]] = {}
    for record, _ in sentences.first_cited(explained).values():
        if record.early_end:
            early_end = sentences.early(record.early_end, explained)
            record_line = f"{sentences.name(record)[lang]} · {early_end['text'][lang]}"
            shared = early_end["conditions"][lang], early_end["legal"]
            groups.setdefault(shared, []).append(record_line)
    sections: list[RenderableType] = [heading(say(lang, "t_early"))] if groups else []
    for (conditions, legal), record_lines in groups.items():
        shown = record_lines[:MOST_TOGETHER]
        if len(record_lines) > MOST_TOGETHER:
            shown.append(say(lang, "and_more", n=len(record_lines) - MOST_TOGETHER))
        sections.append(bullet("\n".join(shown)))
        condition_line = say(lang, "t_conditions", text=conditions)
        sections += indented([condition_line, *cited((legal,), lang)], 4)
    return sections


def to_come(explained: Explanation, policy: Policy, lang: Lang, today: date) -> list[RenderableType]:
    """Until when the grade lasts, and each day on which the result changes.

    Changes of grade are always there, others as far as there is room.
    """
    if explained.outlook is None:
        return []
    sections: list[RenderableType] = [heading(say(lang, "t_to_come", until=explained.outlook.until))]
    sections += [Prose(line[lang]) for line in sentences.until(explained, today)]
    if missing := sentences.distance(explained, policy):
        sections.append(Prose(missing[lang]))
    shown, folded = sentences.foremost(sentences.turns(explained, policy))
    for turn in shown:
        day = (f"{turn['on']}  ", "bold" if turn["grade_changes"] else "")
        sections.append(Prose.from_parts(day, _turn(turn, explained, lang), indent=2, hanging=12))
    return [*sections, *indented([say(lang, "t_more_turns", n=len(folded))] if folded else [], 2)]


def _turn(turn: dict[str, Any], explained: Explanation, lang: Lang) -> Text:
    """A change of grade in words and colours, one cause a line; a change of points alone in one line."""
    causes = [cause["text"][lang] for cause in turn["causes"]]
    text = Text()
    if turn["grade_changes"]:
        text.append_text(_grade(turn, "before", explained, lang)).append(" → ")
        text.append_text(_grade(turn, "after", explained, lang))
        text.append(f"  {turn['points'][lang]}" if turn["points"] else "", "bold")
        text.append("".join(f"\n{cause}" for cause in causes))
    else:
        # who is not rated, now for another reason, has no points to name
        outcome = turn["points"] or turn["after"]["grade"]
        text.append(say(lang, "d_semicolon").join([outcome[lang], *causes]))
    for prevention in turn["prevention"]:
        text.append("\n" + say(lang, "t_prevents", text=prevention[lang]), "dim")
    return text


def _grade(turn: dict[str, Any], side: str, explained: Explanation, lang: Lang) -> Text:
    """The grade before or after a turn, in its colour."""
    colour = next((band.colour for band in explained.bands if band.id == turn[side]["band"]), None)
    return Text(f" {turn[side]['grade'][lang]} ", STYLES.get(str(colour), "bold reverse"))


def path(explained: Explanation, policy: Policy, lang: Lang, today: date) -> list[RenderableType]:
    """The steps to a better grade, what they lead to, and what helps in general."""
    plan = plan_words.path(explained, policy, today)
    sections: list[RenderableType] = []
    if plan:
        sections.append(heading(say(lang, "t_path")))
        for number, step in enumerate(plan["steps"], start=1):
            sections.append(bullet(step["text"][lang], f"{number}."))
            if early_end := step["early_end"]:
                conditions = say(lang, "t_conditions", text=early_end["conditions"][lang])
                answer = early_end["answer"][lang]
                sections += indented([conditions, answer, *cited((early_end["legal"],), lang)], 5)
        sections += indented([plan["text"][lang]], 2, "bold")
    if explained.advice:
        sections.append(heading(say(lang, "t_advice")))
        sections += [bullet(text[lang]) for text in explained.advice]
    return sections
