#!/usr/bin/env python3
"""Writes the bill of materials of Sluice, as CycloneDX 1.6 in JSON: what the programs are made of, with versions, commits, licences.

    sbom.py VERSION <dependencies.json >sbom.json

It reads what `swift package show-dependencies --format json` prints. Licences are those of the checkouts' own files; a licence that
it does not know is left out, and named on standard error. The time is SOURCE_DATE_EPOCH, or now.
"""
import glob
import hashlib
import json
import os
import re
import subprocess
import sys
import time
import uuid

# What begins a licence's text, after its blanks have been joined.
LICENCES = [
    ("Apache-2.0 WITH Swift-exception", r"Apache License Version 2\.0.*Runtime Library Exception"),
    ("Apache-2.0", r"Apache License Version 2\.0"),
    ("MIT", r"Permission is hereby granted, free of charge"),
    ("BSD-3-Clause", r"Redistribution and use in source and binary forms.*Neither the name"),
    ("BSD-2-Clause", r"Redistribution and use in source and binary forms"),
]


def licence(folder):
    for path in sorted(glob.glob(os.path.join(folder, "LICEN[CS]E*"))):
        with open(path, encoding="utf-8", errors="replace") as file:
            text = " ".join(file.read().split())
        for name, pattern in LICENCES:
            if re.search(pattern, text, re.IGNORECASE):
                return name
    print("sbom: the licence in %s is not known" % folder, file=sys.stderr)
    return None


def licences(name):
    if name is None:
        return {}
    return {"licenses": [{"expression": name} if " " in name else {"license": {"id": name}}]}


def output(*command):
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return result.stdout.strip() if result.returncode == 0 else ""


def walk(node, found, edges):
    """Adds the packages below one, by identity, and who needs whom."""
    own = edges.setdefault(node["identity"], set())
    for each in node["dependencies"]:
        found[each["identity"]] = each
        own.add(each["identity"])
        walk(each, found, edges)


def reference(package):
    place = re.sub(r"^(https?://|git@)|\.git$", "", package["url"]).replace(":", "/")
    return "pkg:swift/%s@%s" % (place, package["version"])


def component(package):
    entry = {
        "type": "library", "bom-ref": reference(package), "name": package["identity"], "version": package["version"],
        "purl": reference(package), "externalReferences": [{"type": "vcs", "url": package["url"]}],
    }
    entry.update(licences(licence(package["path"])))
    commit = output("git", "-C", package["path"], "rev-parse", "HEAD")
    if commit:
        entry["pedigree"] = {"commits": [{"uid": commit}]}
    return entry


def copies(package):
    """The BoringSSL that a package has a copy of."""
    for path in sorted(glob.glob(os.path.join(package["path"], "Sources", "*", "hash.txt"))):
        with open(path, encoding="utf-8") as file:
            found = re.search(r"(https://boringssl\S+) at revision ([0-9a-f]{40})", file.read())
        if found:
            yield {
                "type": "library", "bom-ref": "boringssl-of-" + package["identity"], "name": "boringssl", "version": found[2],
                "purl": "pkg:generic/boringssl@" + found[2], "description": "The copy in " + package["identity"] + ".",
                "licenses": [{"license": {"id": "Apache-2.0"}}],
                "externalReferences": [{"type": "vcs", "url": found[1]}],
            }


def hiredis():
    header = ""
    for path in ["/usr/include/hiredis/hiredis.h", "/usr/local/include/hiredis/hiredis.h", "/opt/homebrew/include/hiredis/hiredis.h"]:
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                header = file.read()
            break
    numbers = re.findall(r"#define HIREDIS_(?:MAJOR|MINOR|PATCH) (\d+)", header)
    return system("hiredis", ".".join(numbers), "BSD-3-Clause", "https://github.com/redis/hiredis", "Linked when a program starts.")


def swift():
    found = re.search(r"Swift version (\S+)", output("swift", "--version"))
    return system(
        "swift-runtime", found[1] if found else "", "Apache-2.0 WITH Swift-exception", "https://github.com/swiftlang/swift",
        "The standard library and Foundation, within the programs on Linux.")


def system(name, version, licence_name, url, description):
    purl = "pkg:generic/" + name + ("@" + version if version else "")
    entry = {"type": "library", "bom-ref": purl, "name": name, "purl": purl, "description": description}
    if version:
        entry["version"] = version
    entry.update(licences(licence_name))
    entry["externalReferences"] = [{"type": "vcs", "url": url}]
    return entry


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: sbom.py VERSION <dependencies.json")
    root = json.load(sys.stdin)
    found, edges = {}, {}
    walk(root, found, edges)
    names = sorted(found)
    components = [component(found[name]) for name in names]
    needs = {reference(found[name]): sorted(reference(found[each]) for each in edges[name]) for name in names}
    for name in names:
        for copy in copies(found[name]):
            components.append(copy)
            needs[reference(found[name])].append(copy["bom-ref"])
    own = "pkg:generic/sluice@" + sys.argv[1]
    linked = [hiredis(), swift()]
    needs[own] = sorted(reference(found[each]) for each in edges[root["identity"]]) + [each["bom-ref"] for each in linked]
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH") or time.time())
    program = {"type": "application", "bom-ref": own, "name": "sluice", "version": sys.argv[1], "purl": own}
    program.update(licences(licence(root["path"])))
    bill = {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds)), "component": program},
        "components": components + linked,
        "dependencies": [{"ref": ref, "dependsOn": needs[ref]} for ref in sorted(needs)],
    }
    # The same contents have the same number.
    digest = hashlib.sha256(json.dumps(bill, sort_keys=True).encode()).hexdigest()
    bill["serialNumber"] = "urn:uuid:" + str(uuid.uuid5(uuid.NAMESPACE_URL, "sluice:" + digest))
    json.dump(bill, sys.stdout, indent=2, sort_keys=True, ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
