"""Records both ways between the crate and `paravent_peer`, and values that both must refuse.

Prints counts; the exit code is 1 at any disagreement. `--wrong NAME` changes one shared constant of Python first.
"""

import argparse
import collections
import os
import random
import sys

import both_sides
import controls
import edges
import paravent_peer as peer


def made_here(keys, seed, count, clears):
    """Records that Python seals, over all policies, epochs and profiles; the clear values are drawn from Rust's."""
    draw = random.Random(seed)
    epochs = list(keys.sealing)
    for number in range(count):
        policy, row = draw.choice(list(both_sides.ALL.values())), draw.random() < 0.5
        clear = draw.choice(clears[policy.schema_name])
        rid = draw.choice([b"\0", os.urandom(1024), f"rdv-{number}".encode()]) if policy.bound else None
        subject = os.urandom(32) if policy.subject else None
        values = both_sides.texts(policy.schema, clear)
        args = keys, policy.schema, policy.domain, draw.choice(epochs), values, rid, subject
        text = draw.random() < 0.5
        show = (lambda prefix, data: peer.to_text(prefix, data)) if text else (lambda _, data: data.hex())
        sealed, cells = peer.seal_row(*args) if row else (peer.seal_record(*args), None)
        if row:
            cells = {policy.schema.by_number[one].name: show("c1.", cell) for one, cell in cells.items()}
        bound = {"record_id": rid and rid.hex(), "subject_key": subject and subject.hex()}
        line = {"op": "open", "policy": policy.name, "with": "keyring", "text": text, "again": True}
        yield line | {"sealed": show("p1.", sealed), "cells": cells, "bound": bound}, clear


def from_rust(rust, count, tally):
    """Direction 1. Returns the keyring, its file and the lines."""
    made = rust.ask(
        [
            both_sides.setup()
            | {"policies": {name: [one.schema_name, one.toml] for name, one in both_sides.ALL.items()}},
            {"op": "generate", "passphrase": both_sides.PASSPHRASE, "epochs": 3},
            {"op": "protect", "seed": 20200721, "count": count},
        ]
    )
    (_, keys_made), lines = made[:2], made[2:]
    try:
        contents = peer.read_key_file(peer.KEYRING, keys_made["keyring"], both_sides.PASSPHRASE)
    except peer.Refused as refusal:
        tally.check(False, "Rust to Python: keyring file", refusal)
        return None, keys_made["keyring"], lines
    keys = peer.parse_keyring(contents)
    tally.check(keys.epoch == 3 and len(keys.sealing) == 3, "Rust to Python: keyring file", keys.epoch)
    grants = {}
    for name, text in keys_made["grants"].items():
        if both_sides.has_term(name):
            contents = peer.read_key_file(peer.TERMED, text, both_sides.PASSPHRASE)
            grant, term = peer.parse_termed(contents)
            tally.check(term == (both_sides.UNTIL, both_sides.OWNER), "Rust to Python: term of a grant", term)
        else:
            grant = peer.parse_grant(peer.read_key_file(peer.GRANT, text, both_sides.PASSPHRASE))
        nodes = {
            (e, s): keys.node(e, s, both_sides.ALL[name].domain)
            for e in keys.sealing
            for s in both_sides.ALL[name].opens
        }
        tally.check(
            grant.nodes == nodes and grant.domain == both_sides.ALL[name].domain, "Rust to Python: grant file", name
        )
        grants[name] = grant
    for line in lines:
        both_sides.check_from_rust(keys, line, tally)
        policy = both_sides.ALL[line["policy"]]
        if policy.name in grants:
            part = cut(
                {
                    "text": False,
                    "sealed": line["sealed"],
                    "cells": line.get("cells"),
                    "bound": line["bound"],
                    "policy": policy.name,
                }
            )
            opened = both_sides.open_here(grants[policy.name], policy, part, scopes=policy.opens)
            clear = both_sides.texts(policy.schema, line["clear"])
            clear = {one: v for one, v in clear.items() if policy.schema.by_number[one].scope in policy.opens}
            tally.check(opened == clear, "Rust to Python: opened with a grant, other groups cut", opened)
    return keys, keys_made["keyring"], lines


