"""``sise audit``: keys, checkpoints, witnesses, proofs, and whether all is as it was recorded."""

from __future__ import annotations

import os
import random
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

from scoring.cli.arguments import STORE
from scoring.cli.audit_keys import LogPrivateKey, checkpoint_signer, text_of
from scoring.cli.audit_report import deletion_sentence, report_as_json, tell_anchored
from scoring.cli.options import Form, Language, Store, clock, language_of, out, progress_bars, tell
from scoring.cli.store import store_at
from scoring.disk import atomic_file
from scoring.entities import Lang
from scoring.errors import InputError, UsageError
from scoring.rules.wording import say
from scoring.store.audit.log_entries import leaves_of
from scoring.store.audit.proof import growth, proof, read_growth, require_growth, require_part
from scoring.store.audit.readable import readable_rows
from scoring.store.audit.replay import Auditor, Replayed, replay
from scoring.store.audit.verify import SignedEntries, verify, verify_store
from scoring.store.log.merkle import EMPTY
from scoring.store.log.note import Checkpoint, Signer, countersign, open_checkpoint, read_key, sign
from scoring.store.log.verify_proof import Key
from scoring.store.tables.orm import Assessment
from scoring.store.tables.writing import day_in_china

audit_app = typer.Typer(no_args_is_help=True, help="审计日志 · Audit log: verify, prove, publish, replay")

NOT_SOUND = 6
"""Exit code of a check that failed, as for a code that is not valid."""
UNANCHORED = 7
"""Exit code of a check without a checkpoint: a whole that was rewritten looks the same."""

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
    # Made for its owner alone and never in the place of another key: what that one signed could not be signed again.
    private = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(private, "w", encoding="utf-8") as file:
        file.write(signer.text())
    tell(language_of(lang), "a_key", path=to)
    out.out(signer.key.text())


@audit_app.command("checkpoint")
def audit_checkpoint(
    key: LogPrivateKey = None,
    database: Store = STORE,
    to: Annotated[
        Path,
        typer.Option(
            "--out", help="检查点文件，已有的须是其开头 · file; one that is there must be of this past"
        ),
    ] = Path("audit.checkpoint"),
    lang: Language = None,
) -> None:
    """签发检查点 · Sign the log's size and root, for publication; it must continue the last one."""
    signer = checkpoint_signer(key)
    with (
        store_at(database) as store,
        store.read() as connection,
        progress_bars(language_of(lang)) as progress,
    ):
        leaves = leaves_of(connection)
        # What was signed once stays true: a log that does not continue it was rewritten.
        if to.exists():
            require_part(leaves, open_checkpoint(text_of(to), [signer.key], str(to)))
        report = verify(connection, progress=progress)
    if report.findings:
        raise InputError("checkpoint_of_unsound_log", count=len(report.findings), database=database)
    note = sign(Checkpoint(signer.name, report.events, report.root), signer)
    _replace(to, note)
    tell(language_of(lang), "a_signed", size=report.events, path=to)
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
    """给见证方的请求 · What the witness is sent: the new checkpoint and proof that the log only grew."""
    keys = [read_key(log)]
    before, after = (
        open_checkpoint(text_of(checkpoint_path), keys, str(checkpoint_path))
        for checkpoint_path in (old, new)
    )
    with store_at(database) as store, readable_rows(store.place), store.read() as connection:
        out.out(growth(leaves_of(connection), before, after, text_of(new)), end="")


@audit_app.command("witness")
def audit_witness(
    request: Annotated[
        Path, typer.Argument(help="sise audit growth 的输出 · what `sise audit growth` printed")
    ],
    key: KeyFile,
    log: LogKey,
    seen: Annotated[
        Path, typer.Option(help="已见的检查点，签后更新 · the checkpoint seen last; renewed after signing")
    ],
    first: Annotated[
        bool,
        typer.Option(
            "--first", help="第一次见证：还没有已见的检查点 · the first time: none has been seen yet"
        ),
    ] = False,
    lang: Language = None,
) -> None:
    """见证方副署 · Countersign a checkpoint that continues the one seen last; needs no database."""
    signer, log_key = Signer.read(text_of(key), str(key)), read_key(log)
    size, path, note = read_growth(text_of(request))
    new = open_checkpoint(note, [log_key], str(request))
    old = _seen(seen, first, log_key) or Checkpoint(new.origin, 0, EMPTY)
    # The witness trusts what it has seen itself, and proofs that start there.
    if old.size != size:
        raise InputError("growth_from_unseen_size", place=str(request), size=size, seen=old.size)
    require_growth(old, new, path)
    signed = countersign(note, log_key, signer, int(clock().timestamp()))
    _replace(seen, signed)
    tell(language_of(lang), "a_witnessed", old=old.size, size=new.size, path=seen)
    out.out(signed, end="")


