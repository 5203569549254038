"""A second implementation of wire format v1, suite 1 and key files, written from docs/format.md alone.

Each heading below names the section of that page it follows. Only `cryptography` is used for the primitives.
Nothing here is hardened: it exists to disagree with the crate where the crate and the page disagree.
"""

import base64
import hashlib
import hmac
import json
import os
import re
import struct
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

# Every constant of the page that two implementations must share; `exchange.py` breaks them one by one.
SHARED = {
    "scope": b"paravent/v1/scope",
    "domain": b"paravent/v1/domain",
    "seal": b"paravent/v1/seal",
    "subject": b"paravent/v1/subject",
    "link": b"paravent/v1/link",
    "use": b"paravent/v1/use",
    "base": b"paravent/v1/base",
    "kem": b"paravent/v1/kem",
    "write": b"paravent/v1/write",
    "file-commit": b"paravent/v1/file-commit",
    "file-seal": b"paravent/v1/file-seal",
    "xcmt": b"XCMT",
    "xaes": b"X",
    "purpose-pseudonym": 1,
    "normalisation": 1,
    "cell-nonce": 0xFF,
    "pad-to": 16,
}

RECORD, ROW = 1, 2
BOUND, SUBJECT = 1, 2


class Refused(Exception):
    """What is not opened, with the kind of the reason that section "Opening" tells apart."""

    def __init__(self, kind, why):
        super().__init__(f"{kind}: {why}")
        self.kind = kind


def need(holds, kind, why):
    if not holds:
        raise Refused(kind, why)


def len16(data):
    return struct.pack(">H", len(data)) + data


# "Keys"


def expand(key, label, rest, length=32):
    """X(K, label, rest, n)."""
    return HKDFExpand(SHA256(), length, SHARED[label] + b"\0" + rest).derive(key)


def k_scope(root, scope):
    return expand(root, "scope", bytes([scope]))


def k_domain(scope_key, domain):
    return expand(scope_key, "domain", len16(domain.encode()))


def k_seal(base, subject):
    return expand(base, "seal", b"") if subject is None else expand(base, "subject", subject)


def l_domain(root, domain):
    return expand(root, "link", len16(domain.encode()))


def l_use(domain_key, purpose, name, subject=None, length=32):
    key = expand(domain_key, "use", bytes([purpose]) + len16(name.encode()), length)
    return key if subject is None else expand(key, "subject", subject, length)


class Keyring:
    """Roots by epoch and by generation."""

    def __init__(self, sealing, linkage, epoch=None, generation=None):
        self.sealing, self.linkage = dict(sealing), dict(linkage)
        self.epoch = epoch or max(self.sealing)
        self.generation = generation or max(self.linkage)
        self._nodes, self._links = {}, {}

    def node(self, epoch, scope, domain):
        """Kdomain, or None where there is no such epoch."""
        if epoch not in self.sealing:
            return None
        at = epoch, scope, domain
        if at not in self._nodes:
            self._nodes[at] = k_domain(k_scope(self.sealing[epoch], scope), domain)
        return self._nodes[at]

    def link(self, domain):
        if domain not in self._links:
            self._links[domain] = l_domain(self.linkage[self.generation], domain)
        return self._links[domain]


@dataclass
class Grant:
    """Kdomain by epoch and scope, for one domain."""

    domain: str
    schema_digest: bytes
    policy_digest: bytes
    nodes: dict

    def node(self, epoch, scope, domain):
        return self.nodes.get((epoch, scope)) if domain == self.domain else None


# "AEAD"


def _aes(key, block):
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return encryptor.update(block) + encryptor.finalize()


def _xor(left, right):
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def xaes_key(key, nonce):
    """The key that C2SP XAES-256-GCM derives from the first half of the nonce."""
    zero = int.from_bytes(_aes(key, bytes(16)), "big")
    k1 = ((zero << 1) & (2**128 - 1)) ^ (0x87 if zero >> 127 else 0)
    k1 = k1.to_bytes(16, "big")
    blocks = (bytes([0, i]) + SHARED["xaes"] + b"\0" + nonce[:12] for i in (1, 2))
    return _aes(key, b"".join(_xor(block, k1) for block in blocks))


def commitment(key, nonce):
    mac = CMAC(algorithms.AES(key))
    mac.update(SHARED["xcmt"] + nonce + b"\0\1\0\1")
    return mac.finalize()


def aead_open(aead, nonce, sealed, aad, what):
    try:
        return aead.decrypt(nonce[12:], sealed, aad)
    except InvalidTag:
        raise Refused("tampered", f"the tag of {what} does not hold") from None


