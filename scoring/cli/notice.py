"""``sise notice``: what is to be served on enterprises, and that it was."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from scoring.administration.casework.further_steps import take_step
from scoring.administration.casework.notice_paper import notice_pdf
from scoring.administration.casework.service_receipts import serve_receipts
from scoring.administration.results.notice_file import write_notices
from scoring.cli import arguments
from scoring.cli.arguments import STORE
from scoring.cli.options import (
    Actor,
    AsOf,
    Document,
    EnterpriseId,
    Language,
    Policy,
    Store,
    clock,
    day_of,
    language_of,
    tell,
)
from scoring.cli.store import policy_for, store_at
from scoring.disk import atomic_file
from scoring.store.standing.case_steps import NewStep

notice_app = typer.Typer(no_args_is_help=True, help="告知 · Notices of proposed worse colours")

How = Literal["handed_over", "account", "post", "announcement", "refused"]


@notice_app.command("export")
def notice_export(
    file: Annotated[Path, typer.Option("--out", dir_okay=False, help="CSV 文件 · the CSV file")],
    policy: Policy = "quzhou-demo",
    as_of: AsOf = "",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """导出待送达 · Write the notices that nobody was served yet, for the gateway that sends them."""
    arguments.refuse_unusable(file)
    language = language_of(lang)
    day = day_of(as_of)
    with store_at(database) as store:
        version = policy_for(store, policy, day)
        count = write_notices(store, version, day, file, language)
    tell(language, "notices_written", n=f"{count:,}", file=file)


@notice_app.command("print")
def notice_print(
    enterprise_id: EnterpriseId,
    file: Annotated[Path, typer.Option("--out", dir_okay=False, help="PDF 文件 · the PDF file")],
    policy: Policy = "quzhou-demo",
    as_of: AsOf = "",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """打印告知书 · Print the notice of one proposal: a page to hand over, post or put up."""
    arguments.refuse_unusable(file)
    language, day = language_of(lang), day_of(as_of)
    with store_at(database) as store:
        version = policy_for(store, policy, day)
        pdf = notice_pdf(store, version, enterprise_id, day, language)
    with atomic_file(file) as unfinished:
        unfinished.write_bytes(pdf)
    tell(language, "case_paper_written", file=file)


@notice_app.command("served")
def notice_served(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="回执 CSV：enterprise_id, proposal, how, served_on, proof · receipts, with these columns",
        ),
    ],
    actor: Actor,
    policy: Policy = "quzhou-demo",
    as_of: AsOf = "",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """登记回执 · Take the receipts of a gateway: all rows of the file, or none."""
    with store_at(database) as store:
        version = policy_for(store, policy, day_of(as_of))
        count = serve_receipts(store, version, file, actor, clock)
    tell(language_of(lang), "receipts_taken", n=f"{count:,}", file=file)


@notice_app.command("serve")
def notice_serve(
    enterprise_id: EnterpriseId,
    how: Annotated[How, typer.Option("--how", help="送达方式 · how it was served")],
    proof: Annotated[str, typer.Option("--proof", help="凭证，如回证编号 · what proves it")],
    actor: Actor,
    on: Annotated[str, typer.Option("--on", help="送达日，缺省今天 · day of service, by default today")] = "",
    witness: Annotated[
        str | None,
        typer.Option("--witness", help="拒收时的另一名人员 · second officer, where it was refused"),
    ] = None,
    document: Document = None,
    policy: Policy = "quzhou-demo",
    as_of: AsOf = "",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """登记送达 · Say that one notice was served; its period begins the day after."""
    day = day_of(as_of)
    step = NewStep("served", enterprise_id, proof, document, on=day_of(on), how=how, witness=witness)
    with store_at(database) as store:
        version = policy_for(store, policy, day)
        number = take_step(store, version, step, actor, clock, day).number
    tell(language_of(lang), "notice_served", n=number, who=enterprise_id, on=step.on)
