"""What the exchange, its controls and its edges share: schemas, policies, the Rust side, and the comparison."""

import collections
import json
import subprocess
import sys
import tempfile
import tomllib

import derived
import paravent_peer as peer

APPOINTMENT = """
[[field]]
name = "last_name"
number = 1
scope = "identity"
width = 48
type = "text"
class = "name"
[[field]]
name = "first_name"
number = 2
scope = "identity"
width = 48
type = "text"
class = "name"
[[field]]
name = "age"
number = 3
scope = "identity"
width = 8
type = "integer"
[[field]]
name = "sex"
number = 4
scope = "identity"
width = 8
type = "text"
class = "text"
[[field]]
name = "phone"
number = 5
scope = "contact"
width = 24
type = "text"
class = "phone"
[[field]]
name = "email"
number = 6
scope = "contact"
width = 72
type = "text"
class = "email"
[[field]]
name = "start"
number = 7
scope = "schedule"
width = 32
type = "date-time"
[[field]]
name = "practitioner"
number = 8
scope = "care"
width = 64
type = "text"
class = "name"
[[field]]
name = "specialty"
number = 9
scope = "care"
width = 64
type = "text"
class = "text"
"""

# Every type, a scope at each end of those a schema may declare, and the highest field number.
VISIT = """
name = "visit"
[scopes]
billing = 16
practice = 63
[phone_region]
country_code = "33"
international_prefix = "00"
trunk_prefix = "0"
"""
VISIT_FIELDS = [
    ("last_name", 1, "identity", 48, "text", "name", False),
    ("first_name", 2, "identity", 48, "text", "name", False),
    ("birth", 3, "identity", 10, "date", None, True),
    ("phone", 9, "contact", 24, "text", "phone", True),
    ("email", 6, "contact", 72, "text", "email", True),
    ("start", 7, "schedule", 40, "date-time", None, False),
    ("room", 128, "schedule", 60, "text", "text", True),
    ("codes", 40, "care", 300, "json", None, True),
    ("insured", 10, "billing", 5, "boolean", None, True),
    ("amount", 11, "billing", 20, "integer", None, True),
    ("practice.id", 255, "practice", 16, "text", "exact", True),
]
for name, number, scope, width, kind, cls, optional in VISIT_FIELDS:
    VISIT += f'[[field]]\nname = "{name}"\nnumber = {number}\nscope = "{scope}"\nwidth = {width}\ntype = "{kind}"\n'
    VISIT += (f'class = "{cls}"\n' if cls else "") + ("optional = true\n" if optional else "")

PERSON = """
[pseudonym.patient]
of = ["last_name", "first_name", "phone"]
reason = "counts people"
null = "null"
"""
ERASABLE = """
[pseudonym.erasable-patient]
of = ["last_name", "start"]
reason = "counts people until they are erased"
null = "null"
erasable = true
"""
VISIT_PSEUDONYMS = """
[pseudonym.mail]
of = ["email"]
reason = "joins"
null = "null"
[pseudonym.of_all_types]
of = ["birth", "insured", "amount", "practice.id"]
reason = "joins"
null = "null"
"""
OPEN = '[open.{}]\nreason = "its job"\n'
SHOW = (
    '[show.age]\nas = "keep"\nreason = "report by age"\n[show.specialty]\nas = "keep"\nreason = "report by specialty"\n'
)

# Name: domain, schema, record id, subject key, the rest. Two policies share a domain's name but for one letter.
POLICIES = {
    "archive": ("archive", "appointment", "unbound", "unbound", PERSON),
    "reminders": ("sms-reminders", "appointment", "bound", "unbound", PERSON + SHOW + OPEN.format("contact")),
    "persons": ("persons.1", "appointment", "bound", "bound", PERSON + ERASABLE + OPEN.format("identity")),
    "subjects": ("a", "appointment", "unbound", "bound", ERASABLE),
    "visits": ("d" * 64, "visit", "unbound", "unbound", PERSON + VISIT_PSEUDONYMS + OPEN.format("practice")),
    "billing": ("billing_2", "visit", "bound", "bound", PERSON + VISIT_PSEUDONYMS + ERASABLE + OPEN.format("billing")),
}
PASSPHRASE = "correct horse — Ÿ"
SCOPES = {"identity": 1, "contact": 2, "schedule": 3, "care": 4, "billing": 16, "practice": 63}


