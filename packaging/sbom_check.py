#!/usr/bin/env python3
"""Judges the bill of materials inside each .deb: SPDX 2.3's required fields, and every library that dpkg-shlibdeps found.

Usage: packaging/sbom_check.py DEB...   Debug symbol packages have no bill. Never changes a package.
"""

import json
import re
import subprocess
import sys

DOCUMENT = ("spdxVersion", "dataLicense", "SPDXID", "name", "documentNamespace", "creationInfo", "packages", "relationships")
PACKAGE = ("SPDXID", "name", "versionInfo", "supplier", "downloadLocation", "licenseConcluded", "licenseDeclared", "copyrightText")
LICENCE = re.compile(r"\(?(NOASSERTION|LicenseRef-[A-Za-z0-9.-]+|[A-Z][A-Za-z0-9.-]+)\)?")


def mistakes_of(bill, name, libraries):
    mistakes = [f"no {field}" for field in DOCUMENT if not bill.get(field)]
    if mistakes:
        return mistakes
    if (bill["spdxVersion"], bill["dataLicense"]) != ("SPDX-2.3", "CC0-1.0"):
        mistakes.append("not SPDX 2.3 under CC0-1.0")
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", bill["creationInfo"].get("created", "")) or not bill["creationInfo"].get("creators"):
        mistakes.append("creationInfo does not say when and by what")
    known = {"SPDXRef-DOCUMENT"} | {package.get("SPDXID") for package in bill["packages"]}
    if len(known) != len(bill["packages"]) + 1:
        mistakes.append("two packages with one SPDXID")
    references = {entry["licenseId"] for entry in bill["hasExtractedLicensingInfos"]}
    for package in bill["packages"]:
        mistakes += [f"{package.get('name')}: no {field}" for field in PACKAGE if not package.get(field)]
        for word in re.split(r" (?:AND|OR) ", package.get("licenseDeclared", "")):
            match = LICENCE.fullmatch(word)
            if not match or (match.group(1).startswith("LicenseRef-") and match.group(1) not in references):
                mistakes.append(f"{package.get('name')}: licence '{word}' is no SPDX expression")
    linked = {entry["relatedSpdxElement"] for entry in bill["relationships"] if entry["relationshipType"] == "DYNAMIC_LINK"}
    described = [entry["relatedSpdxElement"] for entry in bill["relationships"] if entry["relationshipType"] == "DESCRIBES"]
    names = {package["SPDXID"]: package["name"] for package in bill["packages"]}
    for entry in bill["relationships"]:
        mistakes += [f"a relationship to {end}, which is not there" for end in (entry["spdxElementId"], entry["relatedSpdxElement"]) if end not in known]
    if [names.get(one) for one in described] != [name]:
        mistakes.append(f"it does not describe {name}")
    mistakes += [f"{library} is linked and not listed" for library in sorted(libraries - {names.get(one) for one in linked})]
    return mistakes


def field(deb, name):
    return subprocess.run(["dpkg-deb", "-f", deb, name], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def check(deb):
    name = field(deb, "Package")
    archive = subprocess.run(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE, check=True).stdout
    member = f"./usr/share/doc/{name}/sbom.spdx.json"
    text = subprocess.run(["tar", "-xO", member], input=archive, stdout=subprocess.PIPE, check=True).stdout
    # A dependency with a lower bound and no alternative is dpkg-shlibdeps' own; what debian/control writes by hand has no bound.
    libraries = set(re.findall(r"(?:^|, )(lib[a-z0-9.+-]+) \(>=", field(deb, "Depends")))
    bill = json.loads(text)
    mistakes = mistakes_of(bill, name, libraries)
    for mistake in mistakes:
        print(f"{deb}: {member}: {mistake}")
    if not mistakes:
        print(f"sbom: {name}: {len(bill['packages']) - 1} packages, all {len(libraries)} of dpkg-shlibdeps among them")
    return mistakes


if __name__ == "__main__":
    debs = [deb for deb in sys.argv[1:] if "-dbgsym" not in deb]
    sys.exit(1 if not debs or any([check(deb) for deb in debs]) else 0)
