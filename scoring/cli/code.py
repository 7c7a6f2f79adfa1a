"""``sise code``: codes issued, printed, listed and verified."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from scoring.administration.credential.code_picture import text_in_picture
from scoring.administration.credential.handing_out import hand_out
from scoring.administration.credential.issuing_office import IssuingOffice
from scoring.administration.credential.list_of_statuses import signed_status_list
from scoring.administration.credential.not_a_code import CodeReason
from scoring.administration.credential.status_list import StatusList, read_status_list
from scoring.administration.credential.verdict import check
from scoring.administration.keys.trust_list import TrustList
from scoring.administration.results.public_waiting import publicly_waiting
from scoring.administration.results.reader import open_results
from scoring.cli.arguments import STORE
from scoring.cli.audit import NOT_SOUND
from scoring.cli.code_print import code_batch, code_render
from scoring.cli.code_report import tell_codes
from scoring.cli.options import (
    Actor,
    EnterpriseId,
    Form,
    Language,
    Store,
    clock,
    language_of,
    out,
    progress_bars,
    tell,
    today,
)
from scoring.cli.show.codes import verdict_as_json, verdict_lines
from scoring.cli.store import store_at
from scoring.cli.trust_memory import remembered_trust_list
from scoring.disk import atomic_file
from scoring.errors import InputError, StoreError, UsageError
from scoring.store.standing.code_issuing import CodeCounts, renew_codes
from scoring.store.tables.database import Database

code_app = typer.Typer(no_args_is_help=True, help="四色码 · Codes: issued, printed, verified")


code_app.command("render")(code_render)
code_app.command("batch")(code_batch)


@code_app.command("issue")
def code_issue(actor: Actor, database: Store = STORE, lang: Language = None) -> None:
    """发码 · Issue what is due now: new codes, those that expire, those by a key that is leaving."""
    results, language = open_results(database), language_of(lang)
    with store_at(database) as store:
        with progress_bars(language) as progress:
            counts = renew_codes(store, results.version, results.as_of, actor, clock, progress)
        tell_codes(store, results.version, counts, language)


@code_app.command("text")
def code_text_of(
    enterprise_id: EnterpriseId, actor: Actor, database: Store = STORE, form: Form = "text"
) -> None:
    """码的文本 · What the QR code of an enterprise holds: with its colour, or opaque, as the deployment says."""
    results = open_results(database)
    granted = results.version.policy.audiences.get("public")
    state = results.public(enterprise_id, today()).state if granted and granted.grounds else None
    with store_at(database) as store:
        handed = hand_out(store, office_of(store), results.version, enterprise_id, actor, clock, state)
    if form == "json":
        out.json({"enterprise_id": enterprise_id, "mode": handed.mode, "text": handed.text})
    else:
        out.out(handed.text)


@code_app.command("status-list")
def code_status_list(
    to: Annotated[Path, typer.Option("--out", help="状态名单文件 · file of the status list")],
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """导出状态名单 · Sign the list of codes that were superseded or revoked, or are under review."""
    waiting = publicly_waiting(open_results(database), today())
    with store_at(database) as store:
        token, statuses = signed_status_list(store, office_of(store), clock, waiting)
    with atomic_file(to) as part:
        part.write_bytes(token)
    numbers = {
        "n": f"{4 * len(statuses.packed):,}",
        "set": f"{statuses.count():,}",
        "bytes": f"{len(token):,}",
    }
    tell(language_of(lang), "status_written", path=to, **numbers)


@code_app.command("verify")
def code_verify(
    what: Annotated[
        str, typer.Argument(metavar="TEXT|IMAGE", help="码的文本，或图片文件 · text of a code, or a picture")
    ],
    trust: Annotated[
        Path | None, typer.Option("--trust", envvar="SISE_TRUST", help="可信名单 · the trust list")
    ] = None,
    root: Annotated[
        str, typer.Option("--root", envvar="SISE_TRUST_KEY", help="根公钥 · public root key, name+id+base64")
    ] = "",
    status: Annotated[Path | None, typer.Option("--status", help="状态名单 · the status list")] = None,
    at: Annotated[
        str, typer.Option("--at", metavar="TIME", help="在何时，缺省现在 · moment, ISO 8601 with its zone")
    ] = "",
    form: Form = "text",
    lang: Language = None,
) -> None:
    """离线核验 · Verify a code offline: exit code 0 if it holds, 6 if it does not."""
    language = language_of(lang)
    if trust is None or not root:
        raise UsageError("trust_missing")
    trusted = remembered_trust_list(trust, root, language)
    moment = _moment(at)
    statuses = _statuses(status, trusted, moment) if status else None
    verdict = check(_text(what), trusted, moment, statuses)
    if form == "json":
        out.json(verdict_as_json(verdict), indent=None)
    else:
        for line in verdict_lines(verdict, language):
            out.sentence(line)
    if verdict.reason is not CodeReason.VALID:
        raise typer.Exit(NOT_SOUND)


def office_of(store: Database) -> IssuingOffice:
    """Who issues codes for a store.

    Raises:
        StoreError: Nobody does.
    """
    if not isinstance(store.codes, IssuingOffice):
        raise StoreError("no_code_office")
    return store.codes


def _text(what: str) -> str:
    """The text that was typed, or that of the code in a picture."""
    if "://" in what or not Path(what).is_file():
        return what
    return text_in_picture(Path(what).read_bytes(), what)


def _moment(text: str) -> int:
    """A moment in POSIX seconds.

    Raises:
        UsageError: It is none, or has no zone.
    """
    if not text:
        return int(clock().timestamp())
    try:
        typed = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError("moment_unreadable", text=text) from None
    if typed.tzinfo is None:
        raise UsageError("moment_unreadable", text=text)
    return int(typed.timestamp())


def _statuses(file: Path, trusted: TrustList, moment: int) -> StatusList:
    """The status list of a file.

    Raises:
        InputError: There is none, or it cannot be used.
    """
    try:
        content = file.read_bytes()
    except OSError:
        raise InputError("status_list_missing", place=str(file)) from None
    return read_status_list(content, trusted, moment, str(file))


__all__ = ["CodeCounts", "code_app"]