def aad(header, scope, number, rid, encs=b""):
    return header + bytes([scope, number]) + len16(rid or b"") + encs


# "Header, 32 bytes"


@dataclass
class Header:
    raw: bytes
    suite: int
    flags: int
    epoch: int
    nonce: bytes


def make_header(suite, profile, rid, subject, epoch, nonce):
    flags = (BOUND if rid is not None else 0) | (SUBJECT if subject is not None else 0)
    return struct.pack(">BBBBI", 1, suite, profile, flags, epoch) + nonce


def read_header(data, profile, suite):
    """Version, suite, profile and flags, before anything else is looked at."""
    need(len(data) >= 32, "malformed", "shorter than a header")
    version, got_suite, got_profile, flags, epoch = struct.unpack(">BBBBI", data[:8])
    need(version == 1, "unsupported", "version")
    need(got_suite == suite, "unsupported", "suite")
    need(got_profile == profile, "unsupported", "profile")
    need(flags & ~(BOUND | SUBJECT) == 0, "unsupported", "flags")
    need(epoch != 0, "malformed", "epoch 0")
    return Header(data[:32], got_suite, flags, epoch, data[8:32])


def agree(header, rid, subject):
    """The row is bound to what the caller states, no more and no less."""
    need(bool(header.flags & BOUND) == (rid is not None), "other policy", "record id")
    need(bool(header.flags & SUBJECT) == (subject is not None), "other policy", "subject key")


def known_scope(scope):
    return 1 <= scope <= 4 or 16 <= scope <= 63


# Schemas and values


@dataclass
class Field:
    name: str
    number: int
    scope: int
    width: int
    type: str = "text"
    cls: str = "exact"