class Policy:
    def __init__(self, name, domain, schema, record_id, subject_key, rest):
        self.name, self.domain, self.schema_name, self.schema = name, domain, schema, SCHEMAS[schema]
        self.bound, self.subject = record_id == "bound", subject_key == "bound"
        head = f'domain = "{domain}"\nschema = "{schema}"\nrecord_id = "{record_id}"\nsubject_key = "{subject_key}"\n'
        self.toml, read = head + rest, tomllib.loads(rest)
        self.pseudonyms = read.get("pseudonym", {})
        self.shows = list(read.get("show", {}))
        self.opens = sorted(SCOPES[one] for one in read.get("open", {}))


def schema_of(text):
    read = tomllib.loads(text)["field"]
    fields = ((one, one["type"], one.get("class", "exact")) for one in read)
    return peer.Schema(
        [peer.Field(one["name"], one["number"], SCOPES[one["scope"]], one["width"], *rest) for one, *rest in fields]
    )


SCHEMAS = {"appointment": schema_of(APPOINTMENT), "visit": schema_of(VISIT)}
ALL = {name: Policy(name, *rest) for name, rest in POLICIES.items()}


def setup():
    policies = {name: [one.schema_name, one.toml] for name, one in ALL.items()}
    # The same fields in a domain of another name: what was sealed for the one must not open for the other.
    for name, one in ALL.items():
        policies["not-" + name] = [one.schema_name, one.toml.replace(f'"{one.domain}"', '"elsewhere"', 1)]
    return {"op": "setup", "schemas": {"visit": VISIT}, "policies": policies}


class Rust:
    """The peer program, one batch of requests a call."""

    def __init__(self, program):
        self.program = program

    def ask(self, requests):
        with tempfile.TemporaryFile() as lines:
            for request in requests:
                lines.write(json.dumps(request).encode() + b"\n")
            lines.seek(0)
            run = subprocess.run([self.program], stdin=lines, stdout=subprocess.PIPE, check=True)
        return [json.loads(line) for line in run.stdout.split(b"\n") if line]


class Tally:
    """Counts of what agreed, and the first few of what did not."""

    def __init__(self):
        self.counts, self.wrong = collections.Counter(), collections.Counter()

    def check(self, holds, what, detail=""):
        self.counts[what] += 1
        if not holds:
            self.wrong[what] += 1
            if self.wrong[what] <= 3:
                print(f"DISAGREES: {what}: {str(detail)[:400]}", file=sys.stderr)
        return holds


def typed(schema, values):
    """Values by name, as they stand on a line: integers and booleans typed, JSON as its text."""
    read = {"integer": int, "boolean": lambda text: text == "true"}
    return {
        schema.by_number[number].name: read.get(schema.by_number[number].type, str)(text)
        for number, text in values.items()
    }


def texts(schema, clear):
    """The opposite of `typed`."""
    out = {}
    for name, value in clear.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        out[schema.by_name[name].number] = text
    return out


def binding(bound):
    rid, subject = bound["record_id"], bound["subject_key"]
    return rid and bytes.fromhex(rid), subject and bytes.fromhex(subject)


def pseudonyms(keys, policy, values, subject):
    out = {}
    for name, one in policy.pseudonyms.items():
        fields = [policy.schema.by_name[part] for part in one["of"]]
        encoded = derived.encode([(each.cls, values.get(each.number)) for each in fields])
        out[name] = encoded and derived.pseudonym(
            keys, policy.domain, name, encoded, subject if one.get("erasable") else None
        )
    return out


def cell_bytes(policy, cells):
    return cells and {policy.schema.by_name[name].number: bytes.fromhex(cell) for name, cell in cells.items()}


