"""Decide by trying every small world which leaks put a person next to something medical.

A world is a few rows, each of one person of a known register and one visit. A leak shows the rows of
each domain in unknown order, some fields in clear, some coarsened, some as pseudonyms. A set of domains
*links* where, in some world, its joint leak makes a claim (person, sensitive field, value) certain that
the same leak with the identity columns shuffled apart from the visit columns leaves open.

Cases come as JSON lines on stdin, answers go as JSON lines to stdout in the same order.

Everything here is possibilistic: only which worlds look alike matters, never how many there are. So rows
have no order inside a world, and a view is nothing but a partition of the worlds: two worlds share a
block where the leak cannot tell them apart.
"""

import argparse
import json
import sys
from functools import lru_cache
from itertools import combinations, combinations_with_replacement, permutations, product
from math import comb, prod
from multiprocessing import Pool

FORMS = ("keep", "coarse", "pseudonym")
WORDS = ("record-id", "order")
MOST_WORLDS = 500_000


class BadCase(ValueError):
    """The input is not a case; the message says what is wrong with it."""


def need(condition, message):
    if not condition:
        raise BadCase(message)


# --- Worlds and views


class Space:
    """All worlds of one schema, with what holds in each and what each view tells apart.

    `fields` is a tuple of (of, sensitive, values), `facts` a tuple of (inputs, output, table) by field
    index. What a domain shows is a set of columns (field, classes, renamed): the class of the field's
    value, under a token that may be renamed freely if `renamed`.
    """

    def __init__(self, rows, distinct, fields, register, facts):
        self.fields = fields
        self.kinds = [(person, row) for person, known in enumerate(register)
                      for row in _possible_rows(fields, known, facts)]
        self.worlds = self._worlds(rows, distinct, len(register))
        self.claims = self._claims()
        self.partitions = []   # number -> block of each world
        self._numbers = {}     # blocks -> number, so that equal partitions are one
        self._views = {}       # columns -> number
        self._told = {}        # (column, column) -> whether a clear first one settles the second
        self._finer = {}       # (number, number) -> whether the first tells all that the second does
        self._witnesses = {}   # (joint, apart) -> (world, claim) or None
        self.nothing = self.view(frozenset())

    def _worlds(self, rows, distinct, people):
        """Each world as kinds of rows, in no order."""
        of_person = [[] for _ in range(people)]
        for kind, (person, _) in enumerate(self.kinds):
            of_person[person].append(kind)
        if not distinct:
            count = comb(len(self.kinds) + rows - 1, rows)
            need(count <= MOST_WORLDS, f"{count} worlds are more than {MOST_WORLDS}")
            return list(combinations_with_replacement(range(len(self.kinds)), rows))
        present = list(combinations(of_person, rows))
        need(present, "`rows` distinct people are more than the register holds")
        count = sum(prod(map(len, kinds)) for kinds in present)
        need(count <= MOST_WORLDS, f"{count} worlds are more than {MOST_WORLDS}")
        return [world for kinds in present for world in product(*kinds)]

    def _claims(self):
        """What holds in each world, one bit for each (person, sensitive field, value)."""
        self.claim_of_bit = []
        bits = {}
        of_kind = []
        for person, row in self.kinds:
            held = 0
            for field, (_, sensitive, _) in enumerate(self.fields):
                if sensitive:
                    claim = (person, field, row[field])
                    if claim not in bits:
                        bits[claim] = 1 << len(bits)
                        self.claim_of_bit.append(claim)
                    held |= bits[claim]
            of_kind.append(held)
        claims = []
        for world in self.worlds:
            held = 0
            for kind in world:
                held |= of_kind[kind]
            claims.append(held)
        return claims

    def view(self, columns):
        """The number of the partition made by rows of these columns, shuffled, with their tokens renamed."""
        if columns not in self._views:
            left = self._untold(columns)
            if left not in self._views:
                self._views[left] = self._number(self._looks(sorted(left)))
            self._views[columns] = self._views[left]
        return self._views[columns]

    def _untold(self, columns):
        """The columns without those whose cell follows, in every possible row, from a clear cell beside it."""
        left = set(columns)
        for column in sorted(columns):
            if any(other != column and self._tells(other, column) for other in left):
                left.remove(column)
        return frozenset(left)

    def _tells(self, column, other):
        if (column, other) not in self._told:
            field, classes, renamed = column
            told_field, told_classes, _ = other
            pairs = {(classes[row[field]], told_classes[row[told_field]]) for _, row in self.kinds}
            self._told[column, other] = not renamed and len(pairs) == len({cell for cell, _ in pairs})
        return self._told[column, other]

    def _looks(self, columns):
        """How each world looks: equal for two worlds exactly where a shuffle and a renaming make them equal."""
        seen, shown, symbol = {}, [], []
        for _, row in self.kinds:
            cells = tuple(classes[row[field]] for field, classes, _ in columns)
            if cells not in seen:
                seen[cells] = len(shown)
                shown.append(cells)
            symbol.append(seen[cells])
        renamed = tuple(column for column, (_, _, renamed) in enumerate(columns) if renamed)
        looks = (tuple(sorted([symbol[kind] for kind in world])) for world in self.worlds)
        if not renamed:
            return looks
        least = {}

        def canonical(look):
            if look not in least:
                least[look] = canonical_rows([shown[number] for number in look], renamed)
            return least[look]
        return map(canonical, looks)

    def _number(self, looks):
        blocks = {}
        partition = tuple([blocks.setdefault(look, len(blocks)) for look in looks])
        number = self._numbers.setdefault(partition, len(self.partitions))
        if number == len(self.partitions):
            self.partitions.append(partition)
        return number

    def finer(self, one, other):
        """Whether what `one` shows settles what `other` shows."""
        if (one, other) not in self._finer:
            ours, theirs = self.partitions[one], self.partitions[other]
            settled = dict(zip(ours, theirs))
            self._finer[one, other] = all(map(int.__eq__, map(settled.__getitem__, ours), theirs))
        return self._finer[one, other]

    def telling(self, views):
        """The views without those that another one settles: together they tell as much."""
        views = set(views) - {self.nothing}
        return tuple(sorted(one for one in views
                            if not any(other != one and self.finer(other, one) for other in views)))

    def witness(self, groups):
        """A (world, claim) that the joint leak of `groups` links, or None.

        Each group is the set of columns of domains whose rows are matched; groups are shuffled apart.
        """
        sides = [frozenset(column for column in group if self.fields[column[0]][0] == of)
                 for group in groups for of in ("person", "visit")]
        joint, apart = self.telling(map(self.view, groups)), self.telling(map(self.view, sides))
        if (joint, apart) not in self._witnesses:
            self._witnesses[joint, apart] = self._witness(joint, apart) if joint != apart else None
        return self._witnesses[joint, apart]

    def _witness(self, joint, apart):
        joint_keys = zip(*[self.partitions[view] for view in joint])
        apart = [self.partitions[view] for view in apart]
        certain, first = {}, {}
        for world, (key, held) in enumerate(zip(joint_keys, self.claims)):
            if key in certain:
                certain[key] &= held
            else:
                certain[key], first[key] = held, world
        # The joint leak settles both sides, so a block of the apart view is a union of joint blocks.
        certain_apart, side = {}, {}
        for key, world in first.items():
            side[key] = apart_key = tuple([blocks[world] for blocks in apart])
            certain_apart[apart_key] = certain_apart.get(apart_key, -1) & certain[key]
        for key, world in first.items():
            gained = certain[key] & ~certain_apart[side[key]]
            if gained:
                return world, (gained & -gained).bit_length() - 1
        return None


