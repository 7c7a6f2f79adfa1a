"""``sise keys``: keys for codes, their lists, entries and checkpoints of the log; and whom others are to trust."""

from __future__ import annotations

import shlex
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal

import typer

from scoring.administration.credential.deployment import read_deployment
from scoring.administration.keys.algorithms import Algorithm
from scoring.administration.keys.key_files import read_private
from scoring.administration.keys.key_register import IN_USE, KeyPurpose, RegisteredKey
from scoring.administration.keys.key_store import LEAD, ROOT_FILE, KeyStore, NewKey
from scoring.cli.arguments import STORE
from scoring.cli.options import (
    Form,
    Ground,
    Language,
    Store,
    clock,
    day_of,
    language_of,
    out,
    tell,
    today,
)
from scoring.cli.show.codes import keys_table
from scoring.cli.store import store_at
from scoring.disk import atomic_file
from scoring.errors import InputError, UsageError
from scoring.rules.wording import say
from scoring.store.log.note import Signer
from scoring.store.standing.code_records import signed_by

keys_app = typer.Typer(no_args_is_help=True, help="密钥 · Keys, and the list of those that others trust")

Folder = Annotated[
    Path,
    typer.Option(
        "--keys", envvar="SISE_KEYS", help="密钥文件夹 · folder of keys, out of the database's reach"
    ),
]
Purpose = Annotated[
    Literal["codes", "tokens", "entries", "checkpoints"],
    typer.Argument(
        metavar="PURPOSE",
        help="用途：codes 四色码，tokens 状态名单，entries 日志条目，checkpoints 检查点 · what it signs: codes, tokens (status lists), entries, checkpoints",
    ),
]
Name = Annotated[str, typer.Option("--name", help="名称 · its name, for example codes.example.gov.cn")]
District = Annotated[
    str, typer.Option("--district", help="在哪个区划有效 · division in which it holds, six digits")
]
Kind = Annotated[
    Literal["ed25519", "sm2"],
    typer.Option("--algorithm", help="算法，sm2 即 SM2 与 SM3 · its algorithm; sm2 is SM2 with SM3"),
]
Until = Annotated[str, typer.Option("--until", help="最后一天，缺省一年 · last day, by default a year")]
Demo = Annotated[bool, typer.Option("--demo", help="演示密钥，所签的码注明 DEMO · what it signs says DEMO")]
Existing = Annotated[
    Path | None, typer.Option("--from", help="收入已有的私钥文件 · take up a private key that there is")
]
Command = Annotated[
    str,
    typer.Option(
        "--command",
        help="由外部程序签名（密码机、签名服务器），须给出 --public · programme that signs with it, with --public",
    ),
]
Public = Annotated[
    str, typer.Option("--public", help="外部程序的公钥，十六进制 · its public key, hexadecimal")
]
Root = Annotated[
    Path | None,
    typer.Option("--root", help="根私钥文件，缺省在密钥文件夹 · private root key, by default in the folder"),
]
SIX = 6


@keys_app.command("init")
def keys_init(folder: Folder, name: Name, root: Root = None, lang: Language = None) -> None:
    """建立密钥登记表和根密钥 · Make the register and the root key, which signs the list of trusted keys."""
    public = KeyStore(folder).create(name, root)
    tell(language_of(lang), "keys_made", folder=folder, root=root or folder / ROOT_FILE)
    out.out(public.text())


@keys_app.command("add")
def keys_add(
    purpose: Purpose,
    folder: Folder,
    name: Name,
    district: District = "",
    algorithm: Kind = "ed25519",
    until: Until = "",
    demo: Demo = False,
    existing: Existing = None,
    command: Command = "",
    public: Public = "",
    lang: Language = None,
) -> None:
    """加入密钥 · Add a key for a purpose; it signs from today."""
    new = _new_key(purpose, name, district, algorithm, until, demo, existing, command, public)
    key = KeyStore(folder).add(new)
    _tell_added(key, lang)


@keys_app.command("rotate")
def keys_rotate(
    purpose: Purpose,
    folder: Folder,
    name: Name,
    district: District = "",
    algorithm: Kind = "ed25519",
    until: Until = "",
    demo: Demo = False,
    existing: Existing = None,
    command: Command = "",
    public: Public = "",
    at_once: Annotated[
        bool,
        typer.Option(
            "--at-once",
            help="立即启用，密钥泄露时用 · signs from today, as after a loss: verifiers may not know it yet",
        ),
    ] = False,
    lang: Language = None,
) -> None:
    """换用新密钥 · Add the next key: it signs in a fortnight, when verifiers know it; the present one until then."""
    new = _new_key(purpose, name, district, algorithm, until, demo, existing, command, public)
    key, former = KeyStore(folder).rotate(new, timedelta(0) if at_once else LEAD)
    if former is None:
        _tell_added(key, lang)
    else:
        tell(
            language_of(lang),
            "key_rotated",
            key=key.id,
            since=key.since,
            former=former.id,
            until=former.until,
        )


