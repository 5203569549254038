"""Reads protected messages with hl7apy and hl7: each sees the segments of the input, those of one's own under the name ZZZ, and ZPV
behind them, and the pseudonym in PID-3.

Both split segments at CR alone, and see one long segment in a message with LF without a word, so messages are written with CR first.
hl7apy reads tolerantly: a protected message lacks parts that HL7 requires, since they were taken out, and both the input and it have
ZPV or other Z segments of which no version knows.
"""

import pathlib
import sys

import hl7
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message


def with_cr(data):
    return data.decode("utf-8").replace("\r\n", "\r").replace("\n", "\r")


def seen_by_hl7(text):
    """Segments with the number of their fields, and PID-3.1."""
    message = hl7.parse(text)
    segments = [(str(segment[0]), len(segment)) for segment in message]
    return segments, message.extract_field("PID", 1, 3, 1, 1)


def seen_by_hl7apy(text):
    """The same. It keeps fields that are not empty alone, so the others are filled for it, and fields are counted as it prints
    them."""
    message = parse(text)
    filled = parse("".join(fill(segment) + "\r" for segment in text.split("\r") if segment))
    segments = [(segment.name, segment.to_er7().count("|")) for segment in filled.children]
    assert [name for name, _ in segments] == [segment.name for segment in message.children]
    return segments, message.pid.pid_3[0].pid_3_1.value


def fill(segment):
    return "|".join(field or "x" for field in segment.split("|"))


def hidden(segments):
    """With the names that the bundled profile hides: those of one's own."""
    return [("ZZZ" if name.startswith("Z") else name, fields) for name, fields in segments]


def parse(text):
    return parse_message(text, validation_level=VALIDATION_LEVEL.TOLERANT, find_groups=False)


def check(folder, wrong):
    inputs = sorted(folder.glob("*.input"))
    failures = 0
    for path in inputs:
        before = with_cr(path.read_bytes())
        after = with_cr(path.with_suffix(".protected").read_bytes())
        patient = path.with_suffix(".patient").read_text("ascii")
        if wrong == "patient":
            patient = patient[:-1] + ("a" if patient[-1] != "a" else "b")
        if wrong == "segment":
            head, last = after.split("\rZPV|", 1)
            after = head.rsplit("\r", 1)[0] + "\rZPV|" + last
        if wrong == "field":
            after = after.replace("\rPID|", "\rPID||", 1)
        if wrong == "line-end":
            after = after.replace("\r", "\n")
        for peer in (seen_by_hl7, seen_by_hl7apy):
            was = hidden(peer(before)[0])
            try:
                is_now, pid_3 = peer(after)
            except (KeyError, AttributeError, IndexError) as error:
                is_now, pid_3 = [], repr(error)
            sealed = [name for name, _ in is_now[len(was):]]
            ok = is_now[: len(was)] == was and sealed and set(sealed) == {"ZPV"} and pid_3 == patient
            if len(was) < 3 or not ok:
                print(f"{path.stem}, {peer.__name__}: {was} became {is_now}, PID-3 {pid_3 == patient}")
                failures += 1
    print(f"{len(inputs)} messages, {failures} failures")
    return len(inputs) > 0 and failures == 0


if __name__ == "__main__":
    right = check(pathlib.Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
    sys.exit(0 if right else 1)
