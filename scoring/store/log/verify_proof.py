#!/usr/bin/env python3
"""Checks a proof of the audit log with Python 3.11 alone: no package, no network, no database.

    python3 verify_proof.py PROOF --key LOG_KEY [--witness WITNESS_KEY ...]

PROOF is the file that ``sise audit proof`` wrote (C2SP tlog-proof): an entry of the log, its path
in the Merkle tree of RFC 9162 and the signed checkpoint (C2SP tlog-checkpoint) of that tree.
LOG_KEY and WITNESS_KEY are verifier keys, ``name+id+base64``, got from somewhere else than the
proof. Exit codes: 0 proven, 2 wrong usage, 6 not proven (and why).

This file is given to others as it is: it imports the standard library alone.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256, sha512
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any

HEADER = "c2sp.org/tlog-proof@v1"
ENTRY = ("event", "kind", "actor", "at", "sealed")
LOG, WITNESS = 1, 4
"""Signature types of C2SP signed notes: the log's own Ed25519, and a witness's timestamped one."""

Check = Callable[[bytes, bytes, bytes], bool]
"""(public key, message, signature) -> whether it is valid."""


class ProofError(ValueError):
    """What the proof lacks, as a sentence."""


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf (RFC 9162, 2.1.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of a node over two others."""
    return sha256(b"\x01" + left + right).digest()


def commitment(salt: bytes, content: bytes) -> bytes:
    """Digest of a row or payload: without the salt nobody finds the content by trying."""
    return sha256(salt + content).digest()


def row_digest(closed: bytes, opened: bytes) -> bytes:
    """Digest of a row over the commitments to its two parts."""
    return node_hash(opened, closed)


def leaf_data(
    number: int, kind: str, actor: str, at: str, sealed: str, payload_hash: bytes, signer: str | None = None
) -> bytes:
    """What a leaf is the hash of: canonical JSON of the event, its payload by its hash alone.

    Args:
        number: The event's number, from 1.
        kind: What happened.
        actor: Who did it.
        at: When.
        sealed: JSON of what it wrote: table -> ``count`` and ``root`` of the rows' digests.
        payload_hash: ``commitment`` to the payload.
        signer: The key that signs it, if one does.
    """
    signed_by = f',"signer":{encode_basestring(signer)}' if signer else ""
    actor, at, kind, sealed = map(encode_basestring, (actor, at, kind, sealed))
    return (
        f'{{"actor":{actor},"at":{at},"event":{number},"kind":{kind},'
        f'"payload_hash":"{payload_hash.hex()}","sealed":{sealed}{signed_by}}}'
    ).encode()


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether a path leads from leaf ``index`` of ``size`` to the root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or any(len(digest) != 32 for digest in (leaf, *path)):
        return False
    here, last = leaf, size - 1
    for sibling in path:
        if last == 0:
            return False
        if index & 1 or index == last:
            here = node_hash(sibling, here)
            # A node without a right neighbour moves up as it is, until it is a right one itself.
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            here = node_hash(here, sibling)
        index, last = index >> 1, last >> 1
    return last == 0 and here == root


# Ed25519 with the letters of RFC 8032, so that every line is found again in its 5.1.4 and 5.1.7.
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]


