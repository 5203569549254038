"""Validates protected FHIR resources with fhir.resources (R4B): no error that the original did not have.

check.py FOLDER [--wrong]: FOLDER holds POLICY/DOCUMENT/{original,protected,...}.json. With --wrong, each protected document
loses what FHIR wants to be there, so that the check has to fail.
"""

import collections
import json
import pathlib
import re
import sys

from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError


def read(path):
    return json.loads(path.read_text(encoding="utf-8-sig"))


def resources(document):
    """Each resource of a document with where it is: itself, those of a Bundle, contained ones."""
    found = [("", document)]
    for place, inner in (("entry", "resource"),):
        entries = document.get(place, [])
        for at, entry in enumerate(entries if isinstance(entries, list) else []):
            if isinstance(entry, dict) and isinstance(entry.get(inner), dict):
                found += [(f"{place}.{at}.{inner}.{deeper}".rstrip("."), one) for deeper, one in resources(entry[inner])]
    for at, contained in enumerate(document.get("contained", [])):
        found.append((f"contained.{at}", contained))
    return found


def shallow(resource):
    """A Bundle without its resources, which are validated for themselves; some are wrong before they are protected."""
    if resource.get("resourceType") != "Bundle":
        return resource
    entries = []
    for entry in resource.get("entry", []):
        entries.append({key: value for key, value in entry.items() if key != "resource"} or {"id": "e"})
    return {**resource, "entry": entries} if entries else resource


def errors(resource):
    """What is wrong with a resource: places and kinds, without positions, counted."""
    try:
        get_fhir_model_class(resource["resourceType"]).model_validate(shallow(resource))
    except ValidationError as error:
        place = lambda one: ".".join(str(step) for step in one["loc"] if not isinstance(step, int))
        return collections.Counter(f"{place(one)}: {one['type']}: {one['msg'][:160]}" for one in error.errors())
    return collections.Counter()


def strip(value):
    """Takes away what says that a required element was masked."""
    if isinstance(value, dict):
        value = {key: strip(one) for key, one in value.items() if not key.startswith("_")}
        return {key: one for key, one in value.items() if one not in ({}, [])}
    if isinstance(value, list):
        return [strip(one) for one in value]
    return value


def main():
    folder, wrong = pathlib.Path(sys.argv[1]), "--wrong" in sys.argv
    files = checked = before = 0
    failures = []
    for original in sorted(folder.glob("*/*/original.json")):
        of_original = resources(read(original))
        known = {place: errors(resource) for place, resource in of_original}
        before += sum(sum(found.values()) for found in known.values())
        for other in sorted(original.parent.glob("*.json")):
            files += 1
            if other == original:
                continue
            document = read(other)
            of_other = resources(strip(document) if wrong else document)
            types = [(place, resource.get("resourceType")) for place, resource in of_original]
            if types != [(place, resource.get("resourceType")) for place, resource in of_other]:
                failures.append(f"{other.relative_to(folder)}: other resources")
                continue
            for place, resource in of_other:
                checked += 1
                new = errors(resource) - known[place]
                failures += [f"{other.relative_to(folder)} {place}: {one}" for one in new]
    for failure in failures[:40]:
        print(failure)
    print(f"{files} files, {checked} resources protected or revealed in part, {before} errors in the originals, {len(failures)} new ones")
    if not checked:
        sys.exit("nothing was checked")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
