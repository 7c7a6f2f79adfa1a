"""``sise case``: objections, recalculations, reviews by a person, statements, re-checks, matters; one way for all."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Any

import typer

from scoring.administration.casework import case_words
from scoring.administration.casework.case_files import CaseFile, CaseFilters, case, open_cases
from scoring.administration.casework.daily import run_daily_casework
from scoring.administration.casework.filing import Taken
from scoring.administration.casework.further_steps import FurtherStep, take_step
from scoring.administration.casework.letter_paper import letter_pdf
from scoring.administration.casework.opening import NewCase, open_case
from scoring.administration.casework.parties import Presence
from scoring.administration.casework.window_receipt import receipt_pdf
from scoring.cli import arguments
from scoring.cli.arguments import STORE
from scoring.cli.options import (
    Actor,
    AsOf,
    Document,
    EnterpriseId,
    Form,
    Ground,
    Language,
    OfAuthority,
    Policy,
    Store,
    clock,
    day_of,
    language_of,
    out,
    tell,
)
from scoring.cli.record import Columns, pairs_of
from scoring.cli.show import outcome
from scoring.cli.show.cases import cases_table
from scoring.cli.store import Entry, policy_for, store_at
from scoring.disk import atomic_file
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import say

case_app = typer.Typer(
    no_args_is_help=True, help="办理事项 · Cases: what is contested, asked for and answered"
)

CaseNumber = Annotated[int, typer.Argument(metavar="CASE", help="事项编号 · number of the case")]
Record = Annotated[str | None, typer.Option("--record", help="记录编号 · id of the record")]
AtWindow = Annotated[
    str | None,
    typer.Option("--at-window", metavar="NAME", help="窗口代办：来人 · at the window: who came"),
]
Seen = Annotated[
    list[str] | None,
    typer.Option(
        "--seen",
        help="查验的证件，可多次：identity_card, business_licence, letter_of_authority, other_document · what was seen; repeatable",
    ),
]
Paper = Annotated[
    Path | None,
    typer.Option(
        "--paper",
        exists=True,
        dir_okay=False,
        help="扫描件，只记名称和摘要 · the scanned paper; its name and digest are kept",
    ),
]
Reason = Annotated[
    str | None,
    typer.Option(
        "--reason", help="异议理由：not_ours, wrong, undone, over, twice, class · ground of an objection"
    ),
]
Result = Annotated[
    int | None,
    typer.Option(
        "--result",
        help="评价编号，缺省为现行或拟调整的 · number of the result, by default the present one",
    ),
]
Matter = Annotated[
    str | None,
    typer.Option("--matter", help="要并入的事项，分案写 - · the matter to join, - to be parted"),
]
OutPdf = Annotated[Path, typer.Option("--out", dir_okay=False, help="PDF 文件 · the PDF file")]


@case_app.command("open")
def case_open(
    procedure: Annotated[
        str,
        typer.Argument(
            metavar="PROCEDURE",
            help="程序：objection, recalculation, person_review, statement, recheck, matter_request · the procedure",
        ),
    ],
    enterprise_id: EnterpriseId,
    ground: Ground,
    actor: Actor,
    record: Record = None,
    reason: Reason = None,
    result: Result = None,
    matter: Matter = None,
    document: Document = None,
    at_window: AtWindow = None,
    seen: Seen = None,
    paper: Paper = None,
    policy: Policy = "quzhou-demo",
    as_of: AsOf = "",
    form: Form = "text",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """提出 · Open a case; an objection has its record disputed at once."""
    entry = Entry(database, actor, policy, day_of(as_of), form, lang)
    presence = _presence(at_window, seen, paper)
    opening = NewCase(
        procedure=procedure,
        enterprise_id=enterprise_id,
        ground=ground,
        reason=reason,
        record_id=record,
        assessment=result,
        document=document,
        matter=matter,
        by="window" if at_window else "officer",
        presence=presence,
    )
    with store_at(database) as store:
        version = policy_for(store, policy, entry.day)
        taken = open_case(store, version, opening, actor, clock, entry.day)
        with store.read() as connection:
            file = case(connection, taken.number, day_of(""))
    filed = say(language_of(lang), "case_filed", title=case_words.title(file))
    _tell(filed, taken, file, version, entry)


def _tell(filed: str, taken: Taken, file: CaseFile, version: ResolvedPolicy, entry: Entry) -> None:
    """Prints what was filed, how the case stands and which colours follow."""
    if entry.form == "json":
        out.json({"step": taken.number, **case_words.described(file)})
        return
    language = language_of(entry.lang)
    out.sentence(filed)
    for line in (case_words.state_words(file), *case_words.remarks(file)):
        out.sentence(line[language])
    for change in taken.recorded.changed if taken.recorded else ():
        out.sentence(outcome.changed(change, version.policy, language))


def _presence(person: str | None, seen: list[str] | None, paper: Path | None) -> Presence | None:
    """Who came to the window, with the digest of the scanned paper."""
    if person is None:
        return Presence("", tuple(seen or ())) if seen or paper else None
    digest = hashlib.sha256(paper.read_bytes()).hexdigest() if paper else None
    return Presence(person, tuple(seen or ()), paper.name if paper else None, digest)


def _take(step: FurtherStep, entry: Entry) -> None:
    """Takes a step about a case and prints how the case stands."""
    with store_at(entry.address) as store:
        version = policy_for(store, entry.policy, entry.day)
        taken = take_step(store, version, step, entry.actor, clock, entry.day)
        with store.read() as connection:
            file = case(connection, step.case, day_of(""))
    language = language_of(entry.lang)
    what = say(language, f"step_is_{step.kind}")
    filed = say(language, "case_step_filed", title=case_words.title(file), what=what, number=taken.number)
    _tell(filed, taken, file, version, entry)


@case_app.command("answer")
def case_answer(
    number: CaseNumber,
    ending: Annotated[
        str,
        typer.Option("--outcome", help="结果，见 sise case show · how it ends; case show lists them"),
    ],
    ground: Ground,
    actor: Actor,
    columns: Columns = None,
    record: Record = None,
    document: Document = None,
    authority: OfAuthority = None,
    policy: Policy = "quzhou-demo",
    as_of: AsOf = "",
    form: Form = "text",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """答复 · Answer a case; COLUMN=VALUE of a correction or of the visit that looked again."""
    step = FurtherStep("answer", number, ground, document, ending, pairs_of(columns), record, authority)
    _take(step, Entry(database, actor, policy, day_of(as_of), form, lang))


@case_app.command("drop")
def case_drop(
    number: CaseNumber,
    ground: Ground,
    actor: Actor,
    at_window: AtWindow = None,
    seen: Seen = None,
    paper: Paper = None,
    policy: Policy = "quzhou-demo",
    as_of: AsOf = "",
    form: Form = "text",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """撤回 · Drop a case: whoever opened it takes it back, a firm at the window."""
    by = "window" if at_window else "officer"
    presence = _presence(at_window, seen, paper)
    step = FurtherStep("dropped", number, ground, by=by, presence=presence)  # type: ignore[arg-type]
    _take(step, Entry(database, actor, policy, day_of(as_of), form, lang))


def _add_step(name: str, kind: str, what: str) -> None:
    """Adds the command of a step that says why and by which document."""

    def step(
        number: CaseNumber,
        ground: Ground,
        actor: Actor,
        document: Document = None,
        authority: OfAuthority = None,
        policy: Policy = "quzhou-demo",
        as_of: AsOf = "",
        form: Form = "text",
        database: Store = STORE,
        lang: Language = None,
    ) -> None:
        """Puts the step on file."""
        taken = FurtherStep(kind, number, ground, document, office=authority)
        _take(taken, Entry(database, actor, policy, day_of(as_of), form, lang))

    case_app.command(name, help=what)(step)


_add_step("accept", "accepted", "受理 · Accept a case, where its procedure has it accepted first.")
_add_step("extend", "extended", "延长期限 · Put the period off once, where the procedure allows it.")
_add_step(
    "send",
    "sent",
    "发函 · Say that the record's authority was written to: --document is the letter or the platform's receipt number.",
)


@case_app.command("list")
def case_list(
    kind: Annotated[str | None, typer.Option("--procedure", help="程序 · one procedure")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="只列逾期的 · only the overdue ones")] = False,
    closed: Annotated[bool, typer.Option("--closed", help="也列已办结的 · the closed ones too")] = False,
    enterprise: Annotated[
        str | None,
        typer.Option("--enterprise", metavar="ID", help="某一主体的 · of one enterprise"),
    ] = None,
    form: Form = "text",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """待办事项 · Open cases by the end of their period, the longest overdue first."""
    filters = CaseFilters(
        kinds=[kind] if kind else None,
        enterprise_ids=[enterprise] if enterprise else None,
        overdue=overdue,
        closed=closed,
    )
    with store_at(database) as store, store.read() as connection:
        files = open_cases(connection, filters, day_of(""))
    language = language_of(lang)
    if form == "json":
        out.json([case_words.described(file) for file in files])
    elif files:
        out.show(cases_table(files, language))
    else:
        tell(language, "case_none")


@case_app.command("show")
def case_show(
    number: CaseNumber, form: Form = "text", database: Store = STORE, lang: Language = None
) -> None:
    """一件事项 · One case: where it stands, who is to act, its steps and how it may end."""
    with store_at(database) as store, store.read() as connection:
        file = case(connection, number, day_of(""))
    if form == "json":
        out.json(case_words.described(file))
        return
    language = language_of(lang)
    who = outcome.who(file.opening.enterprise_id, file.name, language)
    lines: list[dict[str, Any]] = [
        case_words.title(file),
        {language: who},
        case_words.state_words(file),
        case_words.who_acts(file),
        *case_words.remarks(file),
        file.procedure.basis.words,
        case_words.party_words(file.opening),
        *case_words.step_lines(file),
    ]
    for line in lines:
        out.sentence(line[language])
    for possible in file.procedure.outcomes if file.state.is_open else ():
        out.sentence(say(language, "coded", label=possible.label.words, code=possible.id))


@case_app.command("receipt")
def case_receipt(number: CaseNumber, file: OutPdf, database: Store = STORE, lang: Language = None) -> None:
    """收件回执 · Print the receipt of what was entered at the window."""
    _write(file, database, lang, number, receipt=True)


@case_app.command("letter")
def case_letter(number: CaseNumber, file: OutPdf, database: Store = STORE, lang: Language = None) -> None:
    """异议函 · Print the letter to the authority of the record."""
    _write(file, database, lang, number, receipt=False)


def _write(file: Path, database: str, lang: str | None, number: int, *, receipt: bool) -> None:
    arguments.refuse_unusable(file)
    language = language_of(lang)
    with store_at(database) as store, store.read() as connection:
        known = case(connection, number, day_of(""))
        pdf = (receipt_pdf if receipt else letter_pdf)(connection, known, language)
    with atomic_file(file) as unfinished:
        unfinished.write_bytes(pdf)
    tell(language, "case_paper_written", file=file)


@case_app.command("day")
def case_day(
    actor: Actor,
    policy: Policy = "quzhou-demo",
    as_of: AsOf = "",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """逾期催办 · Report what is overdue, and close what a re-check on record has answered; db score does it too."""
    with store_at(database) as store:
        version = policy_for(store, policy, day_of(as_of))
        done = run_daily_casework(store, version, actor, clock)
    tell(language_of(lang), "case_day", escalated=len(done.escalated), closed=len(done.closed))