def _seen(place: Path, first: bool, log: Key) -> Checkpoint | None:
    """The checkpoint that the witness has seen last; nothing where it is the first time.

    Raises:
        UsageError: There is one though it is said to be the first time.
        InputError: There is none: whoever has forgotten what was seen would sign a fork.
    """
    if first and place.exists():
        raise UsageError("witness_not_first", place=str(place))
    if not first and not place.exists():
        raise InputError("witness_without_memory", place=str(place), seen=place)
    return None if first else open_checkpoint(text_of(place), [log], str(place))


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
    """出具证明 · Prove that a record, a colour or an entry is in the log; verify_proof.py checks it offline."""
    note = text_of(checkpoint)
    point = open_checkpoint(note, [read_key(log)], str(checkpoint))
    with store_at(database) as store, readable_rows(store.place), store.read() as connection:
        number, text = proof(connection, ref, note, point)
    proof_path = to or Path(f"{ref.replace('/', '_').replace(':', '_')}.tlog-proof")
    _replace(proof_path, text)
    tell(language_of(lang), "a_proven", event=number, path=proof_path)


@audit_app.command("verify")
def audit_verify(
    context: typer.Context,
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
    entries: Annotated[
        list[str] | None,
        typer.Option(
            "--entries",
            envvar="SISE_ENTRIES_KEY",
            help="须已签每条日志的公钥 · key that must have signed each entry; repeatable",
        ),
    ] = None,
    signed_from: Annotated[
        int,
        typer.Option(min=1, help="从第几条起须有签名 · first entry that must be signed, with --entries"),
    ] = 1,
    form: Form = "text",
    lang: Language = None,
) -> None:
    """核对 · Find whatever is not as it was recorded; exit code 6 if anything, 7 if sound without a checkpoint."""
    # A key in the environment is there for every command; one that was typed is meant for this one.
    if not checkpoint and (witness or _typed(context, "log")):
        raise UsageError("keys_without_checkpoint")
    language = language_of(lang)
    keys = [read_key(text) for text in (log, *(witness or ())) if checkpoint]
    points = [open_checkpoint(text_of(path), keys, str(path)) for path in checkpoint or ()]
    with store_at(database, current=False) as store, progress_bars(language) as progress:
        signed = SignedEntries([read_key(text) for text in entries], signed_from) if entries else None
        report = verify_store(store, points, progress, day_in_china(clock()), signed)
    if form == "json":
        out.json(report_as_json(report, language), indent=None)
    else:
        for finding in report.findings:
            out.sentence(finding.text(language))
        for deletion in report.deletions:
            out.sentence(deletion_sentence(deletion, language))
    tell_anchored(report, language, given=bool(points))
    if report.findings:
        tell(language, "a_unsound", style="bold red", n=len(report.findings))
        raise typer.Exit(NOT_SOUND)
    tell(language, "a_sound", events=report.events, rows=report.rows, root=report.root.hex())
    if not points:
        raise typer.Exit(UNANCHORED)


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
    """重算 · Compute past assessments again from what was known then; exit code 6 if any is different or refused."""
    language, named = language_of(lang), Auditor(auditor, purpose) if auditor or purpose else None
    with store_at(database) as store, readable_rows(store.place), progress_bars(language) as progress:
        with store.read() as connection:
            numbers = list(connection.execute(select(Assessment.number)).scalars())
        # From the system's chance: whoever could foresee the draw could spare what is drawn.
        drawn = numbers
        if sample:
            drawn = random.SystemRandom().sample(numbers, min(sample, len(numbers)))
        replayed = replay(store, drawn, clock, named, progress)
    if form == "json":
        out.json(asdict(replayed), indent=None)
    else:
        _tell_verdicts(replayed, language)
    tell(
        language,
        "a_replayed",
        n=len(drawn),
        equal=replayed.equal,
        gone=len(replayed.gone),
        withheld=len(replayed.withheld),
        refused=len(replayed.refused),
        different=len(replayed.different),
    )
    if replayed.withheld:
        tell(language, "a_withheld", n=len(replayed.withheld))
    if replayed.different or replayed.refused:
        raise typer.Exit(NOT_SOUND)


def _tell_verdicts(replayed: Replayed, lang: Lang) -> None:
    """Prints which assessments could not be replayed, and which are different."""
    for number, event in replayed.gone:
        out.sentence(say(lang, "a_gone", number=number, event=event))
    by_reason = Counter(refused.reason[lang] for refused in replayed.refused)
    for reason, count in by_reason.items():
        out.sentence(say(lang, "a_refused", n=count, reason=reason))
    for different in replayed.different:
        out.sentence(say(lang, "a_different", **asdict(different)))


def _typed(context: typer.Context, name: str) -> bool:
    """Whether an option was typed, and not taken from a variable or by default."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _replace(path: Path, text: str) -> None:
    """Writes a file whole or not at all: a checkpoint that was cut would be no memory."""
    with atomic_file(path) as part:
        part.write_text(text, encoding="utf-8")
