"""Values that both sides must refuse, for the same reason, and constants that must not be wrong unnoticed."""

import copy
import hashlib
import os
import random

import both_sides
import paravent_peer as peer

# Suite 2 is not in the crate yet: these three are held by the known answers alone.
NOT_EXCHANGED = {"base", "kem", "write"}


def run(rust, tally, theirs, mine):
    """All controls, on values that Rust sealed and on values that Python sealed."""
    draw = random.Random(2)
    for whose, (keys, text, lines) in (("Rust", theirs), ("Python", mine)):
        taken = [as_binary(line if whose == "Rust" else line[0]) for line in lines[:3000]]
        taken = sample(draw, taken, 5)
        refused(rust, tally, whose, keys, text, [case for line in taken for case in cases(draw, line, taken)])
        wrong_keys(rust, tally, whose, keys, text, taken)
        key_files(rust, tally, whose, text)
    constants(tally, theirs)


def as_binary(line):
    cells = line.get("cells")
    out = {key: line[key] for key in ("policy", "bound", "sealed")} | {"op": "open", "with": "keyring", "text": False}
    if line.get("text"):
        out["sealed"] = peer.from_text("p1.", line["sealed"]).hex()
        cells = cells and {name: peer.from_text("c1.", cell).hex() for name, cell in cells.items()}
    return out | {"cells": cells}


def sample(draw, lines, each):
    """A few lines of each policy and profile."""
    kinds = {}
    for line in lines:
        kinds.setdefault((line["policy"], line["cells"] is None), []).append(line)
    return [line for kind in kinds.values() for line in draw.sample(kind, min(each, len(kind)))]


def cases(draw, line, others):
    """(where, altered line) for every kind of position and every kind of damage."""
    sealed = bytes.fromhex(line["sealed"])

    def with_sealed(data):
        return line | {"sealed": data.hex()}

    def flipped(data, at):
        at %= len(data)
        return data[:at] + bytes([data[at] ^ (1 << draw.randrange(8))]) + data[at + 1 :]

    spots = {"version": 0, "suite": 1, "profile": 2, "flags": 3}
    spots |= {f"epoch byte {at}": 4 + at for at in range(4)}
    spots |= {
        "nonce, first half": draw.randrange(8, 20),
        "nonce, second half": draw.randrange(20, 31),
        "nonce, last": 31,
    }
    if line["cells"] is None:
        at, groups = 32, []
        for scope, _, _, body in peer.groups(sealed):
            end = at + 19 + len(body)
            groups.append(sealed[at:end])
            spots |= {
                f"scope of group {scope}": at,
                f"length, high, of group {scope}": at + 1,
                f"length, low, of group {scope}": at + 2,
                f"commitment of group {scope}": at + 3 + draw.randrange(16),
                f"body, first, of group {scope}": at + 19,
                f"body of group {scope}": draw.randrange(at + 20, end - 17),
                f"body, last, of group {scope}": end - 17,
                f"tag of group {scope}": end - 1 - draw.randrange(16),
            }
            at = end
        yield "a group cut", with_sealed(sealed[: -len(groups[-1])])
        yield "a group twice", with_sealed(sealed + groups[-1])
        yield "groups out of order", with_sealed(sealed[:32] + b"".join(reversed(groups)))
        for other in others:
            same = other["policy"] == line["policy"] and other["cells"] is None and other is not line
            if same and other["sealed"][8:16] == line["sealed"][8:16]:
                theirs = bytes.fromhex(other["sealed"])
                yield "a group of another record", with_sealed(sealed[: -len(groups[-1])] + theirs[-len(groups[-1]) :])
                break
    else:
        for at in range(32, len(sealed), 17):
            spots[f"scope of entry {sealed[at]}"] = at
            spots[f"commitment of entry {sealed[at]}"] = at + 1 + draw.randrange(16)
        yield from cell_cases(draw, line, flipped)
        yield "an entry cut", with_sealed(sealed[:-17])
    for where, at in spots.items():
        yield where, with_sealed(flipped(sealed, at))
    for _ in range(12):
        (first, at), (second, other) = draw.sample(list(spots.items()), 2)
        twice = flipped(flipped(sealed, at), other)
        yield f"two faults: {first}; {second}", with_sealed(twice)
        yield f"two faults: {first}; cut", with_sealed(flipped(sealed, at)[:-1])
        yield (
            f"two faults: {first}; another domain",
            with_sealed(flipped(sealed, at)) | {"policy": "not-" + line["policy"]},
        )
    yield "truncated by one", with_sealed(sealed[:-1])
    yield "truncated in the header", with_sealed(sealed[:31])
    yield "header only", with_sealed(sealed[:32])
    yield "nothing", with_sealed(b"")
    yield "extended by one", with_sealed(sealed + b"\0")
    yield "extended by sixteen", with_sealed(sealed + bytes(16))
    yield "another domain", line | {"policy": "not-" + line["policy"]}
    for part in ("record_id", "subject_key"):
        if line["bound"][part]:
            value = flipped(bytes.fromhex(line["bound"][part]), 0).hex()
            for _ in range(4):
                where, at = draw.choice(list(spots.items()))
                other = with_sealed(flipped(sealed, at)) | {"bound": line["bound"] | {part: value}}
                yield f"two faults: {where}; another {part}", other
            yield f"another {part}", line | {"bound": line["bound"] | {part: value}}
    if line["bound"]["record_id"] and len(line["bound"]["record_id"]) < 2048:
        longer = line["bound"] | {"record_id": line["bound"]["record_id"] + "00"}
        yield "a longer record_id", line | {"bound": longer}
    yield from text_cases(draw, line, sealed)