def add(p: Point, q: Point) -> Point:
    """Sum of two points (5.1.4)."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar: int, point: Point) -> Point:
    """A multiple of a point."""
    total: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point, scalar = add(point, point), scalar >> 1
    return total


def point_of(encoded: bytes) -> Point | None:
    """The point that 32 bytes stand for (5.1.3); ``None`` where they stand for none."""
    sign, y = encoded[31] >> 7, int.from_bytes(encoded, "little") & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = point_of((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def ed25519_valid(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether an Ed25519 signature is valid (RFC 8032, 5.1.7). It handles no secret."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, r, s = point_of(public), point_of(signature[:32]), int.from_bytes(signature[32:], "little")
    if key is None or r is None or BASE is None or s >= ORDER:
        return False
    h = int.from_bytes(sha512(signature[:32] + public + message).digest(), "little") % ORDER
    left, right = times(s, BASE), add(r, times(h, key))
    # Points carry a common factor: they are equal where their ratios are.
    return all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1))


@dataclass(frozen=True)
class Key:
    """A verifier key: who signs, with which type of signature, and the public key (32 bytes)."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        """First four bytes of SHA-256 over name, type and key."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def text(self) -> str:
        """The key as people pass it on, ``name+id+base64``."""
        material = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.id.hex()}+{material}"

    @classmethod
    def read(cls, text: str) -> Key:
        """Reads ``name+id+base64`` of an Ed25519 verifier key to which the id belongs."""
        name, _, rest = text.strip().partition("+")
        key_id, _, material = rest.partition("+")
        raw = decoded(material)
        if not name or len(raw) != 33 or raw[0] not in (LOG, WITNESS):
            example = "audit.example.gov.cn+1a2b3c4d+AeX..."
            expected = f"name+id+base64, for example {example}"
            raise ProofError(f"{text.strip()!r} is no key; expected {expected}")
        key = cls(name, raw[0], raw[1:])
        if (right := key.id.hex()) != key_id:
            raise ProofError(f"the id of key {name} is {key_id}, but {right} would belong to it")
        return key

    def accepts(self, body: bytes, signature: bytes, valid: Check) -> bool:
        """Whether a signature, without its key id, is this key's over the text of a note."""
        if self.kind != WITNESS:
            return valid(self.public, body, signature)
        seconds = int.from_bytes(signature[:8], "big")
        message = cosigned(body, seconds)
        return len(signature) == 72 and valid(self.public, message, signature[8:])


def cosigned(body: bytes, seconds: int) -> bytes:
    """What a witness signs (C2SP cosignature/v1): that it saw this checkpoint by a POSIX time."""
    return f"cosignature/v1\ntime {seconds}\n".encode() + body


def decoded(text: str) -> bytes:
    """Bytes of canonical Base64, and of nothing else."""
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raise ProofError(f"{text[:60]!r} is not Base64") from None
    if base64.b64encode(raw).decode() != text:
        raise ProofError(f"{text[:60]!r} is not canonical Base64")
    return raw


def open_note(note: str, keys: Sequence[Key], valid: Check = ed25519_valid) -> str:
    """Text of a signed note that **every** one of the keys has signed.

    Raises:
        ProofError: It is no signed note, a key has not signed it, or its signature is not valid.
    """
    text, gap, lines = note.rpartition("\n\n")
    unreadable = any(ord(letter) < 32 and letter != "\n" for letter in note)
    if not gap or not text or not lines.endswith("\n") or unreadable:
        parts = "a text, an empty line and signature lines that end in a newline"
        raise ProofError(f"this is no signed note: {parts} are expected")
    signatures = [_signature(line) for line in lines.splitlines()]
    body = (text + "\n").encode()
    for key in keys:
        mine = [raw[4:] for name, raw in signatures if name == key.name and raw[:4] == key.id]
        if not mine:
            raise ProofError(f"{key.name} has not signed this checkpoint")
        if not all(key.accepts(body, signature, valid) for signature in mine):
            reason = "the checkpoint was altered, or another key signed it"
            raise ProofError(f"the signature of {key.name} is not valid: {reason}")
    return text + "\n"


def _signature(line: str) -> tuple[str, bytes]:
    dash, _, rest = line.partition(" ")
    name, _, signature = rest.partition(" ")
    if dash != "—" or not name or not signature:
        raise ProofError(f"{line[:60]!r} is no signature line; expected: — name base64")
    return name, decoded(signature)


def read_checkpoint(text: str) -> tuple[str, int, bytes]:
    """(origin, size, root) of a checkpoint's text."""
    lines = text.split("\n")
    if len(lines) < 4 or not all(lines[:3]) or not re.fullmatch("0|[1-9][0-9]*", lines[1]):
        raise ProofError("this is no checkpoint: origin, size and root are expected, a line each")
    root = decoded(lines[2])
    if len(root) != 32:
        raise ProofError(f"the root has {len(root)} bytes, 32 are expected")
    return lines[0], int(lines[1]), root


