"""What docs/format.md derives from values: normalisation, pseudonyms, indexes, reversible values, FF1, date shifts.

The tables of `unicodedata` may be older than the page asks for: more code points are then refused, none accepted more.
"""

import base64
import hmac
import re
import struct
import unicodedata

from cryptography.hazmat.primitives.ciphers.aead import AESSIV

import paravent_peer as peer

# "Normalisation 1"; the Unicode property White_Space, which `str.isspace` does not follow.
WHITE = "\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
FRANCE = ("33", "00", "0")


def _text(value):
    for char in value:
        category = unicodedata.category(char)
        unknown = category == "Cn" or (category == "Cc" and not re.match(f"[{WHITE}]", char))
        peer.need(not unknown, "record", "an unassigned code point or a control character")
    value = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).lower())
    return re.sub(f"[{WHITE}]+", " ", value).strip(" ")


def _name(value):
    value = unicodedata.normalize("NFD", _text(value))
    value = "".join(char for char in value if unicodedata.combining(char) == 0)
    return re.sub(r"[ '\u2019\u02bc\-\u2010.]+", " ", value).strip(" ")


def _phone(value, region):
    _text(value)
    country, international, trunk = region
    value = unicodedata.normalize("NFKC", value).replace("(0)", "", 1)
    value = re.sub(f"[{WHITE}()\\-./\u2010-\u2015]", "", value)
    if not value.startswith("+"):
        if value.startswith(international):
            value = "+" + value[len(international) :]
        else:
            value = "+" + country + value.removeprefix(trunk)
    peer.need(re.fullmatch(r"\+[1-9][0-9]{6,14}", value, re.ASCII), "record", "not a telephone number")
    return value


def normalize(cls, value, region=FRANCE):
    if cls == "exact":
        return value
    if cls == "phone":
        return _phone(value, region)
    return _name(value) if cls == "name" else _text(value)


# "Pseudonyms and what else is derived"


def encode(parts, region=FRANCE):
    """The encoding of (class, value) parts; None where a part is null or empty."""
    out = bytes([peer.SHARED["normalisation"]])
    for cls, value in parts:
        value = None if value is None else normalize(cls, value, region)
        if not value:
            return None
        out += peer.len16(value.encode())
    return out


def _mac(keys, domain, purpose, name, encoded, subject=None):
    key = peer.l_use(keys.link(domain), purpose, name, subject)
    return hmac.digest(key, encoded, "sha256")


def pseudonym(keys, domain, name, encoded, subject=None):
    """The t1. text; `subject` where the policy makes it erasable."""
    mac = _mac(keys, domain, peer.SHARED["purpose-pseudonym"], name, encoded, subject)
    return "t1." + base64.b32encode(mac[:16]).decode().rstrip("=").lower()


def index(keys, domain, name, encoded, bits):
    value = int.from_bytes(_mac(keys, domain, 2, name, encoded)[:4], "big") >> (32 - bits)
    return f"i1.{value:0{-(-bits // 4)}x}"


def reversible(keys, domain, name, value, width):
    key = peer.l_use(keys.link(domain), 3, name, length=64)
    body = peer.len16(value.encode()).ljust(2 + width, b"\0")
    return peer.to_text("s1.", AESSIV(key).encrypt(body, None))


def date_shift(keys, domain, name, encoded, weeks):
    """Days."""
    (draw,) = struct.unpack(">Q", _mac(keys, domain, 5, name, encoded)[:8])
    return (draw % (2 * weeks + 1) - weeks) * 7


TWO = "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86"
TWO = set((TWO + " 90 91 92 93 94 95 98").split())


def phone_ff1(keys, domain, name, phone):
    code = 1 if phone[1] in "17" else 2 if phone[1:3] in TWO else 3
    kept = phone[: 1 + code + 1]
    return kept + ff1(peer.l_use(keys.link(domain), 4, name), kept.encode(), phone[len(kept) :])


def ff1(key, tweak, digits):
    """FF1.Encrypt of SP 800-38G, radix 10."""
    n = len(digits)
    u, v = n // 2, n - n // 2
    a, b = digits[:u], digits[u:]
    size = -(-((10**v - 1).bit_length()) // 8)
    d = 4 * -(-size // 4) + 4
    p = bytes([1, 2, 1, 0, 0, 10, 10, u % 256]) + struct.pack(">II", n, len(tweak))
    for i in range(10):
        q = tweak + bytes((-len(tweak) - size - 1) % 16) + bytes([i]) + int(b).to_bytes(size, "big")
        block = bytes(16)
        for at in range(0, len(p + q), 16):
            block = peer._aes(key, peer._xor(block, (p + q)[at : at + 16]))
        stream = block
        for j in range(1, -(-d // 16)):
            stream += peer._aes(key, peer._xor(block, j.to_bytes(16, "big")))
        m = u if i % 2 == 0 else v
        a, b = b, f"{(int(a) + int.from_bytes(stream[:d], 'big')) % 10**m:0{m}d}"
    return a + b
