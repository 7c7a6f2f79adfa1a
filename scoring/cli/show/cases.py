"""Tables of cases."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType

from scoring.administration.casework import case_words
from scoring.administration.casework.case_files import CaseFile
from scoring.cli.show.terminal import Sheet
from scoring.entities import Lang
from scoring.rules.wording import say


def cases_table(files: Sequence[CaseFile], lang: Lang) -> RenderableType:
    """Cases by the end of their period.

    Which, whose, until when, where each stands and who is to act.
    """
    table = Sheet(title=say(lang, "ct_cases"))
    for text_id in ("ct_case", "ct_procedure", "ct_whose", "ct_due", "ct_where", "ct_actor"):
        table.add_column(say(lang, text_id))
    for file in files:
        table.add_row(
            str(file.number),
            file.procedure.label.words[lang],
            file.name or file.opening.enterprise_id,
            file.state.due_on.isoformat(),
            say(lang, "comma").join(
                [
                    case_words.state_words(file)[lang],
                    *(remark[lang] for remark in list(case_words.remarks(file))[:2]),
                ]
            ),
            case_words.who_acts(file)[lang],
        )
    return table
