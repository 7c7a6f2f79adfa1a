"""``sise policy``: list, check, show, compare, try out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scoring.analysis.impact.changes import compared
from scoring.analysis.impact.simulate import simulate
from scoring.analysis.impact.tune import tune
from scoring.analysis.situations.situation_file import read_cases
from scoring.analysis.situations.situation_runner import run_situations
from scoring.assess.folder import BatchOptions
from scoring.cli import arguments, show
from scoring.cli.arguments import STORE
from scoring.cli.options import (
    Actor,
    AsOf,
    Form,
    Language,
    Sources,
    Store,
    clock,
    day_of,
    language_of,
    out,
    progress_bars,
    talk,
    tell,
    today,
)
from scoring.cli.show import impact
from scoring.cli.show.law import law_json, law_lines, law_warnings
from scoring.cli.show.policy_diff import policy_changes
from scoring.cli.show.situations import situation_table
from scoring.cli.store import store_at
from scoring.policy.load import list_policies, load_policy, policy_folder, policy_ids
from scoring.policy.pin import pin
from scoring.policy.watch import grounds_of, watched
from scoring.rules.wording import say
from scoring.store.standing.registering import register_policy

policy_app = typer.Typer(
    no_args_is_help=True, help="评价规则 · Policies: list, check, show, compare, try out"
)

INVALID = 3
"""Exit code where a policy has an error."""
OldPolicy = Annotated[
    str, typer.Argument(metavar="OLD", help="规则[@版本]或文件 · policy id[@VERSION] or a .toml")
]
NewPolicy = Annotated[
    str, typer.Argument(metavar="NEW", help="规则[@版本]或文件 · policy id[@VERSION] or a .toml")
]


@policy_app.command("list")
def policy_list(lang: Language = None) -> None:
    """列出评价规则 · List the shipped policies."""
    out.show(show.policy_table(list_policies(), language_of(lang)))


@policy_app.command("check")
def policy_check(
    ref: Annotated[
        str | None, typer.Argument(metavar="[ID|FILE]", help="缺省检查全部 · all when omitted")
    ] = None,
    lang: Language = None,
) -> None:
    """检查形式与含义 · Check form and meaning: file, line and a sentence for each finding."""
    language, findings = language_of(lang), arguments.findings(ref)
    for finding in findings:
        out.sentence(f"{say(language, f'f_{finding.severity}')}: {finding.text(language)}")
    if any(finding.severity == "error" for finding in findings):
        raise typer.Exit(INVALID)
    warnings = law_warnings(watched(grounds_of(arguments.policies(ref)), today()), language)
    for warning in warnings:
        out.sentence(f"{say(language, 'f_warning')}: {warning}")
    remarks = len(findings) + len(warnings)
    tell(language, "only_warnings" if remarks else "no_findings", n=remarks)


@policy_app.command("law")
def policy_law(
    ref: Annotated[
        str | None, typer.Argument(metavar="[ID|FILE]", help="缺省为全部 · all when omitted")
    ] = None,
    form: Form = "text",
    lang: Language = None,
) -> None:
    """列出所引法规 · List every instrument used: where, how sure, how old, and how many grounds."""
    entries = watched(grounds_of(arguments.policies(ref)), today())
    if form == "json":
        out.json(law_json(entries))
    else:
        out.show(law_lines(entries, language_of(lang)))


@policy_app.command("test")
def policy_test(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="情形文件或目录 · files of situations, or folders of them"),
    ],
    policy: Annotated[
        str | None,
        typer.Option(
            "--policy",
            help="没有写明规则的情形用哪一版 · policy id[@VERSION] or a .toml for situations that name none",
        ),
    ] = None,
    lang: Language = None,
) -> None:
    """验证情形 · Run situations: what is on record, and the grade, points and reasons that must follow."""
    language = language_of(lang)
    verdicts = list(run_situations(read_cases(arguments.toml_files(files), policy)))
    out.show(situation_table(verdicts, language))
    if not all(verdict.passed for verdict in verdicts):
        raise typer.Exit(INVALID)


@policy_app.command("show")
def policy_show(ref: Annotated[str, typer.Argument(metavar="ID[@VERSION]")]) -> None:
    """显示规则全文 · Show the rule book itself, with its hash and status."""
    version = load_policy(ref, None)
    talk.sentence(
        f"{version.policy.id}@{version.policy.version}  {version.status}  sha256 {version.rules_sha256}"
    )
    out.out(version.text, end="")


@policy_app.command("pin")
def policy_pin(
    policy_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="缺省为全部 · all when omitted")
    ] = None,
    anew: Annotated[
        bool,
        typer.Option(
            "--anew",
            help="已登记别的散列者也改：仅用于新发布 · those with another pin too: for a new release alone",
        ),
    ] = False,
    lang: Language = None,
) -> None:
    """登记散列 · Write into the register of a shipped policy which rules its versions have."""
    for known_id in [policy_id] if policy_id else policy_ids():
        for version in pin(policy_folder(known_id), anew=anew):
            tell(language_of(lang), "policy_pinned", policy=known_id, version=version)


@policy_app.command("register")
def policy_register(
    file: Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False, help="规则文件 · the policy file")],
    actor: Actor,
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """登记规则 · Take an authority's own rules into a store, when two accounts say so; a register.toml beside the file says what it is."""
    language = language_of(lang)
    with store_at(database) as store:
        version = register_policy(store, file, actor, clock)
    if version is None:
        tell(language, "policy_asked", file=file)
        return
    policy = version.policy
    tell(
        language,
        "policy_registered",
        policy=policy.id,
        version=policy.version,
        status=say(language, "p_demonstration" if version.demonstration else "p_in_force"),
        sha256=version.rules_sha256,
    )


