"""``sise audit``: keys, checkpoints and their witness, proofs, and whether everything is as it was recorded."""

from __future__ import annotations

import json
import os
import random
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer
from sqlalchemy import select

from scoring.cli.db import store_at
from scoring.cli.options import STORE, Language, Store, clock, language_of, out, progress_bars, talk
from scoring.errors import InputError
from scoring.rules.wording import say
from scoring.store.audit.proof import growth, proof, read_growth, require_growth, require_part
from scoring.store.audit.replay import Auditor, replay
from scoring.store.audit.verify import leaves_of, verify
from scoring.store.log.merkle import EMPTY
from scoring.store.log.note import Checkpoint, Signer, countersign, open_checkpoint, read_key, sign
from scoring.store.tables.orm import Assessment

audit_app = typer.Typer(no_args_is_help=True, help="审计日志 · Audit log: verify, prove, publish, replay")

NOT_SOUND = 6
"""Exit code of a check that failed, as for a code that is not valid."""

Form = Annotated[Literal["json", "text"], typer.Option("--format", help="json | text")]
KeyFile = Annotated[
    Path, typer.Option("--key", envvar="SISE_AUDIT_PRIVATE_KEY", help="私钥文件 · file of the private key")
]
LogKey = Annotated[
    str,
    typer.Option("--log", envvar="SISE_AUDIT_KEY", help="日志公钥 · the log's public key, name+id+base64"),
]
Witnesses = Annotated[
    list[str] | None,
    typer.Option("--witness", help="须已副署的见证方公钥 · key of a witness that must have signed"),
]


@audit_app.command("key")
def audit_key(
    name: Annotated[
        str, typer.Option(help="日志或见证方的名称 · name of the log or witness, e.g. audit.example.gov.cn")
    ],
    to: Annotated[Path, typer.Option("--out", help="私钥文件 · file of the private key")] = Path("audit.key"),
    witness: Annotated[bool, typer.Option("--witness", help="见证方的密钥 · the key of a witness")] = False,
    lang: Language = None,
) -> None:
    """生成签名密钥 · Make a signing key: the private one into a file, the public one to stdout."""
    signer = Signer.generate(name, witness=witness)
    with open(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(signer.text())
    talk.print(say(language_of(lang), "a_key", path=to), soft_wrap=True)
    out.print(signer.key.text(), soft_wrap=True)


@audit_app.command("checkpoint")
def audit_checkpoint(
    key: KeyFile,
    database: Store = STORE,
    to: Annotated[
        Path,
        typer.Option(
            "--out", help="检查点文件，已有的须是其开头 · file; one that is there must be of this past"
        ),
    ] = Path("audit.checkpoint"),
    lang: Language = None,
) -> None:
    """签发检查点 · Sign the log's size and root, for publication; refused where it does not continue the last one."""
    signer = Signer.read(_text(key), str(key))
    with (
        store_at(database) as store,
        store.read() as connection,
        progress_bars(language_of(lang)) as progress,
    ):
        leaves = leaves_of(connection)
        if to.exists():
            require_part(leaves, open_checkpoint(_text(to), [signer.key], str(to)))
        report = verify(connection, progress=progress)
    if report.findings:
        raise InputError(
            f"核对发现 {len(report.findings)} 处不符，不予签发；详见 sise audit verify --database {database}",
            f"{len(report.findings)} things are not as recorded, nothing is signed; see `sise audit verify --database {database}`",
        )
    note = sign(Checkpoint(signer.name, report.events, report.root), signer)
    _replace(to, note)
    talk.print(say(language_of(lang), "a_signed", size=report.events, path=to), soft_wrap=True)
    out.out(note, end="")


@audit_app.command("growth")
def audit_growth(
    old: Annotated[
        Path, typer.Argument(help="见证方已见的检查点 · the checkpoint that the witness has seen")
    ],
    new: Annotated[Path, typer.Argument(help="新的检查点 · the new one")],
    log: LogKey,
    database: Store = STORE,
) -> None:
    """给见证方的请求 · What the witness is sent: the new checkpoint and the proof that the log only grew."""
    keys = [read_key(log)]
    before, after = (open_checkpoint(_text(path), keys, str(path)) for path in (old, new))
    with store_at(database) as store, store.read() as connection:
        out.out(growth(leaves_of(connection), before, after, _text(new)), end="")


@audit_app.command("witness")
def audit_witness(
    request: Annotated[
        Path, typer.Argument(help="sise audit growth 的输出 · what `sise audit growth` printed")
    ],
    key: KeyFile,
    log: LogKey,
    seen: Annotated[
        Path, typer.Option(help="已见的检查点，签后更新 · the checkpoint seen last; renewed")
    ] = Path("seen.checkpoint"),
    lang: Language = None,
) -> None:
    """见证方副署 · Countersign a checkpoint that continues the one seen last; needs no database."""
    signer, log_key = Signer.read(_text(key), str(key)), read_key(log)
    size, path, note = read_growth(_text(request))
    new = open_checkpoint(note, [log_key], str(request))
    old = (
        open_checkpoint(_text(seen), [log_key], str(seen))
        if seen.exists()
        else Checkpoint(new.origin, 0, EMPTY)
    )
    if old.size != size:
        raise InputError(
            f"请求从 {size} 条起，本方已见 {old.size} 条；请对方用已见的检查点重新生成",
            f"the request starts at {size} entries, seen are {old.size}; have it made from the checkpoint that was seen",
            str(request),
        )
    require_growth(old, new, path)
    signed = countersign(note, log_key, signer, int(clock().timestamp()))
    _replace(seen, signed)
    talk.print(say(language_of(lang), "a_witnessed", old=old.size, size=new.size, path=seen), soft_wrap=True)
    out.out(signed, end="")


@audit_app.command("proof")
def audit_proof(
    ref: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="记录、企业或日志条目 · a record, an enterprise or an entry's number"
        ),
    ],
    log: LogKey,
    checkpoint: Annotated[Path, typer.Option(help="已公布的检查点 · the published checkpoint")] = Path(
        "audit.checkpoint"
    ),
    database: Store = STORE,
    to: Annotated[
        Path | None, typer.Option("--out", help="证明文件 · file of the proof; default ID.tlog-proof")
    ] = None,
    lang: Language = None,
) -> None:
    """出具证明 · Write a proof that a record, a colour or an entry is in the log; verify_proof.py checks it offline."""
    note = _text(checkpoint)
    point = open_checkpoint(note, [read_key(log)], str(checkpoint))
    with store_at(database) as store, store.read() as connection:
        number, text = proof(connection, ref, note, point)
    path = to or Path(f"{ref.replace('/', '_').replace(':', '_')}.tlog-proof")
    _replace(path, text)
    talk.print(say(language_of(lang), "a_proven", event=number, path=path), soft_wrap=True)


