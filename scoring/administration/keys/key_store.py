"""The folder of private keys, outside the database's reach: made, added to, and asked who signs
what on a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

from scoring.administration.keys.algorithms import Algorithm, check_of
from scoring.administration.keys.code_keys import CodeSigner, FileSigner, ProgrammeSigner, key_id_of
from scoring.administration.keys.key_files import code_key_text, read_code_key, read_private, write_private
from scoring.administration.keys.key_register import (
    IN_USE,
    LEAVING,
    WITHDRAWN,
    KeyPurpose,
    KeyRegister,
    RegisteredKey,
    read_register_of_keys,
)
from scoring.administration.keys.trust_list import TrustedKey, TrustList
from scoring.errors import InputError, UsageError
from scoring.store.log.note import Signer
from scoring.store.log.verify_proof import Key

REGISTER = "keys.json"
ROOT_FILE = "root.key"
VALID = timedelta(days=365)
"""For how long a key signs where nothing else is said."""
LEAD = timedelta(days=14)
"""How long before it signs a new key is in the trust list: within it every verifier has looked
for a newer list."""
OVERLAP = timedelta(days=92)
"""How long the former key may still sign after that, and how long a key is listed after its last
day: as long as the last code by it is valid."""


@dataclass(frozen=True)
class NewKey:
    """A key that is to be added.

    Attributes:
        purpose: What it signs.
        name: Its name.
        district: Division in which its codes hold.
        since: First day.
        until: Last day; by default a year.
        algorithm: Its algorithm; of entries and checkpoints Ed25519 alone.
        is_demo: Whether what it signs is a demonstration.
        taken_from: File with a private key that there is already, instead of a new one.
        command: Programme that signs with it, with ``public``.
        public: The public key of that programme's.
    """

    purpose: KeyPurpose
    name: str
    since: date
    district: str = ""
    until: date | None = None
    algorithm: Algorithm = Algorithm.ED25519
    is_demo: bool = False
    taken_from: Path | None = None
    command: tuple[str, ...] | None = None
    public: bytes = b""


@dataclass(frozen=True)
class StoredCodeKey:
    """A key of the folder that signs codes, with its place in the register."""

    registered: RegisteredKey
    signer: CodeSigner

    @property
    def cose(self) -> int:
        """COSE number of its algorithm."""
        return self.registered.algorithm.cose

    @property
    def key_id(self) -> bytes:
        """Key id, 4 bytes."""
        return bytes.fromhex(self.registered.id)

    def sign(self, messages: Sequence[bytes]) -> list[bytes]:
        """A signature over each message, 64 bytes each."""
        return self.signer.sign(messages)


@dataclass(frozen=True)
class KeyStore:
    """A folder with private keys and the register of them.

    A folder without a register may hold ``entries.key`` alone, as ``sise audit key`` writes it.

    Attributes:
        folder: The folder.
    """

    folder: Path

    @property
    def register_file(self) -> Path:
        """The file of the register."""
        return self.folder / REGISTER

    def register(self) -> KeyRegister:
        """The register.

        Raises:
            InputError: There is none, or it is damaged.
        """
        if not self.register_file.exists():
            raise InputError("key_register_missing", place=str(self.folder), folder=self.folder)
        return read_register_of_keys(self.register_file)

    def changed_at(self) -> int:
        """When the register was written last, in nanoseconds; 0 where there is none."""
        return self.register_file.stat().st_mtime_ns if self.register_file.exists() else 0

    def create(self, name: str, root_file: Path | None = None) -> Key:
        """Makes the folder, its register and the root key, and takes up keys that lie there
        already.

        Args:
            name: Name of the root key.
            root_file: Where the private root key is written; by default in the folder, to be
                taken offline.

        Returns:
            The public root key.

        Raises:
            UsageError: There is a register already, or the name is none.
        """
        if self.register_file.exists():
            raise UsageError("key_register_exists", place=str(self.folder))
        root = Signer.generate(name)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(root_file or self.folder / ROOT_FILE, root.text())
        KeyRegister(root.key.text()).write(self.register_file)
        return root.key

    def add(self, new: NewKey) -> RegisteredKey:
        """Adds a key.

        Raises:
            UsageError: It does not fit its purpose.
            InputError: The file is no private key.
        """
        register = self.register()
        key, text = self._made(new)
        if any((key.id, key.purpose) == (other.id, other.purpose) for other in register.keys):
            raise UsageError("key_there_already", key=key.id)
        if key.file:
            write_private(self.folder / key.file, text)
        register.put(key)
        register.write(self.register_file)
        return key

    def rotate(self, new: NewKey, lead: timedelta = LEAD) -> tuple[RegisteredKey, RegisteredKey | None]:
        """Adds the next key for a purpose; the present one signs until it begins, and a while is
        valid beside it.

        Args:
            new: The next key; it begins so long after its ``since``.
            lead: How long it is in the trust list before it signs.

        Returns:
            The new key, and the one that it follows.
        """
        register = self.register()
        present = register.signing(new.purpose, new.since)
        if present is None:
            return self.add(new), None
        # Without a gap, also where the present key ends sooner than verifiers have had time to
        # look.
        begins = min(new.since + lead, present.until + timedelta(days=1))
        following = replace(
            new, since=begins, district=new.district or present.district, is_demo=new.is_demo or present.demo
        )
        key = self.add(following)
        register = self.register()
        until = min(present.until, begins + OVERLAP)
        former = register.changed(present, until=until)
        register.write(self.register_file)
        return key, former

    def leave(self, key_id: str, ground: str, day: date) -> RegisteredKey:
        """Stops signing with a key that must not be relied on; its codes are to be signed anew,
        and then it is withdrawn.

        Raises:
            UsageError: There is no ground, or no other key signs for its purpose.
        """
        register = self.register()
        key = register.key(key_id)
        if not ground.strip():
            raise UsageError("ground_missing")
        others = [other for other in register.keys if other.purpose == key.purpose and other.id != key.id]
        if not any(other.signs_on(day) for other in others):
            raise UsageError("key_without_successor", key=key.id, purpose=key.purpose)
        left = register.changed(key, state=LEAVING, ground=ground)
        register.write(self.register_file)
        return left

    def withdraw(self, key_id: str, day: date) -> RegisteredKey:
        """Has nobody trust a key any more that is leaving; the caller knows that nothing rests on
        it."""
        register = self.register()
        gone = register.changed(register.key(key_id), state=WITHDRAWN, withdrawn=day)
        register.write(self.register_file)
        return gone

    def note_signer(self, purpose: KeyPurpose, day: date) -> Signer | None:
        """The key that signs entries or checkpoints on a day; ``None`` where there is none.

        Raises:
            InputError: It is no private key, or others than its owner can read it.
        """
        file = self.folder / f"{purpose}.key"
        if self.register_file.exists():
            key = self.register().signing(purpose, day)
            # A folder of before there was a register: what lies in it goes on signing until
            # another key is added.
            file = self.folder / key.file if key and key.file else file
        return Signer.read(read_private(file), str(file)) if file.exists() else None

    def code_key(self, purpose: KeyPurpose, day: date) -> StoredCodeKey | None:
        """The key that signs codes or tokens on a day; ``None`` where there is none."""
        if not self.register_file.exists():
            return None
        key = self.register().signing(purpose, day)
        return None if key is None else StoredCodeKey(key, self._signer(key))

    def leaving(self) -> frozenset[str]:
        """Ids of the keys of codes whose codes are to be signed anew."""
        if not self.register_file.exists():
            return frozenset()
        keys = self.register().keys
        return frozenset(key.id for key in keys if key.purpose == "codes" and key.state != IN_USE)

    def trust_list(self, hosts: Sequence[str], issued: int, day: date) -> TrustList:
        """The list of what others are to trust; another number where it says something else than
        the last one.

        Args:
            hosts: Hosts at which the codes are.
            issued: POSIX time.
            day: The day: keys whose last code has expired are left out.
        """
        register = self.register()
        trusted = _trusted_keys(register, day)
        root = Key.read(register.root)
        said = sha256(TrustList(root.name, 0, 0, tuple(hosts), trusted).text().encode()).hexdigest()
        if said != register.content:
            register.version, register.content = register.version + 1, said
            register.write(self.register_file)
        return TrustList(root.name, register.version, issued, tuple(hosts), trusted)

    def own_trust(self, hosts: Sequence[str], day: date) -> TrustList:
        """Whom the folder itself trusts on a day: what the next exported list will say, as of no moment."""
        register = self.register()
        root = Key.read(register.root)
        return TrustList(root.name, register.version, 0, tuple(hosts), _trusted_keys(register, day))

    def _made(self, new: NewKey) -> tuple[RegisteredKey, str]:
        """A key with the text of its private half."""
        is_code_key = new.purpose in ("codes", "tokens")
        if is_code_key and not new.district:
            raise UsageError("key_without_district", purpose=new.purpose)
        if not is_code_key and (new.algorithm is not Algorithm.ED25519 or new.command or new.district):
            raise UsageError("key_of_notes", purpose=new.purpose)
        if not new.name or "+" in new.name or new.name.split() != [new.name]:
            raise UsageError("audit_key_name_invalid", name=new.name)
        name = new.name
        if is_code_key:
            text, public = _code_key(new)
            key_id = key_id_of(public).hex()
        else:
            signer = _note_key(new)
            name, text = signer.name, signer.text()
            public, key_id = signer.key.public, signer.key.id.hex()
        registered = RegisteredKey(
            id=key_id,
            purpose=new.purpose,
            name=name,
            algorithm=new.algorithm,
            public=public.hex(),
            since=new.since,
            until=new.until or new.since + VALID,
            district=new.district,
            demo=new.is_demo,
            file=None if new.command else f"{new.purpose}-{key_id}.key",
            command=new.command,
        )
        return registered, text

    def _signer(self, key: RegisteredKey) -> CodeSigner:
        """What signs with a key."""
        if key.command:
            return ProgrammeSigner(key.algorithm, bytes.fromhex(key.public), key.command)
        file = self.folder / str(key.file)
        signer = read_code_key(read_private(file), str(file))
        if signer.public.hex() != key.public:
            raise InputError("key_file_of_other_key", place=str(file), key=key.id)
        return signer


def _trusted_keys(register: KeyRegister, day: date) -> tuple[TrustedKey, ...]:
    """The keys that others are to trust on a day: those whose last code may still hold."""
    keys = [key for key in register.keys if key.is_trusted and key.until + OVERLAP >= day]
    return tuple(_trusted(key) for key in keys)


def _trusted(key: RegisteredKey) -> TrustedKey:
    """A key as others are to trust it."""
    return TrustedKey(
        algorithm=key.algorithm,
        purpose="codes" if key.purpose == "codes" else "tokens",
        public=bytes.fromhex(key.public),
        district=key.district,
        since=key.since,
        until=key.until,
        is_demo=key.demo,
        withdrawn=key.withdrawn,
    )


def _code_key(new: NewKey) -> tuple[str, bytes]:
    """The private key of codes as text, which a programme's has not, and the public key."""
    if new.command:
        check_of(new.algorithm, new.public)
        return "", new.public
    if new.taken_from:
        signer = read_code_key(read_private(new.taken_from), str(new.taken_from))
    else:
        signer = FileSigner.generate(new.algorithm)
    return code_key_text(new.name, signer), signer.public


def _note_key(new: NewKey) -> Signer:
    """The key of entries or checkpoints."""
    if new.taken_from:
        return Signer.read(read_private(new.taken_from), str(new.taken_from))
    return Signer.generate(new.name)
