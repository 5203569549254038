"""Hand-made cases, a slow second reading of the definition, metamorphic tests and the command line."""

import json
import random
import subprocess
import sys
import unittest
from functools import reduce
from itertools import combinations, permutations, product
from pathlib import Path

import worlds

ORACLE = Path(worlds.__file__)


def field(name, of, values, sensitive=False, coarse=None, codebook=False):
    return {"name": name, "of": of, "sensitive": sensitive, "values": values,
            "coarse": coarse or [value // 2 for value in range(values)], "codebook": codebook}


NAME = field("name", "person", 4)
AGE = field("age", "person", 4, coarse=[0, 1, 0, 1])
START = field("start", "visit", 4)
PLACE = field("place", "visit", 2)
PRACTITIONER = field("practitioner", "visit", 4)
SPECIALTY = field("specialty", "visit", 2, sensitive=True)
DIRECTORY = {"fields": ["practitioner"], "gives": "specialty", "table": [[[0], 0], [[1], 0], [[2], 1], [[3], 1]]}


def changed(field, **changes):
    return {**field, **changes}


def domain(name, shares=(), /, **shows):
    return {"name": name, "shows": shows, "shares": list(shares)}


def make(fields, *domains, facts=(), rows=3, distinct=True, register=None):
    if register is None:
        register = [[person % f["values"] for f in fields if f["of"] == "person"] for person in range(4)]
    return {"id": "case", "rows": rows, "distinct": distinct, "fields": list(fields), "register": register,
            "facts": list(facts), "domains": list(domains)}


def links(*args, **options):
    return worlds.answer(make(*args, **options))["links"]


def linking(*args, **options):
    """The sets of domains that link."""
    return {key for key, linked in links(*args, **options).items() if linked}


class ByHand(unittest.TestCase):
    """Each answer follows from the sentence above it."""

    def test_name_beside_specialty(self):
        # A row with a name and a specialty is the claim itself.
        self.assertEqual(linking([NAME, SPECIALTY], domain("a", name="keep", specialty="keep")), {"a"})

    def test_name_beside_practitioner_in_a_directory(self):
        # The directory turns the practitioner of a named row into the specialty.
        shows = domain("a", name="keep", practitioner="keep")
        self.assertEqual(linking([NAME, PRACTITIONER, SPECIALTY], shows, facts=[DIRECTORY]), {"a"})

    def test_name_beside_practitioner_without_directory(self):
        # Without a directory the practitioner, here not sensitive itself, says nothing of the specialty.
        shows = domain("a", name="keep", practitioner="keep")
        self.assertEqual(linking([NAME, PRACTITIONER, SPECIALTY], shows), set())

    def test_name_beside_sensitive_practitioner(self):
        # A sensitive practitioner is a claim without any directory.
        fields = [NAME, changed(PRACTITIONER, sensitive=True), SPECIALTY]
        self.assertEqual(linking(fields, domain("a", name="keep", practitioner="keep")), {"a"})

    def test_coarse_practitioner_in_a_directory(self):
        # The coarse practitioner's class has one specialty, so the truncation hides nothing.
        shows = domain("a", name="keep", practitioner="coarse")
        self.assertEqual(linking([NAME, PRACTITIONER, SPECIALTY], shows, facts=[DIRECTORY]), {"a"})

    def test_coarse_practitioner_across_specialties(self):
        # Each class of practitioners holds both specialties, so no row's specialty is known.
        fields = [NAME, changed(PRACTITIONER, coarse=[0, 1, 0, 1]), SPECIALTY]
        shows = domain("a", name="keep", practitioner="coarse")
        self.assertEqual(linking(fields, shows, facts=[DIRECTORY]), set())

    def test_one_side_alone(self):
        # A view with one side only is its own shuffled-apart view.
        self.assertEqual(linking([NAME, AGE, SPECIALTY], domain("a", name="keep", age="keep")), set())
        self.assertEqual(linking([NAME, START, SPECIALTY], domain("a", start="keep", specialty="keep")), set())

    def test_coarse_age_of_distinct_people(self):
        # Three distinct people of two classes of two fill one class, so if its rows agree both have that specialty.
        shows = domain("a", age="coarse", specialty="keep")
        self.assertEqual(linking([NAME, AGE, SPECIALTY], shows), {"a"})

    def test_coarse_age_of_repeated_people(self):
        # All rows of a class may be of either of its two people, so nobody is known to be there.
        shows = domain("a", age="coarse", specialty="keep")
        self.assertEqual(linking([NAME, AGE, SPECIALTY], shows, distinct=False), set())

    def test_coarse_age_of_one_class(self):
        # One class for all people shows nothing of a row's person.
        fields = [NAME, changed(AGE, coarse=[0, 0, 0, 0]), SPECIALTY]
        self.assertEqual(linking(fields, domain("a", age="coarse", specialty="keep")), set())

    def test_pseudonym_of_name(self):
        # Names can be exchanged under their tokens, so no row has a known person.
        shows = domain("a", name="pseudonym", specialty="keep")
        self.assertEqual(linking([NAME, SPECIALTY], shows), set())
        self.assertEqual(linking([NAME, SPECIALTY], shows, distinct=False), set())

    def test_pseudonym_of_specialty(self):
        # Without a codebook the two specialties can be exchanged under their tokens; with one the token is the value.
        shows = domain("a", name="keep", specialty="pseudonym")
        self.assertEqual(linking([NAME, SPECIALTY], shows), set())
        self.assertEqual(linking([NAME, changed(SPECIALTY, codebook=True)], shows), {"a"})

    def test_pseudonym_of_age(self):
        # Four ages each of one person are exchangeable under tokens, and are names once the codebook is known.
        shows = domain("a", age="pseudonym", specialty="keep")
        self.assertEqual(linking([NAME, AGE, SPECIALTY], shows), set())
        self.assertEqual(linking([NAME, changed(AGE, codebook=True), SPECIALTY], shows), {"a"})

    def test_pseudonym_betrayed_by_the_register(self):
        # Only one person has the rare sex, so among three distinct people the token that occurs once is that person's.
        sex = field("sex", "person", 2)
        shows = domain("a", sex="pseudonym", specialty="keep")
        self.assertEqual(linking([NAME, sex, SPECIALTY], shows, register=[[0, 0], [1, 0], [2, 0], [3, 1]]), {"a"})
        # With two people of each sex either token may be either sex.
        self.assertEqual(linking([NAME, sex, SPECIALTY], shows, register=[[0, 0], [1, 0], [2, 1], [3, 1]]), set())

    def test_frequencies_name_a_token(self):
        # The specialty that another domain shows twice is the token that is there twice.
        self.assertEqual(linking([NAME, SPECIALTY], domain("a", name="keep", specialty="pseudonym"),
                                 domain("b", specialty="keep")), {"a,b"})

    def test_exact_start_joins(self):
        # Three different starts, seen in both domains, match the rows one to one.
        self.assertEqual(linking([NAME, START, SPECIALTY], domain("a", name="keep", start="keep"),
                                 domain("b", start="keep", specialty="keep")), {"a,b"})

    def test_coarse_start_joins(self):
        # A class of starts that holds one row matches that row.
        self.assertEqual(linking([NAME, START, SPECIALTY], domain("a", name="keep", start="coarse"),
                                 domain("b", start="coarse", specialty="keep")), {"a,b"})

    def test_start_of_one_class_joins_nothing(self):
        # A class that holds all starts matches nothing.
        self.assertEqual(linking([NAME, changed(START, coarse=[7, 7, 7, 7]), SPECIALTY],
                                 domain("a", name="keep", start="coarse"),
                                 domain("b", start="coarse", specialty="keep")), set())

    def test_pseudonyms_of_two_domains(self):
        # Tokens of two domains are unrelated, but one that is there twice in each is the same start.
        self.assertEqual(linking([NAME, START, SPECIALTY], domain("a", name="keep", start="pseudonym"),
                                 domain("b", start="pseudonym", specialty="keep")), {"a,b"})

    def test_pseudonyms_of_people_across_domains(self):
        # Distinct people have a token each, which matches nothing across domains.
        two = domain("a", name="pseudonym", age="coarse"), domain("b", name="pseudonym", specialty="keep")
        self.assertEqual(linking([NAME, AGE, SPECIALTY], *two), set())

    def test_nothing_shared(self):
        # Names in one domain and specialties in another, both in unknown order, are the apart view itself.
        self.assertEqual(links([NAME, SPECIALTY], domain("a", name="keep"), domain("b", specialty="keep")),
                         {"a": False, "b": False, "a,b": False})

    def test_shared_words(self):
        # A word that both list matches the rows; a word that one lists, or two different words, match none.
        for ours, theirs, linked in [(["record-id"], ["record-id"], {"a,b"}), (["order"], ["order"], {"a,b"}),
                                     (["record-id"], [], set()), (["record-id"], ["order"], set()),
                                     (["record-id", "order"], ["order"], {"a,b"})]:
            self.assertEqual(linking([NAME, SPECIALTY], domain("a", ours, name="keep"),
                                     domain("b", theirs, specialty="keep")), linked)

    def test_matched_through_a_third(self):
        # Rows matched from a to b and from b to c are matched from a to c, but only when b leaks too.
        three = (domain("a", ["record-id"], name="keep"), domain("b", ["record-id", "order"]),
                 domain("c", ["order"], specialty="keep"))
        for domains in permutations(three):
            self.assertEqual(linking([NAME, SPECIALTY], *domains), {",".join(d["name"] for d in domains)})

    def test_three_domains_needed(self):
        # Name to start, start to room, room to specialty: any two leave a gap in the chain.
        room = field("room", "visit", 3)
        start = field("start", "visit", 3)
        self.assertEqual(linking([NAME, start, room, SPECIALTY], domain("a", name="keep", start="keep"),
                                 domain("b", start="keep", room="keep"),
                                 domain("c", room="keep", specialty="keep")), {"a,b,c"})

    def test_chain_of_facts(self):
        # A place has one practitioner and a practitioner one specialty, so a named row with its place links.
        two = changed(PRACTITIONER, values=2, coarse=[0, 0])
        facts = [{"fields": ["place"], "gives": "practitioner", "table": [[[0], 1], [[1], 0]]},
                 {"fields": ["practitioner"], "gives": "specialty", "table": [[[0], 0], [[1], 1]]}]
        for order in (facts, facts[::-1]):
            self.assertEqual(linking([NAME, PLACE, two, SPECIALTY], domain("a", name="keep", place="keep"),
                                     facts=order), {"a"})
        self.assertEqual(linking([NAME, PLACE, two, SPECIALTY], domain("a", name="keep", place="keep"),
                                 facts=facts[1:]), set())

    def test_fact_of_two_fields(self):
        # Place and start together give the specialty, each alone leaves both open.
        start = field("start", "visit", 2)
        xor = {"fields": ["place", "start"], "gives": "specialty",
               "table": [[[place, at], place ^ at] for place in (0, 1) for at in (0, 1)]}
        fields = [NAME, PLACE, start, SPECIALTY]
        self.assertEqual(linking(fields, domain("a", name="keep", place="keep", start="keep"), facts=[xor]), {"a"})
        self.assertEqual(linking(fields, domain("a", name="keep", start="keep"), facts=[xor]), set())

    def test_fact_of_a_person(self):
        # What the register itself settles is known from the identity side, so showing it adds nothing.
        own = {"fields": ["name"], "gives": "specialty", "table": [[[0], 0], [[1], 1], [[2], 0], [[3], 1]]}
        self.assertEqual(linking([NAME, SPECIALTY], domain("a", name="keep", specialty="keep"), facts=[own]), set())

    def test_group_sizes(self):
        # The person with two rows is the token with two rows, which takes repeated people.
        two = domain("a", name="keep"), domain("b", name="pseudonym", specialty="keep")
        self.assertEqual(linking([NAME, SPECIALTY], *two, distinct=False), {"a,b"})
        self.assertEqual(linking([NAME, SPECIALTY], *two, distinct=True), set())

    def test_twins(self):
        # Two people of one name in two rows are both there if people are distinct, and then share a known specialty.
        shows = domain("a", name="keep", specialty="keep")
        twins = [[0], [0], [1], [1]]
        self.assertEqual(linking([NAME, SPECIALTY], shows, register=twins), {"a"})
        # If people repeat, either twin may have all the rows of the name.
        self.assertEqual(linking([NAME, SPECIALTY], shows, register=twins, distinct=False), set())

    def test_one_row(self):
        # The two sides of a single row cannot be shuffled apart.
        self.assertEqual(linking([NAME, SPECIALTY], domain("a", name="keep", specialty="keep"), rows=1), set())

    def test_one_specialty(self):
        # A specialty that everybody has is certain without any match.
        only = changed(SPECIALTY, values=1, coarse=[0])
        self.assertEqual(linking([NAME, only], domain("a", name="keep", specialty="keep")), set())

    def test_all_subsets_in_order(self):
        # Every non-empty set is answered, its names in the case's order.
        three = domain("z", name="keep"), domain("a"), domain("m", specialty="keep")
        self.assertEqual(list(links([NAME, SPECIALTY], *three)), ["z", "a", "m", "z,a", "z,m", "a,m", "z,a,m"])


class Slow:
    """The definition read again, with every leak spelled out: rows in an order, tokens under names.

    A world is consistent with a leak if one of its own shuffles and namings of tokens is that very leak.
    Which of its leaks the true world gave does not matter, so the plain one stands for all.
    """

    def __init__(self, case):
        self.case = case
        self.fields = {f["name"]: f for f in case["fields"]}
        people = [name for name, f in self.fields.items() if f["of"] == "person"]
        given = {fact["gives"] for fact in case["facts"]}
        free = [name for name, f in self.fields.items() if f["of"] == "visit" and name not in given]
        rows = []
        for person, known in enumerate(case["register"]):
            for values in product(*(range(self.fields[name]["values"]) for name in free)):
                row = {"person": person, **dict(zip(people, known)), **dict(zip(free, values))}
                while len(row) < len(self.fields) + 1:
                    for fact in case["facts"]:
                        if all(name in row for name in fact["fields"]):
                            table = {tuple(inputs): output for inputs, output in fact["table"]}
                            row[fact["gives"]] = table[tuple(row[name] for name in fact["fields"])]
                rows.append(row)
        self.worlds = [world for world in product(rows, repeat=case["rows"])
                       if not case["distinct"] or len({row["person"] for row in world}) == len(world)]
        self.claims = [{(row["person"], name, row[name]) for row in world
                        for name, f in self.fields.items() if f["sensitive"]} for world in self.worlds]
        self.leaks_of_group = {}

    def groups(self, domains):
        """The domains connected by shared words."""
        left, groups = list(domains), []
        while left:
            group = [left.pop(0)]
            for member in group:
                joined = [other for other in left if set(other["shares"]) & set(member["shares"])]
                group += joined
                left = [other for other in left if other not in joined]
            groups.append(group)
        return groups

    def leaks(self, group, of):
        """For each world its plain leak and all its leaks, of the columns of the given kind."""
        columns = [(d["name"], name, form) for d in group for name, form in d["shows"].items()
                   if self.fields[name]["of"] in of]
        key = tuple(columns)
        if key in self.leaks_of_group:
            return self.leaks_of_group[key]
        namings = []
        for _, name, form in columns:
            values = range(self.fields[name]["values"])
            if form == "coarse":
                namings.append([self.fields[name]["coarse"]])
            elif form == "keep" or self.fields[name]["codebook"]:
                namings.append([list(values)])
            else:
                namings.append(list(permutations(values)))
        spelled = []
        for world in self.worlds:
            lists = [[tuple(naming[row[name]] for naming, (_, name, _) in zip(chosen, columns)) for row in world]
                     for chosen in product(*namings)]
            spelled.append((tuple(lists[0]), {order for rows in lists for order in permutations(rows)}))
        self.leaks_of_group[key] = spelled
        return spelled

    def certain(self, world, views):
        """The claims that hold in every world consistent with the plain leaks of this one."""
        consistent = (claims for other, claims in enumerate(self.claims)
                      if all(view[world][0] in view[other][1] for view in views))
        return reduce(set.intersection, consistent)

    def gained(self, domains):
        """For each world what its joint leak makes certain beyond the apart one, worlds alike being one."""
        groups = self.groups(domains)
        joint = [self.leaks(group, ("person", "visit")) for group in groups]
        apart = [self.leaks(group, (of,)) for group in groups for of in ("person", "visit")]
        done = set()
        for world in range(len(self.worlds)):
            look = tuple(frozenset(view[world][1]) for view in joint)
            if look not in done:
                done.add(look)
                yield world, self.certain(world, joint) - self.certain(world, apart)

    def links(self):
        domains = self.case["domains"]
        return {",".join(d["name"] for d in some): any(gained for _, gained in self.gained(some))
                for size in range(1, len(domains) + 1) for some in combinations(domains, size)}


def random_case(choose, people=4, domains=3, most=3):
    """A small case of any shape: twins, repeated people, facts of one or two fields, shared words."""
    def values():
        return choose.randint(2, most)

    def some_field(name, of, sensitive=False, count=None):
        count = count or values()
        return field(name, of, count, sensitive, [choose.randrange(2) for _ in range(count)], choose.random() < 0.3)

    fields = [some_field("name", "person"), some_field("age", "person"),
              some_field("start", "visit"), some_field("practitioner", "visit", choose.random() < 0.5),
              some_field("specialty", "visit", True, 2)]
    choose.shuffle(fields)
    by_name = {f["name"]: f for f in fields}

    def fact(inputs, gives):
        ranges = (range(by_name[name]["values"]) for name in inputs)
        return {"fields": inputs, "gives": gives,
                "table": [[list(given), choose.randrange(by_name[gives]["values"])] for given in product(*ranges)]}

    facts = []
    if choose.random() < 0.7:
        facts.append(fact(choose.choice([["practitioner"], ["practitioner", "start"], ["age", "practitioner"]]),
                          "specialty"))
    if choose.random() < 0.3:
        facts.append(fact(["start"], "practitioner"))
    register = [[choose.randrange(f["values"]) for f in fields if f["of"] == "person"] for _ in range(people)]
    shown = [domain("abc"[number], [word for word in worlds.WORDS if choose.random() < 0.25],
                    **{f["name"]: choose.choice(worlds.FORMS) for f in fields if choose.random() < 0.5})
             for number in range(domains)]
    return make(fields, *shown, facts=facts, register=register,
                rows=choose.choice((2, 3)), distinct=choose.random() < 0.6)


class BySlowReading(unittest.TestCase):
    def test_agrees_with_every_leak_spelled_out(self):
        choose = random.Random(1)
        seen, compared = set(), 0
        while compared < 120:
            case = random_case(choose, people=3, domains=choose.choice((1, 2, 3)), most=2)
            if choose.random() < 0.5:
                case["rows"] = 2
            slow = Slow(case)
            if len(slow.worlds) > 600:
                continue
            compared += 1
            expected = slow.links()
            self.assertEqual(worlds.answer(case)["links"], expected, json.dumps(case))
            seen.update(expected.values())
        self.assertEqual(seen, {True, False})

    def test_agrees_on_more_values_and_two_rows(self):
        choose = random.Random(2)
        compared = 0
        while compared < 60:
            case = {**random_case(choose, people=4, domains=2), "rows": 2}
            slow = Slow(case)
            if len(slow.worlds) > 600:
                continue
            compared += 1
            self.assertEqual(worlds.answer(case)["links"], slow.links(), json.dumps(case))

    def test_witnesses_hold(self):
        choose = random.Random(3)
        shown = 0
        while shown < 60:
            case = {**random_case(choose, people=3, domains=2, most=2), "rows": 2}
            answer = worlds.answer(case, witness=True)
            slow = Slow(case)
            self.assertEqual({key for key, linked in answer["links"].items() if linked},
                             set(answer.get("witness", {})))
            for key, witness in answer.get("witness", {}).items():
                shown += 1
                some = [d for d in case["domains"] if d["name"] in key.split(",")]
                groups = slow.groups(some)
                world = slow.worlds.index(tuple(witness["rows"]))
                claim = tuple(witness["claim"][part] for part in ("person", "field", "value"))
                joint = [slow.leaks(group, ("person", "visit")) for group in groups]
                apart = [slow.leaks(group, (of,)) for group in groups for of in ("person", "visit")]
                self.assertIn(claim, slow.certain(world, joint))
                self.assertNotIn(claim, slow.certain(world, apart))


class Metamorphic(unittest.TestCase):
    """Changes of a case that must not change its answer."""

    def check(self, change, seed, cases=40):
        choose = random.Random(seed)
        seen = set()
        for _ in range(cases):
            case = random_case(choose)
            before = list(worlds.answer(case)["links"].values())
            after = list(worlds.answer(change(choose, json.loads(json.dumps(case))))["links"].values())
            self.assertEqual(before, after, json.dumps(case))
            seen.update(before)
        self.assertEqual(seen, {True, False})

    def test_renaming_values(self):
        def change(choose, case):
            new = {f["name"]: choose.sample(range(f["values"]), f["values"]) for f in case["fields"]}
            for f in case["fields"]:
                classes = choose.sample(range(10, 20), 2)
                f["coarse"] = [classes[f["coarse"][new[f["name"]].index(value)]] for value in range(f["values"])]
            names = [f["name"] for f in case["fields"] if f["of"] == "person"]
            case["register"] = [[new[name][value] for name, value in zip(names, person)]
                                for person in case["register"]]
            for fact in case["facts"]:
                fact["table"] = [[[new[name][value] for name, value in zip(fact["fields"], inputs)],
                                  new[fact["gives"]][output]] for inputs, output in fact["table"]]
            return case
        self.check(change, 11)

    def test_renaming_fields_and_domains(self):
        def change(choose, case):
            names = [f["name"] for f in case["fields"]]
            new = dict(zip(names, choose.sample([f"field {number}" for number in range(50)], len(names))))
            for f in case["fields"]:
                f["name"] = new[f["name"]]
            for fact in case["facts"]:
                fact["fields"] = [new[name] for name in fact["fields"]]
                fact["gives"] = new[fact["gives"]]
            for d in case["domains"]:
                d["name"] = "renamed " + d["name"]
                d["shows"] = {new[name]: form for name, form in d["shows"].items()}
            return case
        self.check(change, 12)

    def test_permuting_the_register(self):
        def change(choose, case):
            choose.shuffle(case["register"])
            return case
        self.check(change, 13)

    def test_permuting_fields_facts_and_tables(self):
        def change(choose, case):
            people = [f["name"] for f in case["fields"] if f["of"] == "person"]
            choose.shuffle(case["fields"])
            order = [people.index(f["name"]) for f in case["fields"] if f["of"] == "person"]
            case["register"] = [[person[index] for index in order] for person in case["register"]]
            choose.shuffle(case["facts"])
            for fact in case["facts"]:
                choose.shuffle(fact["table"])
            return case
        self.check(change, 14)

    def test_permuting_domains(self):
        choose = random.Random(15)
        for _ in range(40):
            case = random_case(choose)
            before = {frozenset(key.split(",")): linked for key, linked in worlds.answer(case)["links"].items()}
            choose.shuffle(case["domains"])
            after = {frozenset(key.split(",")): linked for key, linked in worlds.answer(case)["links"].items()}
            self.assertEqual(before, after)

    def test_exchanging_the_words(self):
        def change(choose, case):
            for d in case["domains"]:
                d["shares"] = ["order" if word == "record-id" else "record-id" for word in d["shares"]]
            return case
        self.check(change, 16)

    def test_pseudonym_with_codebook_is_the_value(self):
        def change(choose, case):
            known = {f["name"] for f in case["fields"] if f["codebook"]}
            for d in case["domains"]:
                d["shows"] = {name: "keep" if form == "pseudonym" and name in known else form
                              for name, form in d["shows"].items()}
            return case
        self.check(change, 17)

    def test_a_field_of_one_value_changes_nothing(self):
        def change(choose, case):
            case["fields"].append(field("extra", "visit", 1))
            for d in case["domains"]:
                d["shows"]["extra"] = choose.choice(worlds.FORMS)
            return case
        self.check(change, 18)

    def test_a_subset_answers_as_a_case_of_its_own(self):
        choose = random.Random(19)
        for _ in range(40):
            case = random_case(choose)
            whole = worlds.answer(case)["links"]
            for left_out in case["domains"]:
                fewer = {**case, "domains": [d for d in case["domains"] if d is not left_out]}
                for key, linked in worlds.answer(fewer)["links"].items():
                    self.assertEqual(linked, whole[key])


class Forms(unittest.TestCase):
    def test_canonical_rows_of_one_bag(self):
        choose = random.Random(21)
        for _ in range(500):
            rows = [tuple(choose.randrange(3) for _ in range(3)) for _ in range(3)]
            tokens = [choose.sample("xyz", 3) for _ in range(2)]
            other = [(row[0], tokens[0][row[1]], tokens[1][row[2]]) for row in choose.sample(rows, 3)]
            self.assertEqual(worlds.canonical_rows(rows, (1, 2)), worlds.canonical_rows(other, (1, 2)))

    def test_canonical_rows_of_different_bags(self):
        # Both columns have the pattern two and one, once in the same row and once in different rows.
        together = [("x", "u"), ("x", "u"), ("y", "v")]
        crossed = [("x", "u"), ("x", "v"), ("y", "u")]
        self.assertNotEqual(worlds.canonical_rows(together, (0, 1)), worlds.canonical_rows(crossed, (0, 1)))


class CommandLine(unittest.TestCase):
    def run_oracle(self, text, *options):
        return subprocess.run([sys.executable, str(ORACLE), *options], input=text, capture_output=True, text=True)

    def test_answers_in_order_with_any_number_of_jobs(self):
        choose = random.Random(31)
        cases = [{**random_case(choose), "id": f"case-{number}"} for number in range(100)]
        text = "".join(json.dumps(case) + "\n" for case in cases)
        expected = [worlds.answer(case) for case in cases]
        for options in ((), ("--jobs", "2")):
            done = self.run_oracle(text, *options)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual([json.loads(line) for line in done.stdout.splitlines()], expected)

    def test_witness(self):
        case = make([NAME, SPECIALTY], domain("a", name="keep", specialty="keep"), domain("b"))
        answer = json.loads(self.run_oracle(json.dumps(case), "--witness").stdout)
        self.assertEqual(set(answer["witness"]), {"a", "a,b"})
        witness = answer["witness"]["a"]
        self.assertTrue(any(row["person"] == witness["claim"]["person"]
                            and row[witness["claim"]["field"]] == witness["claim"]["value"]
                            for row in witness["rows"]))

    def test_bad_input_names_its_line(self):
        good = make([NAME, PRACTITIONER, SPECIALTY], domain("a", name="keep"), facts=[DIRECTORY])

        def bad(**changes):
            return json.dumps({**good, **changes})
        lines = {
            "no JSON": "{",
            "no object": "[]",
            "no rows": json.dumps({key: value for key, value in good.items() if key != "rows"}),
            "no domains": bad(domains=[]),
            "too many distinct rows": bad(rows=5),
            "two fields of one name": bad(fields=[NAME, NAME]),
            "register too short": bad(register=[[]]),
            "register value out of range": bad(register=[[4]] * 4),
            "unknown field": bad(domains=[domain("a", phone="keep")]),
            "unknown form": bad(domains=[domain("a", name="blur")]),
            "unknown word": bad(domains=[domain("a", ["nonce"])]),
            "two domains of one name": bad(domains=[domain("a"), domain("a")]),
            "table not complete": bad(facts=[{**DIRECTORY, "table": DIRECTORY["table"][1:]}]),
            "fact of a person field": bad(facts=[{"fields": [], "gives": "name", "table": [[[], 0]]}]),
            "contradicting facts": bad(facts=[DIRECTORY, {"fields": [], "gives": "specialty", "table": [[[], 0]]}]),
            "coarse too short": bad(fields=[NAME, PRACTITIONER, {**SPECIALTY, "coarse": [0]}]),
        }
        for what, line in lines.items():
            with self.subTest(what):
                done = self.run_oracle(json.dumps(good) + "\n\n" + line + "\n")
                self.assertEqual(done.returncode, 2)
                self.assertEqual(len(done.stdout.splitlines()), 1)
                self.assertRegex(done.stderr, r"^worlds\.py: line 3: .+\n$")


if __name__ == "__main__":
    unittest.main()
