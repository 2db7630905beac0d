#!/usr/bin/env python3
"""Writes a package's bill of materials (SPDX 2.3, JSON) from what its programs link and what was compiled into them.

Called by debian/rules; the same build always gives the same bytes. Never guesses: a package without a machine-readable
copyright file has the licence NOASSERTION. https://spdx.github.io/spdx-spec/v2.3/
"""

import argparse
import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess

# Debian's short names (Format 1.0 of debian/copyright) as SPDX knows them; others become a LicenseRef.
LICENCES = {
    "expat": "MIT", "mit": "MIT", "apache-2.0": "Apache-2.0", "apache-2": "Apache-2.0", "bsl-1.0": "BSL-1.0", "boost-1.0": "BSL-1.0",
    "bsd-2-clause": "BSD-2-Clause", "bsd-3-clause": "BSD-3-Clause", "isc": "ISC", "zlib": "Zlib", "openssl": "OpenSSL",
    "cc0-1.0": "CC0-1.0", "cc0": "CC0-1.0", "epl-1.0": "EPL-1.0", "epl-2.0": "EPL-2.0", "edl-1.0": "BSD-3-Clause",
    "mpl-2.0": "MPL-2.0", "gpl-1+": "GPL-1.0-or-later", "gpl-2": "GPL-2.0-only", "gpl-2+": "GPL-2.0-or-later", "gpl-3": "GPL-3.0-only", "gpl-3+": "GPL-3.0-or-later",
    "lgpl-2": "LGPL-2.0-only", "lgpl-2+": "LGPL-2.0-or-later", "lgpl-2.1": "LGPL-2.1-only", "lgpl-2.1+": "LGPL-2.1-or-later",
    "lgpl-3": "LGPL-3.0-only", "lgpl-3+": "LGPL-3.0-or-later",
}


def output(*command, check=True):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=check).stdout


