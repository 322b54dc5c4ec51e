#!/usr/bin/env python3
"""Packs a folder so that the same contents give the same bytes: names in order, no owner, one time, two modes.

    archive.py FOLDER ARCHIVE.tar.gz

The time of everything in it is SOURCE_DATE_EPOCH. The archive has one folder at its top, by the folder's name.
"""
import gzip
import os
import sys
import tarfile


def paths(folder):
    yield folder
    for parent, folders, files in os.walk(folder):
        for name in folders + files:
            yield os.path.join(parent, name)


def main():
    if len(sys.argv) != 3 or not os.environ.get("SOURCE_DATE_EPOCH"):
        sys.exit("usage: SOURCE_DATE_EPOCH=SECONDS archive.py FOLDER ARCHIVE.tar.gz")
    folder, seconds = sys.argv[1].rstrip("/"), int(os.environ["SOURCE_DATE_EPOCH"])
    parent = os.path.dirname(os.path.abspath(folder))

    def plain(entry):
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        entry.mtime = seconds
        entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
        return entry

    with open(sys.argv[2], "wb") as file:
        # No name and one time in the header of the compressed file.
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=6, mtime=seconds) as packed:
            with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
                for path in sorted(map(os.path.abspath, paths(folder))):
                    archive.add(path, os.path.relpath(path, parent), recursive=False, filter=plain)


if __name__ == "__main__":
    main()