def _possible_rows(fields, known, facts):
    """Every row of one person that agrees with all facts."""
    known = iter(known)
    ranges = [(next(known),) if of == "person" else range(values) for of, _, values in fields]
    rows = [row for row in product(*ranges)
            if all(table[tuple(row[field] for field in inputs)] == row[output]
                   for inputs, output, table in facts)]
    given = {output for _, output, _ in facts}
    free = [field for field in range(len(fields)) if field not in given]
    reached = {tuple(row[field] for field in free) for row in rows}
    need(len(reached) == prod(len(ranges[field]) for field in free), "the facts contradict one another")
    return rows


def canonical_rows(rows, renamed):
    """One form for all bags of rows that a shuffle and a renaming of the tokens in the renamed columns make equal."""
    return least(numbered(rows, renamed), renamed)


@lru_cache(maxsize=1 << 20)
def least(rows, renamed):
    """The least form over all orders of the rows. Few forms remain once tokens are numbered, so they are kept."""
    return min(numbered(order, renamed) for order in permutations(rows))


def numbered(rows, renamed):
    """The rows in this order, the tokens of each renamed column numbered as they appear."""
    columns = list(zip(*rows))
    for column in renamed:
        tokens = {}
        columns[column] = [tokens.setdefault(token, len(tokens)) for token in columns[column]]
    return tuple(zip(*columns))


