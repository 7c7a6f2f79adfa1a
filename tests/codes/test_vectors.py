"""The published numbers of the standards that codes stand on: base32, Ed25519, COSE, CWT, SM2."""

from __future__ import annotations

import cbor2
import pytest
from code_authority import CodeAuthority
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from scoring.administration.credential.code_address import base32, from_base32
from scoring.administration.credential.envelope import open_envelope, to_be_signed
from scoring.administration.credential.not_a_code import NotACode
from scoring.administration.credential.plain_cbor import dump, load
from scoring.administration.credential.profile import encode
from scoring.administration.credential.verdict import CodeReason, check
from scoring.administration.keys.algorithms import Algorithm, check_of
from scoring.administration.keys.code_keys import FileSigner
from scoring.administration.keys.sm2 import Sm2PublicKey, public_key_of, sm3

BASE32 = {"": "", "f": "MY", "fo": "MZXQ", "foo": "MZXW6", "foob": "MZXW6YQ", "fooba": "MZXW6YTB"}
"""RFC 4648, 10, without padding."""
ED25519 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe"
        "24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302a"
        "eeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed2"
        "8dc027beceea1ec40a",
    ),
]
"""RFC 8032, 7.1, tests 1 to 3: secret, public, message, signature."""
CONTENT = b"This is the content."
COSE_ED25519 = (
    "7142fd2ff96d56db85bee905a76ba1d0b7321a95c8c4d3607c5781932b7afb8711497dfa751bf40b58b3bcc32300b1487f3db34085eef013"
    "bf08f4a44d6fef0d"
)
"""eddsa-sig-01 of the examples of the COSE working group, by the secret of RFC 8032's test 1."""
COSE_P256 = (
    "bac5b11cad8f99f9c72b05cf4b9e26d244dc189f745228255a219a86d6a09eff",
    "20138bf82dc1b6d562be0fa54ab7804a3a64b6d72ccfed6b6fb6ed28bbfc117e",
    "8eb33e4ca31d1c465ab05aac34cc6b23d58fef5c083106c4d25a91aef0b0117e2af9a291aa32e14ab834dc56ed2a223444547e01f11d3b09"
    "16e5a4c345cacb36",
)
"""RFC 9052, C.2.1 with the key of C.7.1: x, y, signature."""
CWT_CLAIMS = (
    "a70175636f61703a2f2f61732e6578616d706c652e636f6d02656572696b77037818636f61703a2f2f6c696768742e6578616d706c652e63"
    "6f6d041a5612aeb0051a5610d9f0061a5610d9f007420b71"
)
"""RFC 8392, A.1."""
CWT = (
    "d28443a10126a104524173796d6d657472696345434453413235365850" + CWT_CLAIMS + "5840"
    "5427c1ff28d23fbad1f29c4c7c6a555e601d6fa29f9179bc3d7438bacaca5acd08c8d4d4f96131680c429a01f85951ecee743a52b9b63632"
    "c57209120e1c9e30"
)
"""RFC 8392, A.3, signed by the key of A.2.3."""
CWT_KEY = (
    "143329cce7868e416927599cf65a34f3ce2ffda55a7eca69ed8919a394d42f0f",
    "60f7f1a780d8a783bfb7a2dd6b2796e8128dbbcef9d3d168db9529971a36e7b9",
)


@pytest.mark.parametrize(("plain", "encoded"), BASE32.items())
def test_base32(plain: str, encoded: str) -> None:
    """Bytes are written as RFC 4648 writes them, and read back."""
    assert base32(plain.encode()) == encoded
    if encoded:
        assert from_base32(encoded) == plain.encode()


@pytest.mark.parametrize(
    "text", ["", "A", "ABC", "ABCDEF", "MZ", "MZXW6YR", "my", "MZXW6===", "M1", "MZ XW", "ＭＹ", "1_0"]
)
def test_other_base32_is_refused(text: str) -> None:
    """What RFC 4648 would not write so is nothing: spare bits, lengths, lower case, padding, other letters."""
    with pytest.raises(NotACode):
        from_base32(text)


@pytest.mark.parametrize(("secret", "public", "message", "signature"), ED25519)
def test_ed25519(secret: str, public: str, message: str, signature: str) -> None:
    """Keys and signatures are those of RFC 8032."""
    signer = FileSigner(Algorithm.ED25519, bytes.fromhex(secret))
    assert signer.public.hex() == public
    assert [mark.hex() for mark in signer.sign([bytes.fromhex(message)])] == [signature]
    is_signed = check_of(Algorithm.ED25519, signer.public)
    assert is_signed(bytes.fromhex(message), bytes.fromhex(signature))
    assert not is_signed(bytes.fromhex(message) + b"x", bytes.fromhex(signature))


def test_cose() -> None:
    """What is signed is what COSE signs: by Ed25519 and by ECDSA the published signatures hold over it."""
    signer = FileSigner(Algorithm.ED25519, bytes.fromhex(ED25519[0][0]))
    assert signer.sign([to_be_signed(bytes.fromhex("a201270300"), CONTENT)])[0].hex() == COSE_ED25519
    x, y, signature = COSE_P256
    by_p256(x, y, to_be_signed(bytes.fromhex("a10126"), CONTENT), bytes.fromhex(signature))


def by_p256(x: str, y: str, message: bytes, signature: bytes) -> None:
    """Checks a signature of ECDSA.

    Raises:
        InvalidSignature: It does not hold.
    """
    key = ec.EllipticCurvePublicNumbers(int(x, 16), int(y, 16), ec.SECP256R1()).public_key()
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    key.verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))


def test_cwt() -> None:
    """Claims are written as RFC 8392 writes them, its signature holds over them, and its token is no code."""
    claims = load(bytes.fromhex(CWT_CLAIMS))
    assert claims[1] == "coap://as.example.com" and claims[7] == bytes.fromhex("0b71")
    assert dump(claims).hex() == CWT_CLAIMS
    protected, _, payload, signature = cbor2.loads(bytes.fromhex(CWT)).value
    by_p256(*CWT_KEY, to_be_signed(protected, payload), signature)
    with pytest.raises(NotACode):
        open_envelope(bytes.fromhex(CWT))


def test_others_tokens_are_no_codes() -> None:
    """The published tokens, put into an address, are refused for their form, whoever signed them."""
    authority = CodeAuthority()
    tokens = (CWT, "d28445a201270300a10442313154" + CONTENT.hex() + "5840" + COSE_ED25519)
    for token in tokens:
        text = encode("SISE.EXAMPLE.GOV.CN", bytes.fromhex(token))
        assert check(text, authority.trust, authority.trust.issued).reason is CodeReason.WRONG_FORMAT


def test_sm2_and_sm3() -> None:
    """Hash, key and signature are those that GB/T 32905 and GB/T 32918.5 print."""
    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    public = public_key_of(bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"))
    assert public.hex().startswith(
        "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a5"
    )
    signature = bytes.fromhex(
        "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4"
        "840b69c485bbc1aa"
    )
    assert Sm2PublicKey(public).is_signed(b"message digest", signature)
    assert not Sm2PublicKey(public).is_signed(b"message digesT", signature)
