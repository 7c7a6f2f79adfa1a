"""``sise policy``: list, check, show."""

from __future__ import annotations

from typing import Annotated

import typer

from scoring import arguments, terminal
from scoring.cli.edge import Language, language_of, out, talk
from scoring.explain.wording import say
from scoring.policy.load import list_policies, load_policy

policy_app = typer.Typer(no_args_is_help=True, help="评价规则 · Policies: list, check, show")


@policy_app.command("list")
def policy_list(lang: Language = None) -> None:
    """列出评价规则 · List the shipped policies."""
    out.print(terminal.policy_table(list_policies(), language_of(lang)))


@policy_app.command("check")
def policy_check(
    ref: Annotated[str | None, typer.Argument(metavar="[ID|FILE]", help="缺省检查全部 · all when omitted")] = None, lang: Language = None
) -> None:
    """检查形式与含义 · Check form and meaning: file, line and a sentence for each finding."""
    language, findings = language_of(lang), arguments.findings(ref)
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