@dataclass
class Schema:
    fields: list
    by_number: dict = field(init=False)
    by_name: dict = field(init=False)

    def __post_init__(self):
        self.fields = sorted(self.fields, key=lambda one: one.number)
        self.by_number = {one.number: one for one in self.fields}
        self.by_name = {one.name: one for one in self.fields}

    def scopes(self):
        return sorted({one.scope for one in self.fields})

    def of(self, scope):
        return [one for one in self.fields if one.scope == scope]

    def width(self, scope):
        """A group's width: the sum of 3 + width, rounded up."""
        to = SHARED["pad-to"]
        return -(-sum(3 + one.width for one in self.of(scope)) // to) * to


DATE = r"(\d{4})-(\d\d)-(\d\d)"
DATE_TIME = re.compile(DATE + r"[Tt](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|[+-](\d\d):(\d\d))", re.ASCII)


def _is_date(year, month, day):
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return 1 <= month <= 12 and 1 <= day <= days[month - 1]


def fits(kind, text):
    """Whether a text is of the field's type ("Record profile", Values)."""
    if kind == "integer":
        return bool(re.fullmatch(r"0|-?[1-9][0-9]*", text, re.ASCII)) and -(2**63) <= int(text) < 2**63
    if kind == "boolean":
        return text in ("true", "false")
    if kind == "date":
        parts = re.fullmatch(DATE, text, re.ASCII)
        return bool(parts) and _is_date(*map(int, parts.groups()))
    if kind == "date-time":
        parts = DATE_TIME.fullmatch(text)
        if not parts:
            return False
        year, month, day, hour, minute, second, *offset = (int(part or 0) for part in parts.groups())
        clock = hour < 24 and minute < 60 and second <= 60 and offset[0] < 24 and offset[1] < 60
        return clock and _is_date(year, month, day)
    if kind == "json":
        try:
            json.loads(text, parse_constant=lambda word: need(False, "plaintext", word))
        except (ValueError, RecursionError, Refused):
            return False
    return True


def to_bytes(one, value):
    data = value.encode()
    if len(data) > one.width or not fits(one.type, value):
        raise ValueError(f"field {one.name} does not fit")
    return data


def from_bytes(one, data):
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise Refused("plaintext", f"{one.name} is not UTF-8") from None
    need(fits(one.type, text), "plaintext", f"{one.name} is not of its type")
    return text


# "Record profile"


def pack_group(schema, scope, values):
    body = b""
    for one in schema.of(scope):
        if values.get(one.number) is not None:
            body += bytes([one.number]) + len16(to_bytes(one, values[one.number]))
    return body.ljust(schema.width(scope), b"\0")


def unpack_group(schema, scope, body):
    values, at, last = {}, 0, 0
    while at < len(body):
        number = body[at]
        if number == 0:
            need(not any(body[at:]), "plaintext", "padding is not zero")
            break
        need(number > last, "plaintext", "fields do not ascend")
        need(at + 3 <= len(body), "plaintext", "an entry overruns")
        (length,) = struct.unpack(">H", body[at + 1 : at + 3])
        need(at + 3 + length <= len(body), "plaintext", "an entry overruns")
        one = schema.by_number.get(number)
        if one is not None:
            need(one.scope == scope, "plaintext", "a field of another scope")
            values[number] = from_bytes(one, body[at + 3 : at + 3 + length])
        last, at = number, at + 3 + length
    return values


def seal_record(keys, schema, domain, epoch, values, rid=None, subject=None, nonce=None):
    nonce = nonce or os.urandom(24)
    header = make_header(1, RECORD, rid, subject, epoch, nonce)
    out = header
    for scope in schema.scopes():
        key = k_seal(keys.node(epoch, scope, domain), subject)
        body = pack_group(schema, scope, values)
        sealed = AESGCM(xaes_key(key, nonce)).encrypt(nonce[12:], body, aad(header, scope, 0, rid))
        out += struct.pack(">BH", scope, len(body)) + commitment(key, nonce) + sealed
    return out


def groups(data, encs=False):
    """(scope, enc, commitment, ciphertext and tag) of each group."""
    out, at, head = [], 32, 3 + (32 if encs else 0) + 16
    while at < len(data):
        need(at + head <= len(data), "malformed", "a group is cut")
        scope, length = struct.unpack(">BH", data[at : at + 3])
        need(known_scope(scope), "malformed", "scope")
        need(not out or scope > out[-1][0], "malformed", "scopes do not ascend")
        need(length and length % 16 == 0, "malformed", "length of a group")
        end = at + head + length + 16
        need(end <= len(data), "malformed", "a group is cut")
        out.append((scope, data[at + 3 : at + head - 16], data[at + head - 16 : at + head], data[at + head : end]))
        at = end
    need(out, "malformed", "no group")
    return out


def open_key(keys, header, scope, domain, subject, stated):
    node = keys.node(header.epoch, scope, domain)
    need(node is not None, "unknown epoch", f"no key of scope {scope} for epoch {header.epoch}")
    key = k_seal(node, subject)
    need(hmac.compare_digest(commitment(key, header.nonce), stated), "wrong key", f"scope {scope}")
    return key


def check_scopes(schema, present, wanted):
    for scope in present:
        need(scope in schema.scopes(), "other schema", f"scope {scope}")
    for scope in wanted:
        need(scope in present, "missing scope", f"scope {scope}")


def open_record(keys, schema, domain, data, rid=None, subject=None, scopes=None):
    """The values by field number of `scopes`, or of every scope of the schema."""
    header = read_header(data, RECORD, 1)
    found = groups(data)
    agree(header, rid, subject)
    wanted = schema.scopes() if scopes is None else sorted(scopes)
    need(
        all(keys.node(header.epoch, scope, domain) for scope in wanted),
        "unknown epoch",
        f"epoch {header.epoch}",
    )
    check_scopes(schema, [group[0] for group in found], wanted)
    values = {}
    for scope, _, stated, sealed in found:
        if scope not in wanted:
            continue
        key = open_key(keys, header, scope, domain, subject, stated)
        aead = AESGCM(xaes_key(key, header.nonce))
        body = aead_open(aead, header.nonce, sealed, aad(header.raw, scope, 0, rid), f"scope {scope}")
        values |= unpack_group(schema, scope, body)
    return values


# "Row profile"


def cell_nonce(nonce, number):
    return nonce[:-1] + bytes([nonce[-1] ^ (number & SHARED["cell-nonce"])])


def seal_row(keys, schema, domain, epoch, values, rid=None, subject=None, nonce=None):
    """The row column, and each field's cell by its number."""
    nonce = nonce or os.urandom(24)
    header = make_header(1, ROW, rid, subject, epoch, nonce)
    row, cells = header, {}
    for scope in schema.scopes():
        key = k_seal(keys.node(epoch, scope, domain), subject)
        row += bytes([scope]) + commitment(key, nonce)
        aead = AESGCM(xaes_key(key, nonce))
        for one in schema.of(scope):
            value = values.get(one.number)
            body = b"\xff\xff" if value is None else len16(to_bytes(one, value))
            body = body.ljust(2 + one.width, b"\0")
            at = cell_nonce(nonce, one.number)[12:]
            cells[one.number] = aead.encrypt(at, body, aad(header, scope, one.number, rid))
    return row, cells


def read_row(data):
    header = read_header(data, ROW, 1)
    need(len(data) > 32 and (len(data) - 32) % 17 == 0, "malformed", "length of a row column")
    entries = [(data[at], data[at + 1 : at + 17]) for at in range(32, len(data), 17)]
    for place, (scope, _) in enumerate(entries):
        need(known_scope(scope), "malformed", "scope")
        need(place == 0 or scope > entries[place - 1][0], "malformed", "scopes do not ascend")
    return header, entries


def unpack_cell(one, body):
    (length,) = struct.unpack(">H", body[:2])
    if length == 0xFFFF:
        need(not any(body[2:]), "plaintext", "padding is not zero")
        return None
    need(2 + length <= len(body), "plaintext", "the value overruns")
    need(not any(body[2 + length :]), "plaintext", "padding is not zero")
    return from_bytes(one, body[2 : 2 + length])


def open_row(keys, schema, domain, data, cells, rid=None, subject=None, scopes=None):
    """The values by field number of `scopes`, or of every scope of the schema; a null is left out."""
    header, entries = read_row(data)
    for cell in cells.values():
        need(len(cell) >= 18, "malformed", "a cell is cut")
    agree(header, rid, subject)
    wanted = schema.scopes() if scopes is None else sorted(scopes)
    need(
        all(keys.node(header.epoch, scope, domain) for scope in wanted),
        "unknown epoch",
        f"epoch {header.epoch}",
    )
    check_scopes(schema, [scope for scope, _ in entries], wanted)
    values = {}
    for scope, stated in entries:
        if scope not in wanted:
            continue
        key = open_key(keys, header, scope, domain, subject, stated)
        aead = AESGCM(xaes_key(key, header.nonce))
        for one in schema.of(scope):
            need(one.number in cells, "missing scope", f"no cell of {one.name}")
            at = cell_nonce(header.nonce, one.number)
            body = aead_open(aead, at, cells[one.number], aad(header.raw, scope, one.number, rid), one.name)
            value = unpack_cell(one, body)
            if value is not None:
                values[one.number] = value
    return values


# "Text forms"


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text):
    """Only what `base64url` writes: no padding, no white space, trailing bits zero."""
    try:
        data = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), b"-_", validate=True)
    except ValueError:
        raise Refused("malformed", "not base64url") from None
    need(base64url(data) == text, "malformed", "not the canonical text")
    return data


