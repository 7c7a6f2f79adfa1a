"""The command line: the only place that prints. stdout is data, stderr is talk.

Exit codes: 0 done, 1 unexpected, 2 usage, 3 policy or model invalid, 4 input or environment refused, 5 rejections under
``--strict``, 130 interrupted.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from scoring import arguments, terminal
from scoring.assess import Assessor
from scoring.batch import BatchOptions, score_sources
from scoring.credential.face import face_of, page_address
from scoring.credential.render import render_code
from scoring.engine.duckdb import Clustered, DuckEngine
from scoring.entities import Explanation, Lang
from scoring.errors import SiseError
from scoring.explain.build import explain as build_explanation
from scoring.explain.present import as_dict
from scoring.explain.wording import say
from scoring.folder import ResultFolder
from scoring.policy.load import PolicyVersion, list_policies, load_policy
from scoring.records.intake import read_sources
from scoring.records.sources import SourceSpec
from scoring.synthetic import DistrictPlan, write_district

HELP = """四色评价 · Four-colour scoring

退出码 · Exit codes: 0 完成 done, 1 意外 unexpected, 2 用法 usage, 3 规则无效 policy invalid, 4 输入或环境不可用 input or environment
refused, 5 --strict 时有拒绝的行 rows rejected under --strict, 130 中断 interrupted.