@audit_app.command("verify")
def audit_verify(
    database: Store = STORE,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(
            envvar="SISE_AUDIT_CHECKPOINT", help="已公布的检查点 · a published checkpoint; repeatable"
        ),
    ] = None,
    log: Annotated[
        str,
        typer.Option(
            "--log", envvar="SISE_AUDIT_KEY", help="日志公钥 · the log's public key, with --checkpoint"
        ),
    ] = "",
    witness: Witnesses = None,
    form: Form = "text",
    lang: Language = None,
) -> None:
    """核对 · Find every row that is not as it was recorded, and an older backup; exit code 6 if there is one."""
    language, keys = language_of(lang), [read_key(text) for text in (log, *(witness or ())) if checkpoint]
    points = [open_checkpoint(_text(path), keys, str(path)) for path in checkpoint or ()]
    with store_at(database) as store, store.read() as connection, progress_bars(language) as progress:
        report = verify(connection, points, progress)
    if form == "json":
        found = [{**asdict(finding), "text": finding.text(language)} for finding in report.findings]
        told = {"events": report.events, "rows": report.rows, "root": report.root.hex(), "findings": found}
        out.out(json.dumps(told, ensure_ascii=False))
    for finding in report.findings if form == "text" else ():
        out.print(finding.text(language), soft_wrap=True)
    if not points:
        talk.print(say(language, "a_unanchored"), soft_wrap=True)
    if report.findings:
        talk.print(say(language, "a_unsound", n=len(report.findings)), style="bold red")
        raise typer.Exit(NOT_SOUND)
    talk.print(
        say(language, "a_sound", events=report.events, rows=report.rows, root=report.root.hex()),
        soft_wrap=True,
    )


@audit_app.command("replay")
def audit_replay(
    database: Store = STORE,
    sample: Annotated[
        int | None, typer.Option(min=1, help="随机抽取的份数 · how many, drawn at random; all when omitted")
    ] = None,
    auditor: Annotated[
        str,
        typer.Option(help="审计人；重算其后已修复的记录时须写明 · who replays what has been restored since"),
    ] = "",
    purpose: Annotated[str, typer.Option(help="目的，写入日志 · why; goes into the log")] = "",
    form: Form = "text",
    lang: Language = None,
) -> None:
    """重算 · Compute past assessments again from what was known then; exit code 6 if one is different."""
    language, asked = language_of(lang), Auditor(auditor, purpose) if auditor or purpose else None
    with store_at(database) as store, progress_bars(language) as progress:
        with store.read() as connection:
            numbers = list(connection.execute(select(Assessment.number)).scalars())
        drawn = random.SystemRandom().sample(numbers, min(sample, len(numbers))) if sample else numbers
        found = replay(store, drawn, clock, asked, progress)
    if form == "json":
        out.out(json.dumps(asdict(found), ensure_ascii=False))
    else:
        for number, event in found.gone:
            out.print(say(language, "a_gone", number=number, event=event), soft_wrap=True)
        for wrong in found.different:
            out.print(say(language, "a_different", **asdict(wrong)), soft_wrap=True)
    told = {
        "equal": found.equal,
        "gone": len(found.gone),
        "withheld": len(found.withheld),
        "different": len(found.different),
    }
    talk.print(say(language, "a_replayed", n=len(drawn), **told), soft_wrap=True)
    if found.withheld:
        talk.print(say(language, "a_withheld", n=len(found.withheld)), soft_wrap=True)
    if found.different:
        raise typer.Exit(NOT_SOUND)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(
            f"没有文件 {path}；密钥由 sise audit key 生成，检查点由 sise audit checkpoint 签发",
            f"there is no file {path}; `sise audit key` makes keys, `sise audit checkpoint` signs checkpoints",
        ) from None
    except UnicodeDecodeError:
        zh, en = (
            "这不是文本文件；应为密钥、检查点或请求",
            "this is no text; expected a key, a checkpoint or a request",
        )
        raise InputError(zh, en, str(path)) from None


def _replace(path: Path, text: str) -> None:
    """Writes a file whole or not at all: a checkpoint that was cut would be no memory."""
    part = path.with_name(f"{path.name}.part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
