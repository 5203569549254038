"""Every known answer of tests/data/v1.json, answered by the Python implementation."""

import datetime
import json
import pathlib
import unittest

import derived
import paravent_peer as peer
import suite2

VECTORS = pathlib.Path(__file__).parents[1] / "data" / "v1.json"
V = json.loads(VECTORS.read_text(encoding="utf-8"))
ROOTS = V["roots"]
KEYS = peer.Keyring(
    {ROOTS["epoch"]: bytes.fromhex(ROOTS["sealing"])}, {ROOTS["generation"]: bytes.fromhex(ROOTS["linkage"])}
)
# The file does not name the subject key of its erasable pseudonyms: found by trying one byte repeated.
ERASABLE = b"\x05" * 32
SCHEMA = peer.Schema([peer.Field(str(n), n, int(s), width) for s, fields in V["schema"].items() for n, width in fields])


def values(case):
    return {int(n): value for n, value in case["values"].items()}


def present(case):
    return {n: value for n, value in values(case).items() if value is not None}


def binding(case):
    subject = case.get("subject_key")
    return case["record_id"].encode() or None, subject and bytes.fromhex(subject)


class KnownAnswers(unittest.TestCase):
    def refuses(self, call, *args, **named):
        with self.assertRaises(peer.Refused) as caught:
            call(*args, **named)
        return caught.exception.kind

    def test_keys(self):
        for case in V["tree"]:
            root, scope, domain = KEYS.sealing[ROOTS["epoch"]], case["scope"], case["domain"]
            chain = [peer.k_scope(root, scope)]
            chain.append(peer.k_domain(chain[0], domain))
            chain.append(peer.k_seal(chain[1], None))
            self.assertEqual([key.hex() for key in chain], [case["k_scope"], case["k_domain"], case["k_seal"]])

    def test_records_seal_and_open(self):
        for case in V["records"]:
            rid, subject = binding(case)
            at, nonce = (SCHEMA, case["domain"], case["epoch"], values(case)), bytes.fromhex(case["nonce"])
            if case["suite"] == 1:
                sealed = peer.seal_record(KEYS, *at, rid, subject, nonce)
                opened = peer.open_record(KEYS, SCHEMA, case["domain"], sealed, rid, subject)
            else:
                ikms = {int(scope): bytes.fromhex(ikm) for scope, ikm in case["ephemeral_ikm"].items()}
                sealed = suite2.seal_record(KEYS, *at, ikms, rid, subject, nonce)
                opened = suite2.open_record(KEYS, SCHEMA, case["domain"], sealed, rid, subject)
            self.assertEqual(sealed.hex(), case["sealed"])
            self.assertEqual(peer.to_text("p1.", sealed), case["text"])
            self.assertEqual(peer.from_text("p1.", case["text"]), sealed)
            self.assertEqual(opened, present(case))

    def test_rows_seal_and_open(self):
        for case in V["rows"]:
            rid, subject = binding(case)
            nonce = bytes.fromhex(case["nonce"])
            row, cells = peer.seal_row(KEYS, SCHEMA, case["domain"], case["epoch"], values(case), rid, subject, nonce)
            self.assertEqual(peer.to_text("p1.", row), case["row"])
            self.assertEqual({str(n): peer.to_text("c1.", cell) for n, cell in cells.items()}, case["cells"])
            self.assertEqual(peer.open_row(KEYS, SCHEMA, case["domain"], row, cells, rid, subject), present(case))

    def test_refused(self):
        for case in V["refused"]:
            with self.subTest(case["why"]):
                opener = peer if case["suite"] == 1 else suite2
                self.refuses(
                    opener.open_record, KEYS, SCHEMA, case["domain"], bytes.fromhex(case["sealed"]), *binding(case)
                )

    def test_newer_schema_and_cut(self):
        for case in (V["newer_schema"], V["cut"]):
            rid, _ = binding(case)
            sealed = bytes.fromhex(case["sealed"])
            opened = peer.open_record(KEYS, SCHEMA, case["domain"], sealed, rid, scopes=case.get("scopes"))
            self.assertEqual(opened, present(case))
        self.assertEqual(self.refuses(peer.open_record, KEYS, SCHEMA, case["domain"], sealed, rid), "missing scope")

    def test_refused_text(self):
        for text in V["refused_text"]:

            def read(text=text):
                peer.groups(peer.from_text("p1.", text))

            self.assertEqual(self.refuses(read), "malformed")

    def test_derived(self):
        for case in V["derived"]:
            encoded = derived.encode(case["parts"])
            at = KEYS, case["domain"], case["name"], encoded
            self.assertEqual(encoded.hex(), case["encoded"])
            self.assertEqual(derived.pseudonym(*at), case["pseudonym"])
            self.assertEqual(derived.pseudonym(*at, ERASABLE), case["pseudonym_erasable"])
            self.assertEqual(derived.index(*at, 9), case["index_9"])
            self.assertEqual(derived.index(*at, 32), case["index_32"])
            # The name that the file's shifts are drawn under is that of the field, not of the pseudonym.
            days = derived.date_shift(KEYS, case["domain"], "start", encoded, 26)
            self.assertEqual(days, case["date_shift_26_weeks"])

    def test_reversible_phones_and_shifts(self):
        for case in V["reversible"]:
            text = derived.reversible(KEYS, case["domain"], case["name"], case["value"], case["width"])
            self.assertEqual(text, case["text"])
        for case in V["phone_ff1"]:
            self.assertEqual(derived.phone_ff1(KEYS, case["domain"], case["name"], case["phone"]), case["out"])
        for case in V["shifted"]:
            encoded = derived.encode(case["subject"])
            days = derived.date_shift(KEYS, case["domain"], case["name"], encoded, case["weeks"])
            moved = datetime.date.fromisoformat(case["date"]) + datetime.timedelta(days)
            self.assertEqual(moved.isoformat(), case["out"])

    def test_normalisation(self):
        for case in V["normalized"]:
            self.assertEqual(derived.normalize(case["class"], case["in"]), case["out"])
        for case in V["not_normalizable"]:
            self.refuses(derived.normalize, case["class"], case["in"])

    def test_a_wrong_label_fails_the_known_answers(self):
        right = peer.SHARED["seal"]
        peer.SHARED["seal"] = b"paravent/v1/seat"
        try:
            self.assertRaises(AssertionError, self.test_records_seal_and_open)
        finally:
            peer.SHARED["seal"] = right


if __name__ == "__main__":
    unittest.main()