def to_text(prefix, data):
    return prefix + base64url(data)


def from_text(prefix, text):
    need(text.startswith(prefix), "malformed", "another form")
    return from_base64url(text[len(prefix) :])


# "Key files"

KEYRING, KEYRING_1 = "paravent-keyring-2.", "paravent-keyring-1."
GRANT, TERMED = "paravent-grant-1.", "paravent-grant-2."

ACTIVE, DECRYPT_ONLY, DISABLED, DESTROYED = 1, 2, 3, 4


def _file_keys(passphrase, head):
    memory, passes, lanes = struct.unpack(">III", head[:12])
    need(8 * lanes <= memory <= 2**20 and 1 <= passes <= 16 and 1 <= lanes <= 16, "damaged", "cost out of bounds")
    kdf = Argon2id(salt=head[12:28], length=32, iterations=passes, lanes=lanes, memory_cost=memory)
    key = kdf.derive(passphrase.encode())
    return expand(key, "file-commit", b""), expand(key, "file-seal", b"")


def write_key_file(prefix, contents, passphrase, cost=(49152, 6, 4)):
    start, nonce = struct.pack(">III", *cost) + os.urandom(16), os.urandom(24)
    commit, key = _file_keys(passphrase, start)
    head = start + commit + nonce
    sealed = AESGCM(xaes_key(key, nonce)).encrypt(nonce[12:], contents, prefix.encode() + head)
    checksum = hashlib.sha256(prefix.encode() + head + sealed).digest()[:8]
    return prefix + base64url(head + sealed + checksum) + "\n"


def read_key_file(prefix, text, passphrase):
    word = re.match(r"paravent-[a-z]+-([1-9][0-9]*)\.", text, re.ASCII)
    need(word, "damaged", "not a key file")
    newest = 2 if word[0].startswith(("paravent-grant-", "paravent-keyring-")) else 1
    need(int(word[1]) <= newest, "newer version", word[1])
    need(word[0] == prefix, "misuse", "another kind of key file")
    try:
        # The page speaks of "a line break"; the crate also reads CRLF, and none.
        body = from_base64url(re.sub(r"\r?\n\Z", "", text[len(prefix) :]))
    except Refused:
        raise Refused("damaged", "not base64url") from None
    need(len(body) >= 84 + 16 + 8, "damaged", "cut")
    head, sealed, checksum = body[:84], body[84:-8], body[-8:]
    whole = hashlib.sha256(prefix.encode() + head + sealed).digest()[:8]
    need(whole == checksum, "damaged", "checksum")
    commit, key = _file_keys(passphrase, head)
    need(hmac.compare_digest(commit, head[28:60]), "wrong passphrase", "commitment")
    nonce = head[60:84]
    return aead_open(AESGCM(xaes_key(key, nonce)), nonce, sealed, prefix.encode() + head, "the file")


