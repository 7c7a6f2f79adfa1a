"""What is to come and what would help, on the terminal."""

from __future__ import annotations

from typing import Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from scoring.cli.show.run import STYLES, cited, heading, indented
from scoring.entities import Explanation, Lang
from scoring.explain.outlook import sentences
from scoring.policy.language.schema import Policy
from scoring.rules.wording import say

MOST_TOGETHER = 5


def early_ends(e: Explanation, policy: Policy, lang: Lang) -> list[RenderableType]:
    """Records that can end before their time, together where conditions and article are the same."""
    groups: dict[tuple[str, Any], list[str]] = {}
    for record, _ in sentences.first_cited(e).values():
        if record.early_end:
            end = sentences.early(record.early_end, e, policy)
            line = f"{sentences.name(record)[lang]} · {end['text'][lang]}"
            groups.setdefault((end["conditions"][lang], end["legal"]), []).append(line)
    parts: list[RenderableType] = [heading(say(lang, "t_early"))] if groups else []
    for (conditions, legal), lines in groups.items():
        more = [say(lang, "and_more", n=len(lines) - MOST_TOGETHER)] if len(lines) > MOST_TOGETHER else []
        parts += [_bullet(Text("\n".join((*lines[:MOST_TOGETHER], *more))))]
        parts += indented([say(lang, "t_conditions", text=conditions), *cited((legal,), lang)], 4)
    return parts


def to_come(e: Explanation, policy: Policy, lang: Lang) -> list[RenderableType]:
    """Until when the grade lasts, and each day on which the result changes: changes of grade always, others as far as there is room."""
    if e.outlook is None:
        return []
    lines = [line[lang] for line in sentences.until(e)]
    missing = sentences.distance(e, policy)
    shown, folded = sentences.foremost(sentences.turns(e, policy))
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for turn in shown:
        table.add_row(Text(turn["on"], "bold" if turn["grade_changes"] else ""), _turn(turn, e, lang))
    parts: list[RenderableType] = [heading(say(lang, "t_to_come", until=e.outlook.until)), *map(Text, lines)]
    parts += [Text(missing[lang])] if missing else []
    parts += [Padding(table, (0, 0, 0, 2))] if shown else []
    return [*parts, *indented([say(lang, "t_more_turns", n=len(folded))] if folded else [], 2)]


def _turn(turn: dict[str, Any], e: Explanation, lang: Lang) -> Text:
    """A change of grade in words and colours, one cause a line; a change of points alone with its causes in one line."""
    joint = {"zh": "；", "en": "; "}[lang]
    causes = [cause["text"][lang] for cause in turn["causes"]]
    text = Text()
    if turn["grade_changes"]:
        for side, arrow in (("before", " → "), ("after", "")):
            colour = next((band.colour for band in e.bands if band.id == turn[side]["band"]), None)
            text.append(f" {turn[side]['grade'][lang]} ", STYLES.get(str(colour), "bold reverse"))
            text.append(arrow)
        text.append(f"  {turn['points'][lang]}" if turn["points"] else "", "bold")
        text.append("".join(f"\n{cause}" for cause in causes))
    else:
        text.append(joint.join([turn["points"][lang], *causes]))
    for prevention in turn["prevention"]:
        text.append("\n" + say(lang, "t_prevents", text=prevention[lang]), "dim")
    return text


def path(e: Explanation, policy: Policy, lang: Lang) -> list[RenderableType]:
    """The steps to a better grade, what they lead to, and what helps in general."""
    told = sentences.path(e, policy)
    parts: list[RenderableType] = []
    if told:
        parts.append(heading(say(lang, "t_path")))
        for n, step in enumerate(told["steps"], start=1):
            parts.append(_bullet(Text(step["text"][lang]), f"{n}."))
            if end := step["early_end"]:
                parts += indented(
                    [say(lang, "t_conditions", text=end["conditions"][lang]), *cited((end["legal"],), lang)],
                    5,
                )
        parts += indented([told["text"][lang]], 2, "bold")
    if e.advice:
        parts.append(heading(say(lang, "t_advice")))
        parts += [_bullet(Text(text[lang])) for text in e.advice]
    return parts


def _bullet(text: Text, mark: str = "·") -> RenderableType:
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(mark, text)
    return Padding(table, (0, 0, 0, 2))
