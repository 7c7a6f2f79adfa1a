#!/usr/bin/env python3
"""Checks a four-colour code offline, with Python 3.11 and the package ``cryptography`` alone.

    python3 verify_code.py TEXT --trust trust.note --root ROOT_KEY [--status status.cwt] [--at 2026-12-01T08:00:00Z]

TEXT is what the QR code holds; trust.note names the keys that may sign, and ROOT_KEY, ``name+id+base64``, got from
somewhere else, must have signed it; status.cwt says which codes ended. Exit codes: 0 the code holds, 2 wrong usage,
4 a list cannot be used, 6 the code does not hold. It shows what was signed, not that it hangs where it belongs.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import sys
import zlib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

COLOURS, ENDED = ("blue", "green", "yellow", "red"), {1: "superseded", 2: "revoked"}
DAY, SKEW, CAP, LAST = 86_400, 600, 2 << 20, 2932896 * 86_400
ALGORITHMS = {"ed25519": -19, "sm2": -70001}
PRIME, EIGHTH = 2**255 - 19, 2707385501144840649318225287225658788936804267575313519463743609750303402022
# By a key whose point is of small order some take any signature; these are all second coordinates of such points.
SMALL = {0, 1, PRIME - 1, EIGHTH, PRIME - EIGHTH}
CODE = re.compile(r"HTTPS://([A-Z0-9](?:[A-Z0-9.-]{0,98}[A-Z0-9])?(?::[0-9]{1,5})?)/Q/([A-Z2-7]+)", re.ASCII)
USCC = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}", re.ASCII)
LETTERS, WEIGHTS = "0123456789ABCDEFGHJKLMNPQRTUWXY", [3**place % 31 for place in range(17)]
ENTRY = re.compile(r"key [0-9a-f]{8} \S+ (codes|tokens) \S+ [0-9]{6} \S{10} \S{10} (demo|real) (-|\S{10})")
seconds: Callable[[str], int] = lambda text: int(datetime.fromisoformat(text).timestamp())
DAMAGED = (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError, zlib.error)
Facts = dict[str, Any]
Sealed = tuple[dict[int, Any], bytes, bytes, bytes]


class NotSo(Exception):
    """Why a code does not hold, or a list cannot be used."""


def need(holds: object, reason: str = "wrong_format") -> None:
    """Goes on only where something holds."""
    if not holds:
        raise NotSo(reason)


def item(data: bytes, place: int = 0, depth: int = 0) -> tuple[Any, int]:
    """One item of deterministic CBOR and where it ends: numbers, bytes, texts, lists, maps, and nothing else."""
    kind, count, place = data[place] >> 5, data[place] & 31, place + 1
    need(kind < 6 and count < 28 and depth < 5)
    if count > 23:
        width = 1 << count - 24
        count, place = int.from_bytes(data[place : place + width], "big"), place + width
        need(count >= (24 if width == 1 else 1 << 4 * width))
    if kind < 2:
        return (count if kind == 0 else -1 - count), place
    if kind < 4:
        content, place = data[place : place + count], place + count
        need(len(content) == count)
        return (content if kind == 2 else content.decode()), place
    parts, ends = list[Any](), [place]
    while len(parts) < count * (kind - 3):
        part, place = item(data, place, depth + 1)
        parts.append(part)
        ends.append(place)
    keys = [data[start:end] for start, end in zip(ends[::2], ends[1::2], strict=False)]
    need(kind == 4 or keys == sorted(set(keys)))
    return (parts if kind == 4 else dict(zip(parts[::2], parts[1::2], strict=True))), place


def whole(data: bytes, kind: type[Any], length: int | None = None) -> Any:
    """The one item that bytes are."""
    value, end = item(data)
    need(end == len(data) and type(value) is kind and (length is None or len(value) == length))
    return value


def envelope(content: bytes) -> Sealed:
    """Header, payload, signed bytes and signature of a COSE_Sign1 (tag 18) with an empty unprotected header."""
    need(content[:1] == b"\xd2")
    protected, empty, payload, signature = whole(content[1:], list, 4)
    need(empty == {} and all(type(part) is bytes for part in (protected, payload, signature)))
    header = whole(protected, dict)
    need(set(header) - {16} == {1, 4} and type(header[1]) is int and type(header.get(16, "")) is str)
    need(type(header[4]) is bytes and len(header[4]) == 4 and len(signature) == 64)
    _protected, end = item(content, 2)
    signed = b"\x84\x6aSignature1" + content[2:end] + b"\x40" + content[end + 1 : -66]
    return header, payload, signed, signature


def claims_of(payload: bytes) -> Facts:
    """What a code says, if it says it in the one form in which it can be said."""
    claims = whole(payload, dict, 6)
    own, days = (-65537, 92) if -65537 in claims else (-65538, 1)
    issuer, subject, expires, issued, serial, values = (claims[name] for name in (1, 2, 4, 6, 7, own))
    bounds = (LAST, LAST, 3, LAST // DAY, 99991231, 2**23 - 1) if days > 1 else (LAST, LAST, 2**23 - 1)
    numbers = list(zip((issued, expires, *values), bounds, strict=True))
    need(type(values) is list and all(type(one) is int and 0 <= one <= most for one, most in numbers))
    need(type(serial) is bytes and len(serial) == 8 and issued <= expires <= issued + days * DAY)
    need(re.fullmatch("CN-[0-9]{6}", issuer, re.ASCII) and USCC.fullmatch(subject))
    total = sum(weight * LETTERS.index(letter) for weight, letter in zip(WEIGHTS, subject, strict=False))
    need(subject[17] == LETTERS[-total % 31])
    said = {"issuer": issuer, "enterprise": subject, "issued": issued, "expires": expires}
    said["index"] = values[-1]
    if days > 1:
        as_of = date(1970, 1, 1) + timedelta(days=values[1])
        rules = date(values[2] // 10_000, values[2] // 100 % 100, values[2] % 100)
        said |= {"colour": COLOURS[values[0]], "as_of": str(as_of), "rules_from": str(rules)}
    return said


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether an Ed25519 signature is valid."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def read_trust(note: str, root: str, at_least: int = 0) -> Facts:
    """When a trust list was signed, the hosts of codes, and the keys, if the root key has signed it."""
    name, key_id, material = root.strip().split("+", 2)
    public = base64.b64decode(material, validate=True)
    own_id = sha256(f"{name}\n".encode() + public).hexdigest()[:8]
    need(public[:1] == b"\x01" and own_id == key_id, "no root key")
    text, _, lines = note.rpartition("\n\n")
    marks = [line.split(" ") for line in lines.splitlines()]
    raw = [base64.b64decode(mark[2], validate=True) for mark in marks if mark[:2] == ["—", name]]
    mine = [mark[4:] for mark in raw if mark[:4].hex() == key_id]
    is_own = mine and all(is_signed(public[1:], f"{text}\n".encode(), mark) for mark in mine)
    need(is_own, "the root key has not signed the trust list")
    title, origin, version, issued, *rest = text.split("\n")
    need((title, origin) == ("sise trust list v1", name), "no trust list of this root key")
    need(int(version[8:]) >= at_least, f"the trust list is older than version {at_least}")
    hosts = [line[5:] for line in rest if line.startswith("host ")]
    trust: Facts = {"issued": seconds(issued.removeprefix("issued ")), "hosts": hosts, "keys": []}
    for line in rest[len(hosts) :]:
        need(ENTRY.fullmatch(line), f"no key: {line[:60]}")
        _, key_id, algorithm, purpose, material, district, since, until, demo, withdrawn = line.split(" ")
        public, scope = base64.b64decode(material, validate=True), re.sub("(00){1,2}$", "", district)
        y = int.from_bytes(public, "little") & (2**255 - 1)
        is_strong = len(public) == 32 and y < PRIME and y not in SMALL
        need(is_strong or algorithm != "ed25519", f"key {key_id} is weak")
        need(sha256(public).hexdigest()[:8] == key_id, f"key {key_id} has another id")
        days = (seconds(f"{since}T00:00+08:00"), seconds(f"{until}T00:00+08:00") + DAY)
        key: Facts = {"id": bytes.fromhex(key_id), "algorithm": algorithm, "purpose": purpose}
        key |= {"public": public, "scope": scope, "days": days, "demo": demo == "demo"}
        trust["keys"].append({**key, "holds": withdrawn == "-"})
    return trust


def signer(trust: Facts, sealed: Sealed, purpose: str, issuer: str, issued: int) -> Facts:
    """The key that has signed an envelope; the algorithm stands beside the key, and never in what it signed."""
    header, _payload, signed, signature = sealed
    keys = [key for key in trust["keys"] if (key["id"], key["purpose"]) == (header[4], purpose)]
    keys = [key for key in keys if ALGORITHMS.get(key["algorithm"], header[1]) == header[1]]
    need(keys, "unknown_key")
    near = [key for key in keys if key["holds"] and issuer[3:].startswith(key["scope"])]
    able = [key for key in near if key["days"][0] <= issued < key["days"][1]]
    need(able or keys[0]["holds"], "key_withdrawn")
    need(able or keys[0] in near, "key_out_of_district")
    need(able, "key_out_of_time")
    known = [key for key in able if key["algorithm"] == "ed25519"]
    signed_by = [key for key in known if is_signed(key["public"], signed, signature)]
    need(signed_by, "bad_signature" if known == able else "algorithm_offline")
    return dict(signed_by[0])


def read_status(token: bytes, trust: Facts, at: int) -> tuple[str, int, bytes]:
    """Issuer, time and bits of a status list that a trusted key has signed."""
    sealed = envelope(token)
    claims, unpacker = whole(sealed[1], dict, 5), zlib.decompressobj()
    need(sealed[0].get(16) == "application/statuslist+cwt" and claims[65533]["bits"] == 2, "no status list")
    bits = unpacker.decompress(claims[65533]["lst"], CAP + 1)
    need(len(bits) <= CAP and unpacker.eof and not unpacker.unused_data, "the status list is damaged")
    signer(trust, sealed, "tokens", claims[1], claims[6])
    need(claims[6] <= at + SKEW, "the status list was made later than now: is the clock right?")
    return claims[1], claims[6], bits


def check(text: str, trust: Facts, at: int, status: tuple[str, int, bytes] | None = None) -> Facts:
    """What a code proves at a moment: ``reason`` is ``valid``, or why it does not hold."""
    said: Facts = {}
    try:
        need(text, "unreadable")
        parts = CODE.fullmatch(text) if len(text) <= 700 else None
        host, code = parts.groups() if parts else ("", "=")
        content = base64.b32decode(code + "=" * (-len(code) % 8))
        need(base64.b32encode(content).decode().rstrip("=") == code)
        sealed: Sealed = ({}, b"", b"", b"") if len(content) == 16 else envelope(content)
        claims = claims_of(sealed[1]) if sealed[0] else {}
        need(16 not in sealed[0])
        need(host in trust["hosts"], "foreign_host")
        need(claims, "opaque")
        key = signer(trust, sealed, "codes", claims["issuer"], claims["issued"])
        said = {**claims, "demo": key["demo"]}
        need(claims["issued"] <= at + SKEW, "not_yet")
        need(claims["expires"] >= at, "expired")
        issuer, made, bits = status or ("", 0, b"")
        need(issuer == claims["issuer"], "status_unchecked")
        said["list_age"], (place, shift) = max(at - made, 0), divmod(claims["index"], 4)
        state = bits[place] >> 2 * shift & 3 if place < len(bits) else -1
        need(state not in ENDED, ENDED.get(state, ""))
        need(state >= 0 and said["list_age"] <= 7 * DAY, "status_unchecked")
        need(state == 0, "under_review")
    except NotSo as refused:
        return {"reason": str(refused), **said}
    except DAMAGED:
        return {"reason": "wrong_format"}
    return {"reason": "valid", **said}


def main() -> int:
    """Checks one code; what it says goes to stdout as JSON."""
    parser = argparse.ArgumentParser(description="Checks a four-colour code offline.")
    parser.add_argument("text", help="what the QR code holds")
    parser.add_argument("--trust", required=True, type=Path, help="the trust list, a signed note")
    parser.add_argument("--root", required=True, help="verifier key that must have signed it, name+id+base64")
    parser.add_argument("--status", type=Path, help="the status list")
    parser.add_argument("--at", default="", help="the moment, such as 2026-12-01T08:00:00Z; now by default")
    parser.add_argument("--at-least", type=int, default=0, help="version of the trust list seen before")
    chosen = parser.parse_args()
    try:
        at = seconds(chosen.at) if chosen.at else int(datetime.now(UTC).timestamp())
        trust = read_trust(chosen.trust.read_text(encoding="utf-8"), chosen.root, chosen.at_least)
        need(at >= trust["issued"] - SKEW, "the clock is behind the trust list: is it right?")
        status = read_status(chosen.status.read_bytes(), trust, at) if chosen.status else None
    except (OSError, NotSo, *DAMAGED) as error:
        sys.stderr.write(f"名单不能用 · a list cannot be used: {error}\n")
        return 4
    verdict = check(chosen.text, trust, at, status)
    sys.stdout.write(json.dumps(verdict, ensure_ascii=False, indent=2) + "\n")
    if verdict["reason"] == "algorithm_offline":
        sys.stderr.write("此算法不能离线核验 · this algorithm cannot be checked offline\n")
    return 0 if verdict["reason"] == "valid" else 6


if __name__ == "__main__":
    sys.exit(main())