语言 · Language: --lang, SISE_LANG, LC_ALL, LC_MESSAGES, LANG.
"""

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=HELP)
policy_app = typer.Typer(no_args_is_help=True, help="评价规则 · Policies: list, check, show")
data_app = typer.Typer(no_args_is_help=True, help="数据 · Data: generate the synthetic district")
code_app = typer.Typer(no_args_is_help=True, help="四色码 · Code images")
app.add_typer(policy_app, name="policy")
app.add_typer(data_app, name="data")
app.add_typer(code_app, name="code")

out = Console(highlight=False, markup=False, emoji=False)
talk = Console(stderr=True, highlight=False, markup=False, emoji=False)

BRANCH = "分公司"
EXAMPLES_AMONG = 50



def _speak(lang: str | None) -> str | None:
    """Every sentence of this run, refusals too, is in the language asked for."""
    if lang:
        os.environ["SISE_LANG"] = lang
    return lang


Sources = Annotated[list[str] | None, typer.Option("--source", help="映射:路径 · MAP:PATH, e.g. canonical:data/sample; repeatable")]
Policy = Annotated[str, typer.Option("--policy", help="规则[@版本]或文件 · policy id[@VERSION] or a .toml")]
PolicyOrNone = Annotated[str | None, typer.Option("--policy", help="规则[@版本]或文件 · policy id[@VERSION] or a .toml, with --source")]
AsOf = Annotated[str, typer.Option("--as-of", help="评价日期 · day of assessment, YYYY-MM-DD")]
Results = Annotated[Path, typer.Option("--results", help="结果目录 · result folder")]
Language = Annotated[
    Literal["zh", "en"] | None,
    typer.Option("--lang", is_eager=True, callback=_speak, help="语言，也可用 SISE_LANG · language, also by SISE_LANG"),
]
Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="端口 · port on 127.0.0.1")]


def main() -> None:
    """Entry point: an error that a person can mend is one sentence on stderr and its exit code."""
    try:
        app(prog_name="sise")
    except SiseError as error:
        _refuse(error)
    except OSError as error:
        _refuse(arguments.environment_refusal(error))
    except RuntimeError as error:
        if not isinstance(error.__cause__, KeyboardInterrupt):      # so DuckDB says that Ctrl-C broke off a query
            raise
        sys.exit(130)


def _refuse(error: SiseError) -> NoReturn:
    talk.print(f"sise: {error.text(_lang(None))}", style="bold red", soft_wrap=True)
    sys.exit(error.exit_code)


@app.command()
def score(
    source: Sources = None,
    policy: Policy = "quzhou-demo",
    as_of: AsOf = "",
    out_dir: Annotated[Path, typer.Option("--out", help="结果目录 · result folder")] = Path("out"),
    prior: Annotated[Path | None, typer.Option(help="现行等级 · bands in effect: CSV or Parquet with enterprise_id, band")] = None,
    strict: Annotated[bool, typer.Option(help="有拒绝行时退出码为 5 · exit 5 when rows were rejected")] = False,
    engine: Annotated[Literal["duckdb", "spark"], typer.Option(help="计算引擎 · engine")] = "duckdb",
    remote: Annotated[str | None, typer.Option(help="Spark Connect 地址 · address, e.g. sc://host:15002")] = None,
    threads: Annotated[int, typer.Option(min=1, max=64, help="线程数 · threads")] = 2,
    lang: Language = None,
) -> None:
    """批量评分 · Score sources into a result folder."""
    version = load_policy(policy, _day(as_of))
    address = arguments.reachable(engine, remote)
    with _progress(_lang(lang)) as tell:
        options = BatchOptions(engine=engine, remote=address, threads=threads, prior=prior, progress=tell)
        run = score_sources(arguments.specs(source), version, _day(as_of), out_dir, options)
    _summary(run, version, out_dir, _lang(lang))
    if strict and any(counts["rejected"] for counts in run["sources"].values()):
        raise typer.Exit(5)


@app.command()
def explain(
    enterprise_id: Annotated[str, typer.Argument(metavar="ID", help="统一社会信用代码 · 18-character code, or scheme:local-id")],
    results: Annotated[Path | None, typer.Option("--results", help="结果目录 · result folder")] = None,
    source: Sources = None,
    policy: PolicyOrNone = None,
    as_of: AsOf = "",
    form: Annotated[Literal["json", "text"], typer.Option("--format", help="json | text")] = "text",
    audience: Annotated[Literal["enterprise", "officer"], typer.Option(help="officer: 含不计的记录 · with the uncounted")] = "enterprise",
    lang: Language = None,
) -> None:
    """解释一户的颜色 · Explain one enterprise: every point with its records and articles."""
    arguments.one_origin(results, source, policy, as_of)
    if results:
        folder = ResultFolder(results)
        explained, version = folder.explain(enterprise_id), folder.version
    else:
        version = load_policy(policy or "quzhou-demo", _day(as_of))
        explained = _explain_sources(enterprise_id, arguments.specs(source), version, _day(as_of), _lang(lang))
    officer = audience == "officer"
    if form == "json":
        out.out(json.dumps(as_dict(explained, officer=officer), ensure_ascii=False, indent=2))
    else:
        out.print(terminal.explanation(explained, version, _lang(lang), officer=officer))


@policy_app.command("list")
def policy_list(lang: Language = None) -> None:
    """列出评价规则 · List the shipped policies."""
    out.print(terminal.policy_table(list_policies(), _lang(lang)))


@policy_app.command("check")
def policy_check(
    ref: Annotated[str | None, typer.Argument(metavar="[ID|FILE]", help="缺省检查全部 · all when omitted")] = None, lang: Language = None
) -> None:
    """检查形式与含义 · Check form and meaning: file, line and a sentence for each finding."""
    language, findings = _lang(lang), arguments.findings(ref)
    for finding in findings:
        out.print(f"{say(language, f'f_{finding.severity}')}: {finding.text(language)}", soft_wrap=True)
    if any(f.severity == "error" for f in findings):
        raise typer.Exit(3)
    talk.print(say(language, "only_warnings", n=len(findings)) if findings else say(language, "no_findings"))


@policy_app.command("show")
def policy_show(ref: Annotated[str, typer.Argument(metavar="ID[@VERSION]")]) -> None:
    """显示规则全文 · Show the rule book itself, with its hash and status."""
    version = load_policy(ref, None)
    talk.print(f"{version.policy.id}@{version.policy.version}  {version.status}  sha256 {version.sha256}")
    out.out(version.text, end="")


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
    with _progress(_lang(lang)) as tell:
        write_district(plan, out_dir, format=form, progress=tell)
    talk.print(say(_lang(lang), "district_written", path=out_dir, enterprises=enterprises, per=records_per), soft_wrap=True)


@code_app.command("render")
def code_render(
    enterprise_id: Annotated[str, typer.Argument(metavar="ID")],
    results: Results,
    file: Annotated[Path, typer.Option("--out", help="PNG")],
    host: Annotated[str, typer.Option(help="页面地址前缀 · where the pages are served")] = "http://127.0.0.1:8000",
    lang: Language = None,
) -> None:
    """绘制四色码 · Draw the code image of one enterprise."""
    _write_code(ResultFolder(results).explain(enterprise_id), host, file)
    talk.print(say(_lang(lang), "code_written", path=file), soft_wrap=True)
    if arguments.is_loopback(host):
        talk.print(say(_lang(lang), "loopback_host", host=host), soft_wrap=True)


@app.command()
def serve(results: Results, port: Port = 8000, lang: Language = None) -> None:
    """打开网页 · Serve the pages of a result folder on 127.0.0.1."""
    _serve(results, port, _lang(lang))


@app.command()
def demo(
    enterprises: Annotated[int, typer.Option(help="主体数 · enterprises")] = 20_000,
    seed: Annotated[int, typer.Option(help="随机种子 · seed")] = 4,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="不打开网页 · do not serve")] = False,
    port: Port = 8000,
    out_dir: Annotated[Path, typer.Option("--out", help="结果目录 · result folder")] = Path("out"),
    lang: Language = None,
) -> None:
    """演示：生成、评分、解释、亮码 · Generate a district, score it, explain it, show its codes."""
    language = _lang(lang)
    if not no_serve:
        _server().refuse_taken(port)
    plan = DistrictPlan(enterprises=enterprises, seed=seed)
    version = load_policy("quzhou-demo", plan.as_of)
    district = out_dir.with_name(f"{out_dir.name}-district")     # beside the result: who wants to can score it again
    arguments.refuse_foreign_district(district)
    with _progress(language) as tell:
        write_district(plan, district, progress=tell)
        run = score_sources([SourceSpec("canonical", district)], version, plan.as_of, out_dir, BatchOptions(progress=tell))
    _summary(run, version, out_dir, language)
    talk.print(say(language, "district_at", path=district), soft_wrap=True)
    host = f"http://127.0.0.1:{port}"
    talk.print(say(language, "one_of_each"))
    for address in _draw_samples(out_dir, host, language):
        out.print(address, soft_wrap=True)
    if no_serve:
        talk.print(say(language, "serve_with", out=shlex.quote(str(out_dir)), port=port), soft_wrap=True)
    else:
        _serve(out_dir, port, language)


def _draw_samples(results: Path, host: str, lang: Lang, per_colour: int = 3) -> Iterator[str]:
    """Draws code images for a sample of each colour; yields the address of the first of each."""
    folder = ResultFolder(results)
    (results / "codes").mkdir(exist_ok=True)
    for colour in (*dict.fromkeys(str(b.colour) for b in folder.version.policy.bands if b.colour), "none"):
        found = folder.find("", colour, limit=EXAMPLES_AMONG)[1]
        companies_first = sorted(found, key=lambda row: BRANCH in (row.name or ""))
        for n, row in enumerate(companies_first[:per_colour]):
            explained = folder.explain(row.enterprise_id)
            _write_code(explained, host, results / "codes" / f"{colour}-{row.enterprise_id.replace(':', '_')}.png")
            if n == 0:
                yield f"{terminal.headline(explained, lang)}  {row.name}  {host}/e/{row.enterprise_id}"


def _write_code(explained: Explanation, host: str, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(render_code(face_of(explained), page_address(host, explained.score.enterprise_id)))


def _explain_sources(enterprise_id: str, specs: list[SourceSpec], version: PolicyVersion, as_of: date, lang: Lang) -> Explanation:
    with tempfile.TemporaryDirectory(prefix="sise-") as folder, DuckEngine() as engine:
        with _progress(lang) as tell:
            intake = read_sources(specs, Path(folder), progress=tell)
        tables = engine.files(Clustered(intake.enterprises, intake.records, intake.covers))
        assessed = Assessor(engine, version, intake.covers, tables).full(enterprise_id, as_of)
    return build_explanation(assessed, version)


def _summary(run: Mapping[str, Any], version: PolicyVersion, folder: Path, lang: Lang) -> None:
    out.print(terminal.colour_table(run, version, lang))
    out.print(terminal.source_table(run, lang))
    out.print(terminal.facts_table(run, lang))
    talk.print(say(lang, "done_out", out=folder), soft_wrap=True)
    rejected = sum(counts["rejected"] for counts in run["sources"].values())
    if rejected:
        talk.print(say(lang, "rejected", n=f"{rejected:,}", file=folder / "rejects.csv"), soft_wrap=True)


def _serve(results: Path, port: int, lang: Lang) -> None:
    _server().serve(results, port, ready=lambda address: talk.print(say(lang, "pages_at", address=address), soft_wrap=True))


def _server() -> Any:
    from web import serve as server  # Flask is an extra: only who serves needs it

    return server


def _day(text: str) -> date:
    return arguments.day(text, datetime.now(ZoneInfo("Asia/Shanghai")).date())


def _lang(chosen: str | None) -> Lang:
    return arguments.language(chosen, os.environ)


@contextmanager
def _progress(lang: Lang) -> Iterator[Callable[[str, float], None]]:
    """A progress bar per stage on stderr."""
    words, share = TextColumn("{task.description}", markup=False), TextColumn("{task.percentage:>3.0f}%")
    bar = Progress(words, BarColumn(), share, TimeElapsedColumn(), console=talk)
    tasks: dict[str, Any] = {}

    def tell(stage: str, fraction: float) -> None:
        if stage not in tasks:
            tasks[stage] = bar.add_task(say(lang, f"s_{stage}"), total=1.0)
        bar.update(tasks[stage], completed=fraction)

    with bar:
        yield tell


if __name__ == "__main__":
    main()