def open_here(keys, policy, line, domain=None, scopes=None):
    """What Python makes of a line: its values, or the kind of its refusal. A fault of Python's own is neither."""
    domain = domain or policy.domain
    try:
        if line["text"]:
            sealed = peer.from_text("p1.", line["sealed"])
            cells = line["cells"] and {
                policy.schema.by_name[name].number: peer.from_text("c1.", cell) for name, cell in line["cells"].items()
            }
        else:
            sealed, cells = bytes.fromhex(line["sealed"]), cell_bytes(policy, line["cells"])
        args = keys, policy.schema, domain, sealed
        if cells is None:
            return peer.open_record(*args, *binding(line["bound"]), scopes)
        return peer.open_row(*args, cells, *binding(line["bound"]), scopes)
    except peer.Refused as refusal:
        return refusal.kind


def check_from_rust(keys, line, tally):
    """One record that Rust protected: every field, pseudonym and length."""
    policy = ALL[line["policy"]]
    schema, made, cells = policy.schema, line["protected"], line.get("cells")
    binary = {"text": False, "sealed": line["sealed"], "cells": cells, "bound": line["bound"]}
    text = {"text": True, "sealed": made["sealed"], "cells": made.get("cells"), "bound": line["bound"]}
    clear = texts(schema, line["clear"])
    for form, which in (("binary", binary), ("text", text)):
        opened = open_here(keys, policy, which)
        tally.check(opened == clear, f"Rust to Python: {'record' if cells is None else 'row'} as {form}", opened)
    tally.check(typed(schema, clear) == line["clear"], "Rust to Python: values typed", line["clear"])
    _, subject = binding(line["bound"])
    mine = pseudonyms(keys, policy, clear, subject)
    tally.check(mine == {name: made[name] for name in mine}, "Rust to Python: pseudonyms", (mine, made))
    shown = {name: line["clear"].get(name) for name in policy.shows}
    tally.check(shown == {name: made[name] for name in shown}, "Rust to Python: shown", shown)
    extra = set(made) - set(mine) - set(shown) - {"sealed", "cells"}
    tally.check(not extra, "Rust to Python: nothing else in clear", extra)
    if cells is None:
        length = 32 + sum(3 + 16 + schema.width(scope) + 16 for scope in schema.scopes())
        whole = len(line["sealed"]) == 2 * length
    else:
        whole = len(line["sealed"]) == 2 * (32 + 17 * len(schema.scopes()))
        whole &= all(len(cells[one.name]) == 2 * (2 + one.width + 16) for one in schema.fields)
    whole &= int(line["sealed"][8:16], 16) == line["epoch"]
    tally.check(whole, "Rust to Python: lengths and header", len(line["sealed"]))


# Of the grants with a term; src/main.rs has them too.
UNTIL, OWNER = "2027-06-30", "Zoé of the statistics office"


def has_term(policy):
    """Every other grant: of those whose policy's name has an even number of letters."""
    return len(policy) % 2 == 0


def grants_for(keys, digests, change=None):
    """A grant of each policy that opens a scope, as requests with its file; `change` may alter it."""
    out = []
    for policy in (one for one in ALL.values() if one.opens):
        nodes = {(e, s): keys.node(e, s, policy.domain) for e in keys.sealing for s in policy.opens}
        schema, own = (bytes.fromhex(one) for one in digests[policy.name])
        grant = peer.Grant(policy.domain, schema, own, nodes)
        if change:
            change(grant, keys, policy)
        prefix, contents = peer.GRANT, peer.grant_contents(grant)
        if has_term(policy.name):
            year, month, day = (int(one) for one in UNTIL.split("-"))
            prefix, contents = peer.TERMED, contents + peer.term_contents(year, month, day, OWNER)
        text = peer.write_key_file(prefix, contents, PASSPHRASE, (64, 1, 2))
        out.append({"op": "grant", "policy": policy.name, "text": text, "passphrase": PASSPHRASE})
    return out


def load(text):
    return {"op": "load", "keyring": text, "passphrase": PASSPHRASE}