# Loads mix a few schemas, so their worlds are kept; the bounds only stop a load of all-different schemas.
space = lru_cache(maxsize=256)(Space)


# --- Reading a case


class Schema:
    """The checked fields, register and facts of a case, with the space of their worlds."""

    def __init__(self, rows, distinct, fields, register, facts):
        need(_is_count(rows) and rows > 0, "`rows` is not a positive number")
        need(isinstance(distinct, bool), "`distinct` is neither true nor false")
        need(isinstance(fields, list) and fields, "`fields` is not a non-empty list")
        for field in fields:
            _check_field(field)
        self.fields = {field["name"]: field for field in fields}
        need(len(self.fields) == len(fields), "two fields have one name")
        self.index = {name: index for index, name in enumerate(self.fields)}
        self._check_register(register)
        need(isinstance(facts, list), "`facts` is not a list")
        self.space = space(rows, distinct,
                           tuple((field["of"], field["sensitive"], field["values"]) for field in fields),
                           tuple(map(tuple, register)),
                           tuple(map(self._fact, facts)))

    def _check_register(self, register):
        need(isinstance(register, list) and register, "`register` is not a non-empty list")
        values = [field["values"] for field in self.fields.values() if field["of"] == "person"]
        for person in register:
            need(isinstance(person, list) and len(person) == len(values)
                 and all(map(_is_value, person, values)),
                 f"register entry {person!r} is not one value for each person field")

    def _fact(self, fact):
        inputs = _get(fact, "fields", list, "fact")
        gives = _get(fact, "gives", str, "fact")
        for name in [*inputs, gives]:
            need(isinstance(name, str) and name in self.fields, f"a fact names an unknown field {name!r}")
        need(self.fields[gives]["of"] == "visit", f"a fact gives the person field {gives!r}")
        table = {}
        for entry in _get(fact, "table", list, "fact"):
            need(isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], list)
                 and len(entry[0]) == len(inputs)
                 and all(_is_value(value, self.fields[name]["values"]) for name, value in zip(inputs, entry[0]))
                 and _is_value(entry[1], self.fields[gives]["values"]),
                 f"the table for {gives!r} has a bad entry {entry!r}")
            need(table.setdefault(tuple(entry[0]), entry[1]) == entry[1],
                 f"the table for {gives!r} gives two values for {entry[0]!r}")
        need(len(table) == prod(self.fields[name]["values"] for name in inputs),
             f"the table for {gives!r} does not list all inputs")
        return tuple(self.index[name] for name in inputs), self.index[gives], Table(table)

    def column(self, name, form):
        """What a field shows: its class by value, and whether the classes are tokens that may be renamed."""
        need(name in self.fields, f"a domain shows an unknown field {name!r}")
        need(form in FORMS, f"{name!r} is shown as {form!r}, which is none of {', '.join(FORMS)}")
        field = self.fields[name]
        classes = field["coarse"] if form == "coarse" else range(field["values"])
        return self.index[name], tuple(classes), form == "pseudonym" and not field["codebook"]

    def rows(self, world):
        """The rows of a world for people to read."""
        kinds = (self.space.kinds[kind] for kind in self.space.worlds[world])
        return [{"person": person, **dict(zip(self.fields, row))} for person, row in kinds]

    def claim(self, bit):
        person, field, value = self.space.claim_of_bit[bit]
        return {"person": person, "field": list(self.fields)[field], "value": value}


class Table(dict):
    """A table of a fact that can be part of a key."""

    def __hash__(self):
        return hash(frozenset(self.items()))


def _is_count(value):
    return isinstance(value, int) and not isinstance(value, bool)


def _is_value(value, values):
    return _is_count(value) and 0 <= value < values