def programs_of(tree):
    for path in sorted(tree.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.open("rb").read(4) == b"\x7fELF":
            yield path


def libraries_of(program, multiarch):
    """Files of the shared libraries that the program names itself."""
    for name in re.findall(r"\(NEEDED\).*\[(.+)\]", output("readelf", "--dynamic", "--wide", program)):
        places = [pathlib.Path(place, name) for place in (f"/usr/lib/{multiarch}", f"/lib/{multiarch}", f"/usr/{multiarch}/lib")]
        yield next(place for place in places if place.exists())


def headers_of(build, target):
    """Files outside the tree that the compiler or the linker read for the target, except shared libraries."""
    inputs = set(output("ninja", "-C", build, "-t", "inputs", target).split("\n"))
    recorded, found = None, set()
    for line in output("ninja", "-C", build, "-t", "deps").split("\n"):
        if line and not line.startswith(" "):
            recorded = line.split(":")[0]
        elif recorded in inputs:
            found.add(os.path.normpath(build / line.strip()))
    return {path for path in found | inputs if path.startswith("/usr/") and not path.endswith(".so")}


def packages_of(paths):
    """{file: Debian package}; the same file has one name below / and another below /usr where the two are merged."""
    names = set()
    for path in map(os.path.realpath, paths):
        names.update((path, path.removeprefix("/usr"), path if path.startswith("/usr") else "/usr" + path))
    found = set()
    listed = sorted(names)
    for start in range(0, len(listed), 500):
        for line in output("dpkg-query", "-S", *listed[start:start + 500], check=False).splitlines():
            found.update(line.rsplit(": ", 1)[0].split(", "))
    return found


def described(name):
    form = "${Package}\t${Architecture}\t${Version}\t${source:Package}\t${Maintainer}"
    fields = output("dpkg-query", "-W", "-f", form, name).split("\t")
    return dict(zip(("name", "architecture", "version", "source", "maintainer"), fields))


def expression(text, references):
    """Debian's licence line as an SPDX expression; names that SPDX does not know are added to references."""
    words = re.split(r"\s*,?\s+(and|or)\s+|\s*,\s*", text.strip())
    result = []
    for word in filter(None, words):
        if word in ("and", "or"):
            result.append(word.upper())
            continue
        if result and result[-1] not in ("AND", "OR"):
            result.append("AND")
        known = LICENCES.get(word.lower())
        if not known:
            known = "LicenseRef-" + re.sub(r"[^A-Za-z0-9.-]+", "-", word)
            references[known] = word
        result.append(known)
    joined = " ".join(result)
    return f"({joined})" if " OR " in joined else joined


def licence_of(name, references):
    """Every licence that the package's copyright file names for upstream's files, joined by AND."""
    path = pathlib.Path("/usr/share/doc", name.split(":")[0], "copyright")
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    if not re.match(r"\s*Format:.*copyright-format", text):
        return "NOASSERTION"
    found = set()
    for paragraph in re.split(r"\n\s*\n", text):
        files = re.search(r"^Files:\s*(.*)$", paragraph, re.M)
        licence = re.search(r"^License:[ \t]*(\S.*)$", paragraph, re.M)
        if files and licence and not files.group(1).startswith("debian/"):
            terms = expression(licence.group(1), references)
            found.update([terms] if " OR " in terms else terms.split(" AND "))
    return " AND ".join(sorted(found)) or "NOASSERTION"


def identifier(name):
    return "SPDXRef-Package-" + re.sub(r"[^A-Za-z0-9.-]+", "-", name)


def package(name, version, supplier, licence):
    return {
        "SPDXID": identifier(name), "name": name.split(":")[0], "versionInfo": version, "supplier": supplier,
        "downloadLocation": "NOASSERTION", "filesAnalyzed": False, "licenseConcluded": "NOASSERTION", "licenseDeclared": licence,
        "copyrightText": "NOASSERTION",
    }


def debian_package(name, references):
    facts = described(name)
    entry = package(name, facts["version"], f"Organization: {facts['maintainer']}", licence_of(name, references))
    locator = f"pkg:deb/debian/{facts['name']}@{facts['version'].replace('+', '%2B').replace(':', '%3A')}?arch={facts['architecture']}"
    entry["externalRefs"] = [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": locator}]
    entry["sourceInfo"] = f"built from the Debian source package {facts['source']}"
    return entry


def bill(name, build, multiarch):
    changelog = dict(line.split(": ", 1) for line in output("dpkg-parsechangelog").splitlines() if re.match(r"\w+: ", line))
    libraries, headers = set(), set()
    for program in programs_of(pathlib.Path("debian", name)):
        libraries.update(libraries_of(program, multiarch))
        headers.update(headers_of(build, program.name))
    linked, compiled = packages_of(libraries), packages_of(headers)
    linked_sources = {described(one)["source"] for one in linked}
    references = {}
    own = package(name, changelog["Version"], f"Organization: {changelog['Maintainer']}", "Apache-2.0")
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", own["SPDXID"], None)]
    for one in sorted(linked):
        relations.append((own["SPDXID"], "DYNAMIC_LINK", identifier(one), "named by the programs as a shared library"))
    for one in sorted(compiled - linked):
        if described(one)["source"] in linked_sources:
            relations.append((identifier(one), "BUILD_DEPENDENCY_OF", own["SPDXID"], "headers of a shared library"))
        else:
            relations.append((own["SPDXID"], "STATIC_LINK", identifier(one), "what its headers define is in the programs"))
    packages = [own] + [debian_package(one, references) for one in sorted(linked | compiled)]
    content = hashlib.sha256(json.dumps([packages, relations], sort_keys=True).encode()).hexdigest()
    created = datetime.datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH") or changelog["Timestamp"]), datetime.timezone.utc)
    return {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"{name}-{changelog['Version']}",
        "documentNamespace": f"https://vouchgate.example.org/spdx/{name}-{changelog['Version']}-{content}",
        "creationInfo": {"created": created.strftime("%Y-%m-%dT%H:%M:%SZ"), "creators": ["Tool: vouchgate-sbom"]},
        "packages": packages,
        "hasExtractedLicensingInfos": [
            {"licenseId": key, "name": word, "extractedText": f"{word}, as /usr/share/doc/PACKAGE/copyright has it"}
            for key, word in sorted(references.items())],
        "relationships": [
            {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other} | ({"comment": why} if why else {})
            for one, kind, other, why in relations],
    }


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--package", required=True)
    options.add_argument("--build", required=True, type=pathlib.Path, help="CMake's build tree, made with Ninja")
    options.add_argument("--multiarch", required=True, help="e.g. aarch64-linux-gnu")
    chosen = options.parse_args()
    place = pathlib.Path("debian", chosen.package, "usr/share/doc", chosen.package, "sbom.spdx.json")
    place.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(bill(chosen.package, chosen.build, chosen.multiarch), indent=1, ensure_ascii=False)
    place.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
