"""Plaintexts that no writer makes, sealed by Python, and strings to normalise: both sides must read them alike."""

import random
import sys
import unicodedata

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import both_sides
import derived
import paravent_peer as peer

DAY = "2020-07-21"
TIME = DAY + "T09:30:00"
VALUES = {
    "birth": [DAY, "2020-02-29", "2021-02-29", "1900-02-29", "2000-02-29", "2020-13-01", "2020-00-10", "2020-04-31"]
    + [
        "0000-01-01",
        "0001-01-01",
        "9999-12-31",
        "2020-7-21",
        " 2020-07-21",
        "٢٠٢٠-07-21",
        "2020-07-00",
        "",
        "20200721",
    ],
    "start": [TIME + "Z", TIME + "+02:00", TIME + "-00:00", TIME + "z", DAY + "t09:30:00Z", DAY + " 09:30:00Z"]
    + [TIME, TIME + ".5Z", TIME + ".Z", TIME + ",5Z", TIME + ".123456789012Z", TIME + "+24:00", TIME + "+23:59"]
    + [TIME + "+02", TIME + "+0200", TIME + "+02:60", TIME + "\u221202:00", DAY + "T24:00:00Z", DAY + "T23:59:60Z"]
    + ["2016-12-31T23:59:60Z", DAY + "T09:30:60Z", DAY + "T09:60:00Z", DAY + "T09:30:61Z", DAY + "T9:30:00Z"]
    + [DAY + "T09:30Z", TIME + "Z ", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", DAY, ""],
    "amount": ["0", "-0", "1", "-1", "01", "+1", " 1", "9223372036854775807", "9223372036854775808", "", "1.0", "1e3"]
    + ["-9223372036854775808", "-9223372036854775809", "٣", "1_0", "0x1", "99999999999999999999"],
    "insured": ["true", "false", "True", "1", "", "null", "true ", "TRUE", "tru"],
    "room": ["", "\0", "a\tb", "\ufeff", "\uffff", "e\u0301", "\U0010ffff", " ", "\n"],
    "codes": ["{}", "[]", "", " ", "1", "-0", "01", "1.", ".5", "1e5", "1E+400", "NaN", "Infinity", "-Infinity", "nul"]
    + ['"a"', '"\\ud800"', '"\\udc00\\ud800"', '"\\u00e9"', '"\t"', '"\x7f"', '"\\x"', "{'a':1}", '{"a":1,"a":2}']
    + ["[1,]", "[1,2", " [1] ", "\t{}\n", "\x0b[]", "\ufeff[]", "true", "false", "null", " null", "nullx", "// c\n1"]
    + ["[" * depth + "]" * depth for depth in (50, 100, 127, 128, 129, 140)]
    + [
        "9" * 290,
        "1" + "0" * 200 + ".0",
        "[1] [2]",
        '"\U0001f9d1"',
        "\xa0[]",
        '{"a"}',
        "{1:2}",
        "-",
        '"',
        "\\",
        "tRue",
    ],
}


def run(rust, tally):
    draw = random.Random(3)
    keys = peer.Keyring({1: bytes(range(32))}, {1: bytes(range(32, 64))})
    text = peer.write_key_file(peer.KEYRING, peer.keyring_contents(keys), both_sides.PASSPHRASE, (64, 1, 2))
    lines = list(values(keys)) + list(bodies(keys, draw)) + list(cells(keys, draw))
    replies = rust.ask([both_sides.setup(), both_sides.load(text), *(line for _, line in lines)])[2:]
    tally.check(len(replies) == len(lines), "edges: a reply each", len(replies))
    read = 0
    for (what, line), reply in zip(lines, replies, strict=True):
        here = both_sides.open_here(keys, both_sides.ALL["visits"], line)
        if isinstance(here, dict):
            here, read = both_sides.typed(both_sides.ALL["visits"].schema, here), read + 1
            # Rust reveals JSON into serde_json's `RawValue`, which never holds white space around a value.
            here |= {"codes": here["codes"].strip(" \t\n\r")} if "codes" in here else {}
        there = reply.get("fields", reply.get("refused"))
        tally.check(here == there, "edges: plaintexts read alike", (what, here, reply))
    tally.check(100 < read < len(lines) - 100, "edges: some opened, some refused", read)
    strings(rust, tally, draw)


def line_of(sealed, cells=None):
    schema = both_sides.ALL["visits"].schema
    named = cells and {schema.by_number[number].name: cell.hex() for number, cell in cells.items()}
    unbound = {"record_id": None, "subject_key": None}
    line = {"op": "open", "policy": "visits", "with": "keyring", "text": False}
    return line | {"sealed": sealed.hex(), "cells": named, "bound": unbound}


def entry(number, data):
    return bytes([number]) + peer.len16(data)


GOOD = {"last_name": "Lefèvre", "first_name": "Zoé", "start": TIME + "Z"}


def good():
    by_name = both_sides.ALL["visits"].schema.by_name
    return {by_name[name].number: value for name, value in GOOD.items()}


def padded(body, least=0):
    body = body.ljust(least, b"\0")
    return body + bytes(-len(body) % 16)


def record(keys, changed):
    """A record whose group of each scope in `changed` has that body, tags and commitments right."""
    policy, nonce = both_sides.ALL["visits"], random.randbytes(24)
    header = out = peer.make_header(1, peer.RECORD, None, None, 1, nonce)
    for scope in policy.schema.scopes():
        key = peer.k_seal(keys.node(1, scope, policy.domain), None)
        body = changed.get(scope, peer.pack_group(policy.schema, scope, good()))
        sealed = AESGCM(peer.xaes_key(key, nonce)).encrypt(nonce[12:], body, peer.aad(header, scope, 0, None))
        out += bytes([scope]) + len(body).to_bytes(2, "big") + peer.commitment(key, nonce) + sealed
    return out


def row(keys, changed):
    """The same of the row profile, by field number."""
    policy, nonce = both_sides.ALL["visits"], random.randbytes(24)
    column, made = peer.seal_row(keys, policy.schema, policy.domain, 1, good(), nonce=nonce)
    for number, body in changed.items():
        scope = policy.schema.by_number[number].scope
        key = peer.k_seal(keys.node(1, scope, policy.domain), None)
        at = peer.cell_nonce(nonce, number)[12:]
        context = peer.aad(column[:32], scope, number, None)
        made[number] = AESGCM(peer.xaes_key(key, nonce)).encrypt(at, body, context)
    return column, made


def values(keys):
    """Texts that are and are not of their field's type, in both profiles."""
    schema = both_sides.ALL["visits"].schema
    for name, each in VALUES.items():
        one = schema.by_name[name]
        for value in each:
            data = value.encode()
            body = entry(one.number, data)
            if name == "start":
                yield (name, value), line_of(record(keys, {one.scope: padded(body)}))
            elif name == "birth":
                names = b"".join(entry(number, b"x") for number in (1, 2))
                yield (name, value), line_of(record(keys, {1: padded(names + body)}))
            elif name == "room":
                start = entry(7, good()[7].encode())
                yield (name, value), line_of(record(keys, {one.scope: padded(start + body)}))
            else:
                yield (name, value), line_of(record(keys, {one.scope: padded(body)}))
            cell = peer.len16(data).ljust(2 + max(one.width, len(data)), b"\0")
            yield ("cell", name, value), line_of(*row(keys, {one.number: cell}))


def bodies(keys, draw):
    """Bodies of groups at, and beyond, the rules of the record profile."""
    names = entry(1, b"a") + entry(2, b"b")
    start = entry(7, good()[7].encode())
    for what, scope, body in [
        ("required fields are null", 1, bytes(16)),
        ("one required field is null", 1, padded(entry(1, b"a"))),
        ("start is null", 3, bytes(16)),
        ("least length", 1, padded(names)),
        ("greatest length", 1, names.ljust(65520, b"\0")),
        ("wider than its width", 1, padded(entry(1, b"a" * 200) + entry(2, b"b"))),
        ("wider than its width, integer", 16, padded(entry(10, b"true") + entry(11, b"1" * 30))),
        ("no padding", 1, entry(1, b"a" * 5) + entry(2, b"b" * 5)),
        ("an unknown field", 1, padded(names + entry(200, b"zz"))),
        ("an unknown field that is not UTF-8", 1, padded(names + entry(200, b"\xff\xfe"))),
        ("an unknown field between", 1, padded(entry(1, b"a") + entry(2, b"b") + entry(4, b"?") + entry(200, b"!"))),
        ("an unknown field twice", 1, padded(names + entry(200, b"1") + entry(200, b"2"))),
        ("an unknown field descends", 1, padded(names + entry(200, b"1") + entry(199, b"2"))),
        ("an unknown field overruns", 1, padded(names + bytes([200, 0, 200]))),
        ("a field of another scope", 1, padded(names + entry(6, b"a@example.org"))),
        ("a field of another scope alone", 4, padded(entry(255, b"a"))),
        ("a field twice", 1, padded(entry(1, b"a") + entry(1, b"a") + entry(2, b"b"))),
        ("fields descend", 1, padded(entry(2, b"a") + entry(1, b"b"))),
        ("padding is not zero", 1, padded(names, 31)[:-1] + b"\1"),
        ("a length of 0xFFFF", 1, padded(names + b"\3\xff\xff")),
        ("a number at the end", 1, padded(names.ljust(8, b"\0"), 16)[:8] + names.ljust(8, b"\0")),
        ("a head cut by the end", 3, (start + entry(128, b"")).ljust(16, b"\0")[:32].ljust(31, b"\0") + b"\x80"),
        ("a head cut by the end, two bytes", 1, entry(1, b"a" * 4) + entry(2, b"b" * 1) + b"\3\0\0" + b"\xc8\0"),
    ]:
        if len(body) % 16 == 0:
            yield what, line_of(record(keys, {scope: body}))
    schema = both_sides.ALL["visits"].schema
    whole = {number: b for number, b in ((1, b"Lef\xc3\xa8vre"), (2, b"Zo\xc3\xa9"), (3, DAY.encode()))}
    body = padded(b"".join(entry(number, data) for number, data in whole.items()), schema.width(1))
    for _ in range(1500):
        data = bytearray(body)
        for _ in range(draw.choice([1, 1, 1, 2, 3])):
            at = draw.randrange(40) if draw.random() < 0.9 else draw.randrange(len(data))
            data[at] = draw.choice(
                [0, 1, 2, 3, 6, 10, 200, 255, data[at] ^ (1 << draw.randrange(8)), draw.randrange(256)]
            )
        cut = draw.choice([len(data), len(data), 16, 32, 48])
        yield bytes(data[:cut]).hex(), line_of(record(keys, {1: bytes(data[:cut])}))


def cells(keys, draw):
    """Plaintexts of cells at, and beyond, the rules of the row profile."""
    width = both_sides.ALL["visits"].schema.by_name["last_name"].width
    for what, body in [
        ("a required null", b"\xff\xff" + bytes(width)),
        ("null, padding not zero", b"\xff\xff" + bytes(width - 1) + b"\1"),
        ("null, shorter", b"\xff\xff"),
        ("null, longer", b"\xff\xff" + bytes(width + 20)),
        ("shorter", peer.len16(b"abc")),
        ("longer", peer.len16(b"abc").ljust(2 + width + 7, b"\0")),
        ("wider than its width", peer.len16(b"a" * (width + 9))),
        ("empty", bytes(2)),
        ("empty, padded", bytes(2 + width)),
        ("overruns", b"\0\4abc"),
        ("not UTF-8", peer.len16(b"\xff").ljust(2 + width, b"\0")),
        ("padding not zero", (peer.len16(b"abc") + b"\0\0\1").ljust(2 + width, b"\0")),
        ("0xFFFE", b"\xff\xfe" + bytes(width)),
    ]:
        yield ("cell", what), line_of(*row(keys, {1: body}))
    for _ in range(300):
        data = bytearray(peer.len16("Lefèvre".encode()).ljust(2 + width, b"\0"))
        at = draw.randrange(14) if draw.random() < 0.9 else draw.randrange(len(data))
        data[at] = draw.choice([0, 255, data[at] ^ (1 << draw.randrange(8)), draw.randrange(256)])
        if draw.random() < 0.2:
            data[:2] = b"\xff\xff"
        yield ("cell", bytes(data).hex()), line_of(*row(keys, {1: bytes(data)}))


def strings(rust, tally, draw):
    """Normalisation of drawn strings, and of every code point by itself.

    These tables may be older than the crate's: what they leave unassigned, Python refuses and Rust may accept.
    """
    points = [chr(point) for point in range(sys.maxunicode + 1) if not 0xD800 <= point < 0xE000]
    known = [char for char in points if unicodedata.category(char) != "Cn"]
    marks = [char for char in known if unicodedata.combining(char)]
    odd = list("ΣσςİıẞßŉǰΐﬁﬀⅧ①ﷺ½ªºÅΩK\u00ad\u200b\u200d\u2060\ufeff\u180e\u1806'’ʼ-‐‑.–—()+０６/ ") + [
        *"\u00a0\u1680\u2003\u2028\u202f\u205f\u3000\u0085\t\n\x1c\x1f\x00\x7f"
    ]
    pool = [odd, marks, list("AbcÉÖΑΒΓабвÅ한ㄱ가"), known]
    asked = [(cls, char) for char in points for cls in ("name",)]
    asked += [("text", "a" + char + "b") for char in draw.sample(points, 60_000)]
    for _ in range(30_000):
        value = "".join(draw.choice(draw.choice(pool)) for _ in range(draw.randrange(12)))
        asked.append((draw.choice(["text", "name", "email", "exact"]), value))
    digits = list("0123456789") * 3 + list("+(0)  .-/–‒０１٠٦") + ["(0)", "00", "+33", "0", "\u00a0", "⑴", "²"]
    for _ in range(20_000):
        asked.append(("phone", "".join(draw.choice(digits) for _ in range(draw.randrange(20)))))
    for start in (
        "(0)",
        "(0)(0)",
        "+",
        "++",
        "00",
        "000",
        "0",
        "0033",
        "+33(0)",
        "( 0 )",
        "(\u00a00)",
        "（0）",
        "0 0",
        "00(0)",
    ):
        asked += [("phone", start + rest) for rest in ("639981234", "33639981234", "(0)639981234", "", "1")]
    replies = rust.ask([{"op": "normalize", "class": cls, "value": value} for cls, value in asked])
    newer, agreed = 0, 0
    for (cls, value), reply in zip(asked, replies, strict=True):
        try:
            here = derived.normalize(cls, value)
        except peer.Refused:
            here = None
        there = reply.get("text")
        if here is None and there is not None and any(unicodedata.category(char) == "Cn" for char in value):
            newer += 1
            continue
        agreed += here is not None
        tally.check(
            here == there, f"edges: normalised alike, {cls}", (value, [hex(ord(c)) for c in value], here, there)
        )
    tally.check(agreed > 100_000, "edges: normalised at all", agreed)
    print(f"{newer:7,} strings hold code points that Unicode {unicodedata.unidata_version}, Python's, does not know")
