"""``sise demo``: from nothing to pages, on made-up data."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Mapping
from datetime import date
from os import environ
from pathlib import Path
from typing import Annotated

import typer

from scoring.administration.casework.further_steps import take_step
from scoring.administration.results.reader import open_results
from scoring.administration.results.search import EnterpriseSearch
from scoring.analysis.synthetic import DistrictPlan, write_district
from scoring.cli import show
from scoring.cli.demo_codes import (
    AMONG,
    EXAMPLES,
    companies_first,
    draw_samples,
    environment_words,
    set_up_codes,
)
from scoring.cli.demo_people import add_people
from scoring.cli.options import Language, Port, clock, language_of, out, progress_bars, tell, today
from scoring.cli.serve import serve_pages, server
from scoring.cli.store import import_sources, score_db, show_in_effect, store_at
from scoring.disk import refuse_foreign
from scoring.entities import Lang, Score
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.map.sources import SourceSpec
from scoring.rules.wording import say
from scoring.store.people.accounts import add_account
from scoring.store.standing.adopting import adopt
from scoring.store.standing.case_steps import NewStep
from scoring.store.standing.entering import TypedFacts
from scoring.store.standing.recording import Recorder
from scoring.store.tables import migrate

DEMO, SECOND, DEMO_STORE = "demo", "demo2", "sise.db"
"""Who acts in the demonstration, and its store."""
LEDGER = "ledger.csv"
"""The file by which an older district is known."""
CALLED_AS = "SISE_COMMAND"
"""Environment variable by which ``run.py`` says how it was called, as ``python3 run.py sise``."""


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
    # A port that is taken is said before minutes of work.
    if not no_serve:
        server().refuse_taken(port)
    plan = DistrictPlan(enterprises=enterprises, seed=seed)
    # Beside the result, so that who wants to can score it again.
    district = out_dir.with_name(f"{out_dir.name}-district")
    refuse_foreign(district, LEDGER)
    with progress_bars(language) as progress:
        write_district(plan, district, progress=progress)
    store = _fresh_store(out_dir)
    variables = set_up_codes(out_dir, f"127.0.0.1:{port}", environ)
    made_up = SourceSpec("canonical", district)
    import_sources([made_up], store, DEMO, out_dir / "rejects.csv", language)
    version = score_db(store, "quzhou-demo", plan.as_of, DEMO, language)
    _adopt(store, version, language)
    show_in_effect(store, version, plan.as_of, language)
    pending = _propose(store, version)
    tell(language, "district_at", path=district)
    tell(language, "one_of_each")
    for score, address in draw_samples(store, out_dir / "codes", f"http://127.0.0.1:{port}", DEMO, language):
        explained = open_results(store).explain(score.enterprise_id, ahead=False)
        out.sentence(f"{show.headline(explained, language)}  {score.name}  {address}")
    shown = pending or companies_first(open_results(store).find(EnterpriseSearch(), limit=AMONG)[1])[0]
    if pending:
        page = f"http://127.0.0.1:{port}/firm/e/{pending.enterprise_id}"
        tell(language, "demo_pending", name=pending.name, page=page)
    _add_people(store, shown, plan.as_of, f"http://127.0.0.1:{port}/login", language)
    if no_serve:
        command = environment_words(variables, command_here(environ))
        tell(language, "serve_with", command=command, out=shlex.quote(store), port=port)
    else:
        serve_pages(store, port, language)


def command_here(environment: Mapping[str, str]) -> str:
    """How this program is called where the user is: as ``run.py`` was, else ``sise`` or Python."""
    if environment.get(CALLED_AS):
        return environment[CALLED_AS]
    return "sise" if shutil.which("sise") else f"{shlex.quote(sys.executable)} -m scoring.cli"


def _fresh_store(out_dir: Path) -> str:
    """Address of a new store in the demo's folder; an older demo there gives way, anything else does not."""
    refuse_foreign(out_dir, DEMO_STORE)
    out_dir.mkdir(parents=True, exist_ok=True)
    address = str(out_dir / DEMO_STORE)
    # SQLite keeps what was written last beside its file.
    for suffix in ("", "-wal", "-shm"):
        Path(address + suffix).unlink(missing_ok=True)
    with store_at(address, current=False) as database:
        migrate.create(database)
        for account in (DEMO, SECOND):
            add_account(database, account, "", DEMO, clock)
    return address


def _adopt(address: str, version: ResolvedPolicy, lang: Lang) -> None:
    """Takes over the stock, as two made-up accounts say: else nobody would have a colour before a notice."""
    ground = say("zh", "demo_ground")
    with store_at(address) as database:
        for account in (DEMO, SECOND):
            adopted = adopt(database, version, ground, account, clock)
    tell(lang, "demo_adopted", n=f"{adopted or 0:,}", first=DEMO, second=SECOND)


def _propose(address: str, version: ResolvedPolicy) -> Score | None:
    """Enters a made-up listing of a green company and serves its notice today, so that a proposal can be looked at.

    Returns:
        The company; ``None`` in a district so small that every green one is an example of its colour.
    """
    candidates = open_results(address).find(EnterpriseSearch(colour="green"), limit=AMONG)[1]
    others = companies_first(candidates)[EXAMPLES:]
    if not others:
        return None
    chosen, day, ground = others[0], today(), say("zh", "demo_pending_ground")
    listing = {
        "kind": "abnormal_operations_listing",
        "decided_on": day.isoformat(),
        "authority": say("zh", "demo_pending_authority"),
        "document_no": say("zh", "demo_pending_number", year=day.year),
    }
    with store_at(address) as database:
        listed = TypedFacts(day).add(chosen.enterprise_id, listing, ground)
        Recorder(database, DEMO, clock).record(listed, version, day)
        service = NewStep("served", chosen.enterprise_id, ground, on=day, how="handed_over")
        take_step(database, version, service, DEMO, clock, day)
    return chosen


def _add_people(address: str, firm: Score, since: date, page: str, lang: Lang) -> None:
    """Adds an account for each role, and prints how each of them logs in."""
    with store_at(address) as database:
        people = add_people(database, firm.enterprise_id, since, (DEMO, SECOND), clock)
    tell(lang, "demo_people", page=page)
    out.show(show.people_table(people, lang))
