"""What a verifier remembers of trust lists: the highest version that it has seen of a root key, beside the list."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from scoring.administration.keys.trust_list import TrustList, read_trust_list
from scoring.cli.options import tell
from scoring.disk import atomic_file
from scoring.entities import Lang
from scoring.errors import InputError
from scoring.store.log.note import read_key


def remembered_trust_list(file: Path, root: str, lang: Lang) -> TrustList:
    """The trust list of a file, never an older one than was read from this place before.

    Args:
        file: The list; what is remembered lies beside it, as ``FILE.seen``.
        root: The public root key.
        lang: Language of what is said.

    Raises:
        InputError: There is no such file, or it cannot be used.
    """
    key, memory = read_key(root), file.with_name(f"{file.name}.seen")
    try:
        note = file.read_text(encoding="utf-8")
    except OSError:
        raise InputError("trust_list_missing", place=str(file)) from None
    except UnicodeDecodeError:
        raise InputError("trust_list_damaged", place=str(file), reason="UTF-8") from None
    seen = _seen(memory)
    trusted = read_trust_list(note, key, at_least=seen.get(key.text(), 0), place=str(file))
    if trusted.version > seen.get(key.text(), 0):
        try:
            with atomic_file(memory) as part:
                part.write_text(json.dumps({**seen, key.text(): trusted.version}), encoding="utf-8")
        except OSError:
            tell(lang, "trust_memory_failed", path=memory)
    return trusted


def _seen(memory: Path) -> dict[str, int]:
    """Root key -> version; nothing where nothing is remembered."""
    with suppress(OSError, ValueError):
        stored = json.loads(memory.read_text(encoding="utf-8"))
        if isinstance(stored, dict):
            return {key: version for key, version in stored.items() if isinstance(version, int)}
    return {}