def check(proof: str, keys: Sequence[Key]) -> dict[str, Any]:
    """What a proof proves: ``origin``, ``size``, the entry; ``payload`` and ``row`` if disclosed.

    Args:
        proof: Text of the file.
        keys: The log's key, then those of the witnesses that have to have signed.

    Raises:
        ProofError: It does not prove it; the sentence says why.
    """
    head, gap, note = proof.partition("\n\n")
    lines = head.split("\n")
    begins = [line[:6] for line in lines[1:3]]
    if not gap or lines[0] != HEADER or begins != ["extra ", "index "]:
        parts = f"{HEADER}, extra, index, the path, an empty line and a checkpoint"
        raise ProofError(f"this is no proof: expected {parts}")
    origin, size, root = read_checkpoint(open_note(note, keys))
    if origin != keys[0].name:
        raise ProofError(f"the checkpoint is of {origin}, the key of {keys[0].name}")
    entry, index = json.loads(decoded(lines[1][6:])), int(lines[2][6:])
    path = [decoded(line) for line in lines[3:]]
    if entry["event"] != index + 1 or not verify_inclusion(_leaf(entry), index, size, path, root):
        place = f"entry {index + 1} of the tree that the checkpoint signs"
        raise ProofError(f"event {entry['event']} is not {place}")
    proven = {"origin": origin, "size": size, **{name: entry[name] for name in ENTRY}}
    if "payload" in entry:
        proven["payload"] = json.loads(entry["payload"])
    return {**proven, "row": _row(entry)} if "row" in entry else proven


def _leaf(entry: dict[str, Any]) -> bytes:
    """Leaf hash of an entry; its payload by its hash where it was lawfully deleted."""
    payload_hash = bytes.fromhex(entry.get("payload_hash", ""))
    if "payload" in entry:
        payload_hash = commitment(bytes.fromhex(entry["salt"]), entry["payload"].encode())
    number, kind, actor, at, sealed = (entry[name] for name in ENTRY)
    return leaf_hash(leaf_data(number, kind, actor, at, sealed, payload_hash, entry.get("signer")))


def _row(entry: dict[str, Any]) -> dict[str, Any]:
    """The row that the entry brought, if the entry commits to it."""
    row, number = entry["row"], entry["event"]
    brought = json.loads(entry["sealed"]).get(row["table"], {"count": 0, "root": ""})
    salt, content = bytes.fromhex(row["salt"]), row["content"].encode()
    opened = row.get("opened", "").encode()
    closed = commitment(salt[16 if opened else 0 :], content)
    digest = row_digest(closed, commitment(salt[:16], opened)) if opened else closed
    path, root = [bytes.fromhex(digest) for digest in row["path"]], bytes.fromhex(brought["root"])
    if not verify_inclusion(leaf_hash(digest), row["index"], brought["count"], path, root):
        place = f"row {row['index']} of {row['table']}"
        raise ProofError(f"{place} is not among the rows of event {number}")
    return {"table": row["table"], **read_cells(content), **read_cells(opened)}


def read_cells(content: bytes) -> dict[str, str | int]:
    """The cells of a row: ``name=length:text``, ``name=integer`` or ``name=xhex``, a line each."""
    cells: dict[str, str | int] = {}
    while content:
        line = re.match(rb"(\w+)=(?:(\d+):|(-?\d+)\n|(x[0-9a-f]*)\n)", content)
        end = line.end() + int(line[2]) + 1 if line and line[2] else line.end() if line else 0
        if line is None or content[end - 1 : end] != b"\n":
            raise ProofError(f"{content[:60]!r} is no cell; expected name=length:text and a new line")
        text = content[line.end() : end - 1].decode() if line[2] else (line[4] or b"").decode()
        cells[line[1].decode()] = int(line[3]) if line[3] else text
        content = content[end:]
    return cells


def main() -> int:
    """Checks one proof; what it proves goes to stdout as JSON."""
    parser = argparse.ArgumentParser(description="Checks a proof of the audit log offline.")
    parser.add_argument("proof", type=Path, help="file that `sise audit proof` wrote")
    parser.add_argument("--key", required=True, help="verifier key of the log, name+id+base64")
    witness = "verifier key of a witness that has to have signed"
    parser.add_argument("--witness", action="append", default=[], help=witness)
    chosen = parser.parse_args()
    try:
        keys = [Key.read(text) for text in (chosen.key, *chosen.witness)]
        proven = check(chosen.proof.read_text(encoding="utf-8"), keys)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        sys.stderr.write(f"未能证明 · not proven: {error}\n")
        return 6
    sys.stdout.write(json.dumps(proven, ensure_ascii=False, indent=2) + "\n")
    sys.stderr.write(f"已证明 · proven: {proven['event']}/{proven['size']}, {proven['origin']}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