def cut(line):
    """The same without the groups that its policy does not open: how a scope is withheld."""
    if line["cells"] is not None:
        return line
    sealed = peer.from_text("p1.", line["sealed"]) if line["text"] else bytes.fromhex(line["sealed"])
    out, at = sealed[:32], 32
    for scope, _, _, body in peer.groups(sealed):
        end = at + 19 + len(body)
        out += sealed[at:end] if scope in both_sides.ALL[line["policy"]].opens else b""
        at = end
    return line | {"sealed": peer.to_text("p1.", out) if line["text"] else out.hex()}


def to_rust(rust, count, clears, tally):
    """Direction 2. Returns the keyring, its file and the lines."""
    epochs = {1: os.urandom(32), 7: os.urandom(32), 2**32 - 1: os.urandom(32)}
    keys = peer.Keyring(epochs, {2: os.urandom(32), 900: os.urandom(32)})
    text = peer.write_key_file(peer.KEYRING, peer.keyring_contents(keys), both_sides.PASSPHRASE)
    digests = rust.ask([both_sides.setup()])[0]["digests"]
    grants = both_sides.grants_for(keys, digests)
    made = list(made_here(keys, 1, count, clears))
    granted = [
        (cut(line) | {"with": "grant", "again": False}, clear)
        for line, clear in made
        if both_sides.ALL[line["policy"]].opens
    ]
    lines = [line for line, _ in made + granted]
    _, loaded, *replies = rust.ask([both_sides.setup(), both_sides.load(text), *grants, *lines])
    right = {"active": 2**32 - 1, "epochs": [1, 7, 2**32 - 1]}
    old = peer.write_key_file(peer.KEYRING_1, peer.keyring_1_contents(keys), both_sides.PASSPHRASE, (64, 1, 2))
    first = rust.ask([both_sides.setup(), both_sides.load(old)])[1]
    tally.check(first == right, "Python to Rust: keyring file of version 1", first)
    if not tally.check(loaded == right, "Python to Rust: keyring file", loaded):
        return keys, text, made
    for grant, reply in zip(grants, replies[: len(grants)], strict=True):
        holds = reply.get("scopes") == both_sides.ALL[grant["policy"]].opens and reply["epochs"] == right["epochs"]
        tally.check(holds, "Python to Rust: grant file", reply)
        term = [both_sides.UNTIL, both_sides.OWNER] if both_sides.has_term(grant["policy"]) else None
        tally.check(reply.get("term") == term, "Python to Rust: term of a grant", reply)
    replies = replies[len(grants) :]
    tally.check(len(replies) == len(lines), "Python to Rust: a reply each", len(replies))
    for (line, clear), reply in zip(made, replies[: len(made)], strict=True):
        policy, fields = both_sides.ALL[line["policy"]], reply.get("fields")
        profile = "record" if line["cells"] is None else "row"
        form = "text" if line["text"] else "binary"
        tally.check(fields == clear, f"Python to Rust: {profile} as {form}", reply)
        mine = both_sides.pseudonyms(
            keys, policy, both_sides.texts(policy.schema, clear), both_sides.binding(line["bound"])[1]
        )
        tally.check(reply.get("pseudonyms") == mine, "Python to Rust: pseudonyms", (reply, mine))
    for (line, clear), reply in zip(granted, replies[len(made) :], strict=True):
        policy = both_sides.ALL[line["policy"]]
        part = {name: value for name, value in clear.items() if policy.schema.by_name[name].scope in policy.opens}
        tally.check(reply.get("fields") == part, "Python to Rust: opened with a grant, other groups cut", reply)
    return keys, text, made


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("peer", help="the program built from src/main.rs")
    arguments.add_argument("--count", type=int, default=10_000, help="records each way")
    arguments.add_argument("--wrong", choices=list(peer.SHARED), help="a constant that Python gets wrong")
    chosen = arguments.parse_args()
    rust, tally = both_sides.Rust(chosen.peer), both_sides.Tally()
    if chosen.wrong:
        controls.spoil(chosen.wrong)
    keys, text, lines = from_rust(rust, chosen.count, tally)
    clears = collections.defaultdict(list)
    for line in lines:
        clears[both_sides.ALL[line["policy"]].schema_name].append(line["clear"])
    my_keys, my_text, mine = to_rust(rust, chosen.count, clears, tally)
    if keys and not chosen.wrong:
        controls.run(rust, tally, (keys, text, lines), (my_keys, my_text, mine))
        edges.run(rust, tally)
    for what, count in tally.counts.items():
        print(f"{count - tally.wrong[what]:7,} of {count:7,}  {what}")
    sys.exit(1 if tally.wrong else 0)


if __name__ == "__main__":
    main()