@keys_app.command("revoke")
def keys_revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="密钥编号 · id of the key")],
    folder: Folder,
    ground: Ground,
    database: Store = STORE,
    lang: Language = None,
) -> None:
    """撤销密钥 · First stop signing with a key; then, once its codes are signed anew, have nobody trust it."""
    keys, language = KeyStore(folder), language_of(lang)
    key = keys.register().key(key_id)
    if key.state == IN_USE:
        key = keys.leave(key.id, ground, today())
        if key.purpose == "codes":
            tell(language, "key_leaving", key=key.id)
            return
    if key.purpose == "codes":
        with store_at(database) as store, store.read() as connection:
            count = signed_by(connection, key.id, int(clock().timestamp()))
        # Whoever carries a lawful code must not stand there with one that nobody accepts.
        if count:
            raise UsageError("key_has_codes", count=count, key=key.id)
    keys.withdraw(key.id, today())
    tell(language, "key_withdrawn_now", key=key.id)


@keys_app.command("list")
def keys_list(folder: Folder, form: Form = "text", lang: Language = None) -> None:
    """密钥清单 · All keys: what for, where, when, and what became of them."""
    keys = KeyStore(folder).register().keys
    if form == "json":
        # Where a private key lies is nobody's business but the folder's.
        out.json([key.model_dump(mode="json", exclude={"file", "command"}) for key in keys])
    elif keys:
        out.show(keys_table(keys, language_of(lang)))
    else:
        tell(language_of(lang), "keys_none")


@keys_app.command("export-trust")
def keys_export_trust(
    folder: Folder,
    to: Annotated[Path, typer.Option("--out", help="可信名单文件 · file of the trust list")],
    root: Root = None,
    host: Annotated[
        list[str] | None,
        typer.Option(
            "--host", help="码上的域名，可重复，缺省用部署配置 · host in the codes, may be repeated"
        ),
    ] = None,
    deployment: Annotated[
        Path | None, typer.Option("--deployment", envvar="SISE_DEPLOYMENT", help="部署配置 · the deployment")
    ] = None,
    lang: Language = None,
) -> None:
    """导出可信名单 · Sign the list of public keys that verifiers are to trust; each change has a higher version."""
    hosts = [name.upper() for name in host or ()]
    if not hosts and deployment:
        hosts = [read_deployment(deployment).printed_host]
    if not hosts:
        raise UsageError("trust_without_host")
    keys, file = KeyStore(folder), root or folder / ROOT_FILE
    signer = Signer.read(read_private(file), str(file))
    if signer.key.text() != keys.register().root:
        raise InputError("root_key_other", place=str(file))
    trusted = keys.trust_list(hosts, int(clock().timestamp()), today())
    with atomic_file(to) as part:
        part.write_text(trusted.signed(signer), encoding="utf-8")
    tell(language_of(lang), "trust_exported", version=trusted.version, keys=len(trusted.keys), path=to)


def _tell_added(key: RegisteredKey, lang: str | None) -> None:
    language = language_of(lang)
    purpose = say(language, f"key_for_{key.purpose}")
    tell(language, "key_added", key=key.id, purpose=purpose, since=key.since, until=key.until)


def _new_key(
    purpose: KeyPurpose,
    name: str,
    district: str,
    algorithm: str,
    until: str,
    demo: bool,
    existing: Path | None,
    command: str,
    public: str,
) -> NewKey:
    """What was typed of a new key.

    Raises:
        UsageError: A division, a day or a public key is none; a programme without its public key.
    """
    since: date = today()
    if district and not (district.isdecimal() and len(district) == SIX):
        raise UsageError("key_district_invalid", district=district)
    if bool(command) != bool(public) or (command and existing):
        raise UsageError("signer_without_key")
    try:
        key = bytes.fromhex(public)
    except ValueError:
        raise UsageError("signer_without_key") from None
    last = day_of(until) if until else None
    if last and last < since:
        raise UsageError("key_over", until=last, today=since)
    return NewKey(
        purpose=purpose,
        name=name,
        since=since,
        district=district,
        until=last,
        algorithm=Algorithm(algorithm),
        is_demo=demo,
        taken_from=existing,
        command=tuple(shlex.split(command)) or None,
        public=key,
    )
