"""``sise code render`` and ``sise code batch``: codes as stickers and notices."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, cast

import typer

from scoring.administration.credential import Face, face_of, page_address, public_face
from scoring.administration.credential.batch_plan import SheetOrder, SheetPlanner, StatesOf
from scoring.administration.credential.batch_work import SheetBatch
from scoring.administration.credential.handing_out import HandedOut, hand_out, plate
from scoring.administration.credential.issuing_office import IssuingOffice
from scoring.administration.credential.render import MIMETYPES, PrintForm, SheetKind, draw_sheet, sheet_of
from scoring.administration.results.current import CurrentResults
from scoring.administration.results.reader import open_results
from scoring.cli import arguments
from scoring.cli.arguments import STORE
from scoring.cli.options import (
    Actor,
    Language,
    Store,
    clock,
    day_of,
    language_of,
    progress_bars,
    tell,
    today,
)
from scoring.cli.store import store_at
from scoring.entities import Lang
from scoring.errors import StoreError, UsageError
from scoring.explain.public_result import PublicResult, PublicState
from scoring.store.facts.public_ids import public_id_of
from scoring.store.tables.database import Database

Sheets = Annotated[
    Literal["sticker", "notice"],
    typer.Option(
        "--sheet", help="sticker 贴纸，宽 70 毫米；notice A4 公示页 · a 70 mm sticker, or an A4 notice"
    ),
]
ASKED_AT_ONCE = 40
"""Enterprises of whom one process finds out what the public sees."""


def code_render(
    enterprise_id: Annotated[str, typer.Argument(metavar="ID")],
    file: Annotated[Path, typer.Option("--out", help="PNG, SVG, PDF")],
    actor: Actor,
    database: Store = STORE,
    sheet: Sheets = "sticker",
    host: Annotated[
        str,
        typer.Option(help="未设发码时页面地址前缀 · where the pages are served, where no codes are issued"),
    ] = "http://127.0.0.1:8000",
    lang: Language = None,
) -> None:
    """绘制四色码：贴纸或 A4 公示页 · Draw the code of one enterprise: a sticker or an A4 notice."""
    language, form = language_of(lang), file.suffix.lower().lstrip(".")
    if form not in MIMETYPES:
        raise UsageError("code_form_unknown", form=form or file.name, known=list(MIMETYPES))
    with store_at(database) as store:
        is_signed = write_code(
            open_results(database), store, enterprise_id, file, actor, host=host, kind=sheet, lang=language
        )
    tell(language, "code_written", path=file)
    if not is_signed and arguments.is_loopback(host):
        tell(language, "loopback_host", host=host)


def code_batch(
    actor: Actor,
    out_dir: Annotated[Path | None, typer.Option("--out", help="文件夹 · folder")] = None,
    archive: Annotated[Path | None, typer.Option("--zip", help="ZIP 文件 · ZIP file")] = None,
    since: Annotated[
        str,
        typer.Option(
            "--changed-since", metavar="DAY", help="此日起签发的，缺省全部 · issued on this day or later; all"
        ),
    ] = "",
    sheet: Sheets = "sticker",
    form: Annotated[
        Literal["png", "svg", "pdf"], typer.Option("--format", help="文件格式 · form of the files")
    ] = "png",
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """成批绘制；中断后再次运行即继续 · Draw many codes; run it again after an interruption, and it goes on."""
    language, target = language_of(lang), out_dir or archive
    if target is None or (out_dir and archive):
        raise UsageError("batch_without_out")
    order = SheetOrder(day_of(since) if since else None, sheet, form)
    batch = SheetBatch(target, order, is_archive=archive is not None)
    results = open_results(database)
    with store_at(database) as store, progress_bars(language) as progress:
        planner = SheetPlanner(
            store,
            _office_of(store),
            results.version,
            results.as_of,
            results.fictitious,
            _states(results, database),
        )
        goes_on = batch.prepare(planner.sheets(order, actor, clock))
        if goes_on:
            tell(language, "batch_goes_on", path=batch.work)
        count = batch.draw(progress)
    tell(language, "batch_written", n=f"{count:,}", path=target)


def _states(results: CurrentResults, address: str) -> StatesOf | None:
    """Finds out what the public sees of many, by all processors; ``None``: nothing is to be found out."""
    granted = results.version.policy.audiences.get("public")
    if granted is None or not granted.grounds:
        return None
    day = today()

    def states_of(ids: Sequence[str]) -> list[PublicState]:
        some = [ids[start : start + ASKED_AT_ONCE] for start in range(0, len(ids), ASKED_AT_ONCE)]
        # Each is assessed anew from its records, which takes a fifth of a second.
        with ProcessPoolExecutor(os.cpu_count()) as pool:
            answers = pool.map(states_in, [address] * len(some), some, [day] * len(some))
            return [state for answer in answers for state in answer]

    return states_of


def states_in(address: str, ids: Sequence[str], day: date) -> list[PublicState]:
    """What the public sees of some enterprises of a store on a day."""
    results = open_results(address)
    return [results.public(enterprise_id, day).state for enterprise_id in ids]


def _office_of(store: Database) -> IssuingOffice:
    """Who issues codes for a store.

    Raises:
        StoreError: Nobody does.
    """
    if not isinstance(store.codes, IssuingOffice):
        raise StoreError("no_code_office")
    return store.codes


def write_code(
    results: CurrentResults,
    store: Database,
    enterprise_id: str,
    file: Path,
    actor: str,
    *,
    host: str,
    kind: SheetKind = "sticker",
    lang: Lang = "zh",
    or_plate: bool = False,
) -> bool:
    """Draws the code of an enterprise into a file, and tells of characters that have no shape.

    A code hangs where everybody reads it: it says what the public sees. Where nobody issues codes it holds the
    address of the enterprise's public page.

    Args:
        results: The results of the store.
        store: The store.
        enterprise_id: The enterprise.
        file: The file; its suffix says the form.
        actor: Who prints.
        host: Where the pages are served.
        kind: Which sheet.
        lang: The language of what is told.
        or_plate: Whether a plate is drawn of who has no colour, or none that everybody may see.

    Returns:
        Whether the code is a signed or random one.
    """
    granted = results.version.policy.audiences.get("public")
    shown = results.public(enterprise_id, today()) if granted and granted.grounds else None
    is_issued = isinstance(store.codes, IssuingOffice)
    if is_issued:
        handed = _handed(results, store, enterprise_id, actor, shown, or_plate=or_plate)
        name, as_of = results.score(enterprise_id).name, results.as_of
        face = handed.face(name, enterprise_id, results.version, as_of=as_of, fictitious=results.fictitious)
        drawn = sheet_of(face, handed.text, kind)
    else:
        drawn = sheet_of(*_plain(results, enterprise_id, shown, host), kind)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(draw_sheet(drawn, cast(PrintForm, file.suffix.lower().lstrip("."))))
    if drawn.unprintable:
        tell(lang, "name_without_shape", characters=list(drawn.unprintable), name=drawn.title)
    return is_issued


def _handed(
    results: CurrentResults,
    store: Database,
    enterprise_id: str,
    actor: str,
    shown: PublicResult | None,
    *,
    or_plate: bool,
) -> HandedOut:
    """The code that may hang, or a plate."""
    office, state = _office_of(store), shown.state if shown else None
    try:
        return hand_out(store, office, results.version, enterprise_id, actor, clock, state)
    except StoreError:
        if not or_plate:
            raise
        return plate(store, office, enterprise_id, actor, clock)


def _plain(
    results: CurrentResults, enterprise_id: str, shown: PublicResult | None, host: str
) -> tuple[Face, str]:
    """What a card says that holds the address of the public's page."""
    with results.read() as connection:
        text = page_address(host, public_id_of(connection, enterprise_id) or "")
    if shown is None:
        # Of an explanation a code shows the colour alone: what is to come need not be computed.
        return face_of(results.explain(enterprise_id, ahead=False)), text
    score, said = results.score(enterprise_id), {"as_of": results.as_of}
    return public_face(score, shown, results.version, **said, fictitious=results.fictitious), text
