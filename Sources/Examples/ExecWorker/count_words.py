#!/usr/bin/env python3
"""Counts the words of a text: a worker in Python, without a library.

    sluice worker texts --exec 'python3 count_words.py'
    sluice enqueue texts --kind count --args '{"text": "to be or not to be"}'

`sluice worker` starts this script for each job. The arguments come as JSON on standard input. What the script prints is
the result. Exit status 0 completes the job, 65 discards it, any other is tried again with growing waits.
"""

import json
import os
import sys


def main():
    arguments = json.load(sys.stdin)
    text = arguments.get("text") if isinstance(arguments, dict) else None
    if not isinstance(text, str):
        # The end of standard error is the reason that `sluice jobs show` tells. Another attempt cannot help.
        print("the arguments have no text", file=sys.stderr)
        return 65
    json.dump({"words": len(text.split()), "attempt": int(os.environ["SLUICE_ATTEMPT"])}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
