"""The command line: the only place that prints. stdout is data, stderr is talk.

Exit codes: 0 done, 1 unexpected, 2 usage, 3 policy or model invalid, 4 input or environment
refused, 5 rejections under ``--strict``, 6 audit or code not valid, 7 audit sound without a
checkpoint, 130 interrupted.
"""

from __future__ import annotations

import sys
from typing import NoReturn

import typer

from scoring.cli import arguments
from scoring.cli.api_token import user_app
from scoring.cli.audit import audit_app
from scoring.cli.case import case_app
from scoring.cli.clock import clock_app
from scoring.cli.code import code_app
from scoring.cli.data import data_app
from scoring.cli.db import db_app
from scoring.cli.demo import demo
from scoring.cli.explain import explain
from scoring.cli.history import history
from scoring.cli.keys import keys_app
from scoring.cli.matter import record_app
from scoring.cli.model import model_app
from scoring.cli.notice import notice_app
from scoring.cli.options import language_of, talk
from scoring.cli.policy import policy_app
from scoring.cli.renamed import refusing
from scoring.cli.report import report_app
from scoring.cli.review import review_app
from scoring.cli.score import OLD_OPTIONS, score
from scoring.cli.serve import serve
from scoring.cli.statement import statement_app
from scoring.errors import SiseError

HELP = """四色评价 · Four-colour scoring

退出码：0 完成，1 意外，2 用法，3 规则或模型无效，4 输入或环境不可用，5 --strict 时有拒绝的行，\
6 审计或四色码不符，7 审计相符但没有检查点，130 中断。 · Exit codes: 0 done, 1 unexpected, 2 usage, \
3 policy or model invalid, 4 input or environment refused, 5 rows rejected under --strict, \
6 audit or code not valid, 7 audit sound without a checkpoint, 130 interrupted.

语言依次取自：--lang、SISE_LANG、LC_ALL、LC_MESSAGES、LANG。 · \
Language: the first of --lang, SISE_LANG, LC_ALL, LC_MESSAGES, LANG.
"""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    # A fault that nobody foresaw is shown as Python shows it, with all that helps to mend it.
    pretty_exceptions_enable=False,
    help=HELP,
)
app.command(cls=refusing(OLD_OPTIONS))(score)
for command in (explain, history, serve, demo):
    app.command()(command)
GROUPS = {
    "policy": policy_app,
    "model": model_app,
    "report": report_app,
    "data": data_app,
    "code": code_app,
    "keys": keys_app,
    "db": db_app,
    "record": record_app,
    "review": review_app,
    "notice": notice_app,
    "case": case_app,
    "statement": statement_app,
    "user": user_app,
    "clock": clock_app,
    "audit": audit_app,
}
for name, group in GROUPS.items():
    app.add_typer(group, name=name)


def main() -> None:
    """Entry point: an error that a person can mend is one sentence on stderr and its exit code."""
    try:
        app(prog_name="sise")
    # One sentence: what was got, what was expected, an example.
    except SiseError as error:
        _refuse(error)
    # What the machine refuses where nobody asked it on purpose: a full disk, a folder in the place of a file.
    except OSError as error:
        _refuse(arguments.environment_refusal(error))
    except RuntimeError as error:
        # So DuckDB says that Ctrl-C broke off a query.
        if not isinstance(error.__cause__, KeyboardInterrupt):
            raise
        sys.exit(130)


def _refuse(error: SiseError) -> NoReturn:
    talk.sentence(f"sise: {error.text(language_of(None))}", "bold red")
    sys.exit(error.exit_code)