def cell_cases(draw, line, flipped):
    cells = {name: bytes.fromhex(cell) for name, cell in line["cells"].items()}
    schema = both_sides.ALL[line["policy"]].schema

    def with_cells(**changed):
        return line | {"cells": line["cells"] | {name: data.hex() for name, data in changed.items()}}

    for name, cell in cells.items():
        yield f"cell {name}, first", with_cells(**{name: flipped(cell, 0)})
        yield f"cell {name}, body", with_cells(**{name: flipped(cell, draw.randrange(len(cell) - 16))})
        yield f"cell {name}, tag", with_cells(**{name: flipped(cell, -1 - draw.randrange(16))})
    name = draw.choice(list(cells))
    yield "a cell cut by one", with_cells(**{name: cells[name][:-1]})
    yield "a cell cut to its tag", with_cells(**{name: cells[name][-16:]})
    yield "a cell extended", with_cells(**{name: cells[name] + b"\0"})
    yield "no cell", line | {"cells": {one: cell for one, cell in line["cells"].items() if one != name}}
    for _ in range(6):
        one, other = draw.sample(list(cells), 2)
        both = with_cells(**{one: flipped(cells[one], -1)})["cells"]
        yield (
            f"two faults: tag of {one}; no cell {other}",
            line | {"cells": {k: v for k, v in both.items() if k != other}},
        )
        sealed = flipped(bytes.fromhex(line["sealed"]), draw.randrange(33, len(line["sealed"]) // 2)).hex()
        missing = {k: v for k, v in line["cells"].items() if k != other}
        yield f"two faults: an entry; no cell {other}", line | {"sealed": sealed, "cells": missing}
    yield "cells exchanged", with_cells(last_name=cells["first_name"], first_name=cells["last_name"])
    other = next(one.name for one in schema.fields if one.scope != schema.by_name[name].scope)
    yield "a cell of another scope", with_cells(**{name: cells[other]})


def text_cases(draw, line, sealed):
    text = peer.to_text("p1.", sealed)
    cells = line["cells"] and {name: peer.to_text("c1.", bytes.fromhex(cell)) for name, cell in line["cells"].items()}
    as_text = line | {"text": True, "cells": cells}
    at = draw.randrange(3, len(text))
    other = draw.choice([one for one in "ABCDEFGHabcdefgh0123-_" if one != text[at]])
    for where, value in {
        "text: a character": text[:at] + other + text[at + 1 :],
        "text: cut by one": text[:-1],
        "text: cut by two": text[:-2],
        "text: padded": text + "=",
        "text: extended": text + "A",
        "text: white space": text + "\n",
        "text: capital prefix": "P" + text[1:],
        "text: prefix of a cell": "c" + text[1:],
        "text: no prefix": text[3:],
        "text: standard alphabet": text[:3] + "+/" + text[5:],
        "text: not ASCII": text[:-1] + "é",
        "text: prefix only": "p1.",
    }.items():
        yield where, as_text | {"sealed": value}
    if cells:
        name = draw.choice(list(cells))
        for where, value in {"padded": cells[name] + "=", "prefix": "p" + cells[name][1:]}.items():
            yield f"text: cell, {where}", as_text | {"cells": cells | {name: value}}


def mine_of(keys, line):
    name = line["policy"].removeprefix("not-")
    domain = "elsewhere" if name != line["policy"] else None
    return both_sides.open_here(keys, both_sides.ALL[name], line, domain)


def refused(rust, tally, whose, keys, text, altered):
    replies = rust.ask([both_sides.setup(), both_sides.load(text), *(line for _, line in altered)])[2:]
    tally.check(len(replies) == len(altered), "controls: a reply each", len(replies))
    for (where, line), reply in zip(altered, replies, strict=True):
        here = mine_of(keys, line)
        both = isinstance(here, str) and "refused" in reply
        tally.check(both, f"controls: refused by both, sealed by {whose}", (where, line["policy"], here, reply))
        same = here == reply.get("refused")
        tally.check(same, "controls: for the same reason", (where, line["policy"], here, reply))


def wrong_keys(rust, tally, whose, keys, text, lines):
    """Keys of another scope, and other roots of the same epochs: both commitments tell."""

    def shift(grant, keys, policy):
        grant.nodes = {(e, s): keys.node(e, s % 4 + 1, policy.domain) for e, s in grant.nodes}

    digests = rust.ask([both_sides.setup()])[0]["digests"]
    granted = [line | {"with": "grant"} for line in lines if both_sides.ALL[line["policy"]].opens]
    for change, holds in ((None, True), (shift, False)):
        grants = both_sides.grants_for(keys, digests, change)
        replies = rust.ask([both_sides.setup(), both_sides.load(text), *grants, *granted])[2 + len(grants) :]
        for line, reply in zip(granted, replies, strict=True):
            policy = both_sides.ALL[line["policy"]]
            nodes = {(e, s): keys.node(e, s, policy.domain) for e in keys.sealing for s in policy.opens}
            grant = peer.Grant(policy.domain, b"", b"", nodes)
            if change:
                change(grant, keys, policy)
            here = both_sides.open_here(grant, policy, line, scopes=policy.opens)
            right = (
                isinstance(here, dict) and "fields" in reply if holds else here == reply.get("refused") == "wrong key"
            )
            what = "controls: opened by the scope's key" if holds else "controls: refused by another scope's key"
            tally.check(right, what, (here, reply))
    other = peer.Keyring({e: os.urandom(32) for e in keys.sealing}, keys.linkage)
    text = peer.write_key_file(peer.KEYRING, peer.keyring_contents(other), both_sides.PASSPHRASE, (64, 1, 2))
    for line, reply in zip(lines, rust.ask([both_sides.setup(), both_sides.load(text), *lines])[2:], strict=True):
        here = mine_of(other, line)
        tally.check(
            here == reply.get("refused") == "wrong key", f"controls: other roots, sealed by {whose}", (here, reply)
        )


def key_files(rust, tally, whose, text):
    """One byte of a key file, with its checksum as it was and made anew; other words, ends and contents."""
    contents = peer.read_key_file(peer.KEYRING, text, both_sides.PASSPHRASE)
    cheap = peer.write_key_file(peer.KEYRING, contents, both_sides.PASSPHRASE, (64, 1, 2))
    body = peer.from_base64url(cheap[len(peer.KEYRING) : -1])
    altered = []
    for at in [*range(0, 84, 5), 84, 100, len(body) - 25, len(body) - 9, len(body) - 1]:
        data = body[:at] + bytes([body[at] ^ 0x80]) + body[at + 1 :]
        altered.append((at, peer.KEYRING + peer.base64url(data) + "\n", both_sides.PASSPHRASE))
        if at < len(body) - 8:
            sealed = data[:-8]
            data = sealed + hashlib.sha256(peer.KEYRING.encode() + sealed).digest()[:8]
            altered.append((f"{at}, summed", peer.KEYRING + peer.base64url(data) + "\n", both_sides.PASSPHRASE))
    altered.append(("another passphrase", cheap, both_sides.PASSPHRASE + " "))
    for where, file in {
        "cut": cheap[:-3] + "\n",
        "padded": cheap[:-1] + "=\n",
        "two line breaks": cheap + "\n",
        "a space in front": " " + cheap,
        "as a grant": peer.GRANT + cheap[len(peer.KEYRING) :],
        "version 3": cheap.replace("-2.", "-3.", 1),
        "version 0": cheap.replace("-2.", "-0.", 1),
        "a word unknown": cheap.replace("keyring", "secrets", 1),
        "nothing": "",
    }.items():
        altered.append((where, file, both_sides.PASSPHRASE))
    for where, changed in contents_of(contents):
        file = peer.write_key_file(peer.KEYRING, changed, both_sides.PASSPHRASE, (64, 1, 2))
        altered.append((where, file, both_sides.PASSPHRASE))
    ends = [("CRLF", cheap[:-1] + "\r\n", both_sides.PASSPHRASE), ("no end", cheap[:-1], both_sides.PASSPHRASE)]
    requests = [{"op": "load", "keyring": file, "passphrase": phrase} for _, file, phrase in altered + ends]
    replies = rust.ask([both_sides.setup(), *requests])[1:]
    for (where, file, phrase), reply in zip(altered, replies[: len(altered)], strict=True):
        # The crate has one predicate for a file that rotted and one that was changed; its sentences tell them apart.
        there = "tampered" if "its tag does not hold" in reply.get("why", "") else reply.get("refused")
        here = key_file_here(file, phrase)
        both = here is not None and here == there
        tally.check(both, f"controls: key files of {whose} refused", (where, here, reply))
    for (where, file, phrase), reply in zip(ends, replies[len(altered) :], strict=True):
        both = key_file_here(file, phrase) is None and "active" in reply
        tally.check(both, f"controls: key files of {whose} with another end", (where, reply))


def contents_of(contents):
    """Contents that are not of the form."""
    count = int.from_bytes(contents[:2], "big")
    rest = contents[2 + 45 * count :]
    epochs = [contents[at : at + 45] for at in range(2, 2 + 45 * count, 45)]

    def of(*rows):
        return len(rows).to_bytes(2, "big") + b"".join(rows) + rest

    def in_state(row, state):
        return row[:4] + bytes([state]) + row[5:]

    newest = max(epochs)
    others = [row for row in epochs if row != newest]
    yield "an epoch twice", of(*epochs, epochs[0])
    yield "epoch 0", of(bytes(4) + in_state(newest, peer.DECRYPT_ONLY)[4:], *epochs)
    yield "no active epoch", of(*others, in_state(newest, peer.DECRYPT_ONLY))
    yield "two active epochs", of(*others[1:], in_state(others[0], peer.ACTIVE), newest)
    yield "an older active epoch", of(*others[1:], in_state(others[0], peer.ACTIVE), in_state(newest, peer.DISABLED))
    yield "a destroyed epoch with a root", of(*others[1:], in_state(others[0], peer.DESTROYED), newest)
    yield "a state unknown", of(*others[1:], in_state(others[0], 5), newest)
    yield "a month 13", of(*others, newest[:7] + b"\x0d" + newest[8:])
    yield "no epoch", of()
    yield "a byte more", contents + b"\0"
    yield "a byte less", contents[:-1]
    yield "no generation", of(*epochs)[: -len(rest)] + bytes(2) + rest[-32:]


def key_file_here(text, passphrase):
    try:
        peer.parse_keyring(peer.read_key_file(peer.KEYRING, text, passphrase))
    except peer.Refused as refusal:
        return refusal.kind
    return None


def spoil(name):
    """One shared constant made wrong; returns the right one."""
    right = peer.SHARED[name]
    peer.SHARED[name] = right[:-1] + bytes([right[-1] ^ 1]) if isinstance(right, bytes) else right - 1
    return right


class Quiet(both_sides.Tally):
    def check(self, holds, what, detail=""):
        self.wrong[what] += not holds


def constants(tally, theirs):
    """With any one constant wrong, the check of Rust's values fails: so it can fail."""
    keys, text, lines = theirs
    for name in sorted(set(peer.SHARED) - NOT_EXCHANGED):
        right, quiet = spoil(name), Quiet()
        try:
            fresh = peer.Keyring(keys.sealing, keys.linkage, keys.epoch, keys.generation)
            for line in copy.deepcopy(lines[:60]):
                both_sides.check_from_rust(fresh, line, quiet)
            if name.startswith(("file-", "xaes", "xcmt")):
                try:
                    peer.read_key_file(peer.KEYRING, text, both_sides.PASSPHRASE)
                except peer.Refused:
                    quiet.check(False, "key file")
        finally:
            peer.SHARED[name] = right
        tally.check(sum(quiet.wrong.values()) > 0, "controls: a wrong constant is noticed", name)
    quiet = Quiet()
    for line in lines[:60]:
        both_sides.check_from_rust(keys, line, quiet)
    tally.check(not sum(quiet.wrong.values()), "controls: and the right ones are not", quiet.wrong)