@policy_app.command("diff")
def policy_diff(
    old: OldPolicy,
    new: NewPolicy,
    everything: Annotated[
        bool, typer.Option("--all", help="逐条写全 · write out grouping, wording and selections too")
    ] = False,
    form: Form = "text",
    lang: Language = None,
) -> None:
    """比较两版规则 · What changed from one version to another: points, grades, or only wording."""
    comparison, language = compared(load_policy(old, None), load_policy(new, None)), language_of(lang)
    if form == "json":
        out.json(comparison)
    else:
        out.show(policy_changes(comparison, language, everything=everything))


@policy_app.command("simulate")
def policy_simulate(
    old: OldPolicy,
    new: NewPolicy,
    source: Sources = None,
    as_of: AsOf = "",
    out_dir: Annotated[Path, typer.Option("--out", help="输出目录 · folder of the simulation")] = Path(
        "simulation"
    ),
    threads: Annotated[int, typer.Option(min=1, max=64, help="线程数 · threads")] = 2,
    lang: Language = None,
) -> None:
    """试行新规则 · Score sources under two policies: who would move, and which rule moves them."""
    before, after, language = load_policy(old, None), load_policy(new, None), language_of(lang)
    specs = arguments.specs(source)
    with progress_bars(language) as progress:
        options = BatchOptions(threads=threads, today=today(), progress=progress)
        simulation = simulate(specs, before, after, day_of(as_of), out_dir, options, language)
    out.show(impact.migration(simulation, before, after, language))
    files = ", ".join(sorted(path.name for path in out_dir.iterdir()))
    tell(language, "m_written", out=out_dir, files=files)


@policy_app.command("tune")
def policy_tune(
    ref: Annotated[
        str, typer.Argument(metavar="ID[@VERSION]", help="规则[@版本]或文件 · policy id[@VERSION] or a .toml")
    ],
    shares: Annotated[
        str,
        typer.Option(help="各等级占已评价的百分比 · percent of the rated by band, e.g. A=15,B=70,C=13,D=2"),
    ],
    source: Sources = None,
    as_of: AsOf = "",
    form: Form = "text",
    lang: Language = None,
) -> None:
    """建议分界线 · Propose edges of the bands for given shares; no file is changed."""
    wanted, version, language = arguments.shares(shares), load_policy(ref, None), language_of(lang)
    specs = arguments.specs(source)
    with progress_bars(language) as progress:
        tuned = tune(specs, version, day_of(as_of), wanted, BatchOptions(today=today(), progress=progress))
    if form == "json":
        out.json(tuned)
    else:
        out.show(impact.proposal(tuned, version, language))
