"""``sise data``, ``sise code``, ``sise serve`` and ``sise demo``: made-up data, code images and pages."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from scoring.administration.credential.face import face_of, page_address
from scoring.administration.credential.render import render_code
from scoring.administration.results.stored_results import StoredResults
from scoring.analysis.synthetic import DistrictPlan, write_district
from scoring.cli import arguments, show
from scoring.cli.db import import_sources, score_db, store_at
from scoring.cli.options import STORE, Language, Port, Store, language_of, out, progress_bars, talk
from scoring.disk import refuse_foreign
from scoring.entities import Explanation, Lang
from scoring.policy.load import load_policy
from scoring.records.map.sources import SourceSpec
from scoring.rules.wording import say
from scoring.store.tables import migrate

data_app = typer.Typer(no_args_is_help=True, help="数据 · Data: generate the synthetic district")
code_app = typer.Typer(no_args_is_help=True, help="四色码 · Code images")

DEMO, DEMO_STORE = "demo", "sise.db"
"""Who acts in the demonstration, and its store."""
BRANCH = "分公司"
EXAMPLES_AMONG = 50


@data_app.command("generate")
def data_generate(
    out_dir: Annotated[Path, typer.Option("--out", help="目录 · folder")],
    enterprises: Annotated[int, typer.Option(help="主体数 · enterprises")] = 20_000,
    records_per: Annotated[int, typer.Option(help="每户记录数 · records per enterprise")] = 10,
    seed: Annotated[int, typer.Option(help="随机种子 · seed")] = 4,
    form: Annotated[Literal["csv", "parquet"], typer.Option("--format", help="csv | parquet")] = "parquet",
    lang: Language = None,
) -> None:
    """生成虚构辖区 · Generate the synthetic district, with its ledger of planted traps."""
    plan = DistrictPlan(enterprises=enterprises, records_per=records_per, seed=seed)
    with progress_bars(language_of(lang)) as progress:
        write_district(plan, out_dir, format=form, progress=progress)
    talk.print(
        say(language_of(lang), "district_written", path=out_dir, enterprises=enterprises, per=records_per),
        soft_wrap=True,
    )


@code_app.command("render")
def code_render(
    enterprise_id: Annotated[str, typer.Argument(metavar="ID")],
    file: Annotated[Path, typer.Option("--out", help="PNG")],
    database: Store = STORE,
    host: Annotated[
        str, typer.Option(help="页面地址前缀 · where the pages are served")
    ] = "http://127.0.0.1:8000",
    lang: Language = None,
) -> None:
    """绘制四色码 · Draw the code image of one enterprise."""
    _write_code(StoredResults(database).explain(enterprise_id, ahead=False), host, file)
    talk.print(say(language_of(lang), "code_written", path=file), soft_wrap=True)
    if arguments.is_loopback(host):
        talk.print(say(language_of(lang), "loopback_host", host=host), soft_wrap=True)


def serve(database: Store = STORE, port: Port = 8000, lang: Language = None) -> None:
    """打开网页 · Serve the pages of the store on 127.0.0.1."""
    _serve(database, port, language_of(lang))


def demo(
    enterprises: Annotated[int, typer.Option(help="主体数 · enterprises")] = 20_000,
    seed: Annotated[int, typer.Option(help="随机种子 · seed")] = 4,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="不打开网页 · do not serve")] = False,
    port: Port = 8000,
    out_dir: Annotated[Path, typer.Option("--out", help="目录 · folder: the store, its codes")] = Path("out"),
    lang: Language = None,
) -> None:
    """演示：生成、评分、解释、亮码 · Generate a district, score it, explain it, show its codes."""
    language = language_of(lang)
    if not no_serve:
        _server().refuse_taken(port)
    plan = DistrictPlan(enterprises=enterprises, seed=seed)
    version = load_policy("quzhou-demo", plan.as_of)
    district = out_dir.with_name(
        f"{out_dir.name}-district"
    )  # beside the result: who wants to can score it again
    arguments.refuse_foreign_district(district)
    with progress_bars(language) as progress:
        write_district(plan, district, progress=progress)
    store = _fresh_store(out_dir)
    import_sources([SourceSpec("canonical", district)], store, DEMO, out_dir / "rejects.csv", language)
    score_db(store, version, plan.as_of, DEMO, language)
    talk.print(say(language, "district_at", path=district), soft_wrap=True)
    host = f"http://127.0.0.1:{port}"
    talk.print(say(language, "one_of_each"))
    for address in _draw_samples(store, out_dir / "codes", host, language):
        out.print(address, soft_wrap=True)
    if no_serve:
        talk.print(say(language, "serve_with", out=shlex.quote(store), port=port), soft_wrap=True)
    else:
        _serve(store, port, language)


def _fresh_store(out_dir: Path) -> str:
    """Address of a new store in the demo's folder, in the place of an older one there; anything else is refused."""
    refuse_foreign(out_dir, DEMO_STORE)
    out_dir.mkdir(parents=True, exist_ok=True)
    address = str(out_dir / DEMO_STORE)
    for suffix in ("", "-wal", "-shm"):
        Path(address + suffix).unlink(missing_ok=True)
    with store_at(address, current=False) as database:
        migrate.create(database)
    return address


def _draw_samples(store: str, codes: Path, host: str, lang: Lang, per_colour: int = 3) -> Iterator[str]:
    """Draws code images for a sample of each colour; yields the address of the first of each."""
    folder = StoredResults(store)
    codes.mkdir(exist_ok=True)
    for colour in (*dict.fromkeys(str(b.colour) for b in folder.version.policy.bands if b.colour), "none"):
        found = folder.find("", colour, limit=EXAMPLES_AMONG)[1]
        companies_first = sorted(found, key=lambda row: BRANCH in (row.name or ""))
        for n, row in enumerate(companies_first[:per_colour]):
            explained = folder.explain(row.enterprise_id, ahead=False)
            _write_code(explained, host, codes / f"{colour}-{row.enterprise_id.replace(':', '_')}.png")
            if n == 0:
                yield f"{show.headline(explained, lang)}  {row.name}  {host}/e/{row.enterprise_id}"


def _write_code(explained: Explanation, host: str, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(render_code(face_of(explained), page_address(host, explained.score.enterprise_id)))


def _serve(store: str, port: int, lang: Lang) -> None:
    _server().serve(
        store, port, ready=lambda address: talk.print(say(lang, "pages_at", address=address), soft_wrap=True)
    )


def _server() -> Any:
    from web import serve as server  # Flask is an extra: only who serves needs it

    return server