def _get(holder, key, kind, what):
    need(isinstance(holder, dict), f"a {what} is not an object")
    need(isinstance(holder.get(key), kind), f"a {what} has no good {key!r}")
    return holder[key]


def _check_field(field):
    name = _get(field, "name", str, "field")
    need(_get(field, "of", str, "field") in ("person", "visit"), f"{name!r} is of neither person nor visit")
    _get(field, "sensitive", bool, "field")
    _get(field, "codebook", bool, "field")
    values = field.get("values")
    need(_is_count(values) and values > 0, f"{name!r} has no positive number of values")
    coarse = _get(field, "coarse", list, "field")
    need(len(coarse) == values and all(map(_is_count, coarse)), f"{name!r} has not one coarse class for each value")


@lru_cache(maxsize=4096)
def _schema(text):
    return Schema(*json.loads(text))


def read_schema(case):
    parts = []
    for key in ("rows", "distinct", "fields", "register", "facts"):
        need(key in case, f"`{key}` is missing")
        parts.append(case[key])
    return _schema(json.dumps(parts))


def read_domain(schema, domain):
    """A domain's name, the words it shares and the columns it shows."""
    name = _get(domain, "name", str, "domain")
    need(name and "," not in name, f"the domain name {name!r} is empty or has a comma")
    shares = _get(domain, "shares", list, "domain")
    for word in shares:
        need(word in WORDS, f"domain {name!r} shares {word!r}, which is none of {', '.join(WORDS)}")
    shows = _get(domain, "shows", dict, "domain")
    return name, frozenset(shares), frozenset(schema.column(*shown) for shown in shows.items())


# --- Answering


def matched(domains):
    """The columns of each group of domains whose rows the thief can match, through others if need be.

    Matched rows are one longer row. A column that two of them show alike counts once: in matched rows
    the second copy is known from the first, and so is a second pseudonym, up to its renaming.
    """
    groups = []
    for _, words, columns in domains:
        others = []
        for known, shown in groups:
            if known & words:
                words, columns = words | known, columns | shown
            else:
                others.append((known, shown))
        groups = [*others, (words, columns)]
    return [columns for _, columns in groups]


def answer(case, witness=False):
    """Whether each non-empty set of the case's domains links, smaller sets first."""
    need(isinstance(case, dict), "a case is not an object")
    need(isinstance(case.get("id"), str), "`id` is not a string")
    schema = read_schema(case)
    need(isinstance(case.get("domains"), list) and case["domains"], "`domains` is not a non-empty list")
    domains = [read_domain(schema, domain) for domain in case["domains"]]
    need(len({name for name, _, _ in domains}) == len(domains), "two domains have one name")
    links, witnesses = {}, {}
    for size in range(1, len(domains) + 1):
        for some in combinations(domains, size):
            key = ",".join(name for name, _, _ in some)
            found = schema.space.witness(matched(some))
            links[key] = found is not None
            if witness and found:
                world, bit = found
                witnesses[key] = {"rows": schema.rows(world), "claim": schema.claim(bit)}
    result = {"id": case["id"], "links": links}
    return {**result, "witness": witnesses} if witness else result


def answer_line(task):
    """The answer to one line, or (None, what is wrong with it)."""
    number, line, witness = task
    try:
        return json.dumps(answer(json.loads(line), witness)), None
    except ValueError as error:   # JSON and UTF-8 errors are ValueErrors too
        return None, f"line {number}: {error}"


def main():
    parser = argparse.ArgumentParser(description="Decide by possible worlds which leaks link (JSON lines in and out).")
    parser.add_argument("--witness", action="store_true", help="give a world and a claim for each set that links")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="number of processes (default 1)")
    options = parser.parse_args()
    if options.jobs < 1:
        parser.error("--jobs must be at least 1")
    tasks = ((number, line, options.witness)
             for number, line in enumerate(sys.stdin.buffer, 1) if line.strip())
    if options.jobs == 1:
        return write(map(answer_line, tasks))
    with Pool(options.jobs) as pool:
        return write(pool.imap(answer_line, tasks, chunksize=64))


def write(answers):
    for text, error in answers:
        if error:
            sys.stdout.flush()
            print(f"worlds.py: {error}", file=sys.stderr)
            return 2
        print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