def keyring_contents(keyring, log=bytes(range(32))):
    """Of version 2; what is not active opens, and no day is known."""
    states = [(one, ACTIVE if one == keyring.epoch else DECRYPT_ONLY, root) for one, root in keyring.sealing.items()]
    out = struct.pack(">H", len(states))
    out += b"".join(struct.pack(">IB", one, state) + bytes(8) + root for one, state, root in states)
    out += struct.pack(">H", len(keyring.linkage))
    return out + b"".join(struct.pack(">I", one) + root for one, root in keyring.linkage.items()) + log


def keyring_1_contents(keyring):
    out = struct.pack(">IH", keyring.epoch, len(keyring.sealing))
    out += b"".join(struct.pack(">I", one) + root for one, root in keyring.sealing.items())
    out += struct.pack(">IH", keyring.generation, len(keyring.linkage))
    return out + b"".join(struct.pack(">I", one) + root for one, root in keyring.linkage.items())


def parse_keyring(data):
    """Of version 2; epochs that open nothing are left out."""

    def rows(at, size):
        need(len(data) >= at + 2, "damaged", "contents")
        (count,) = struct.unpack(">H", data[at : at + 2])
        end = at + 2 + size * count
        need(len(data) >= end, "damaged", "contents")
        found = [data[row : row + size] for row in range(at + 2, end, size)]
        numbers = {int.from_bytes(row[:4], "big") for row in found}
        # The page leaves these open; the crate refuses them, and takes any order.
        need(len(numbers) == count and 0 not in numbers, "damaged", "contents")
        return found, end

    epochs, at = rows(0, 45)
    states = {}
    for row in epochs:
        number, state = struct.unpack(">IB", row[:5])
        need(ACTIVE <= state <= DESTROYED, "damaged", "contents")
        need(state != DESTROYED or row[13:] == bytes(32), "damaged", "contents")
        for day in row[5:9], row[9:13]:
            year, month, of_month = struct.unpack(">hBB", day)
            need(day == bytes(4) or 1 <= month <= 12 and 1 <= of_month <= 31, "damaged", "contents")
        states[number] = state, row[13:]
    active = [number for number, (state, _) in states.items() if state == ACTIVE]
    need(len(active) == 1 and active[0] == max(states), "damaged", "epochs")
    generations, at = rows(at, 36)
    need(generations and at + 32 == len(data), "damaged", "contents")
    sealing = {number: root for number, (state, root) in states.items() if state in (ACTIVE, DECRYPT_ONLY)}
    linkage = {int.from_bytes(row[:4], "big"): row[4:] for row in generations}
    return Keyring(sealing, linkage)


def grant_contents(grant):
    out = bytes([len(grant.domain)]) + grant.domain.encode() + grant.schema_digest + grant.policy_digest
    out += struct.pack(">H", len(grant.nodes))
    return out + b"".join(struct.pack(">IB", *at) + node for at, node in sorted(grant.nodes.items()))


def term_contents(year, month, day, owner):
    return struct.pack(">hBBB", year, month, day, len(owner.encode())) + owner.encode()


def parse_termed(data):
    """The grant, and its term as its date and owner."""
    at = 1 + data[0]
    (count,) = struct.unpack(">H", data[at + 64 : at + 66])
    end = at + 66 + 37 * count
    need(len(data) >= end + 5, "damaged", "contents")
    year, month, day, length = struct.unpack(">hBBB", data[end : end + 5])
    need(len(data) == end + 5 + length, "damaged", "contents")
    return parse_grant(data[:end]), (f"{year:04}-{month:02}-{day:02}", data[end + 5 :].decode())


def parse_grant(data):
    at = 1 + data[0]
    domain, digests, (count,) = data[1:at].decode(), data[at : at + 64], struct.unpack(">H", data[at + 64 : at + 66])
    at += 66
    need(len(data) == at + 37 * count, "damaged", "contents")
    rows = [data[at + 37 * row : at + 37 * row + 37] for row in range(count)]
    nodes = {struct.unpack(">IB", row[:5]): row[5:] for row in rows}
    return Grant(domain, digests[:32], digests[32:], nodes)
