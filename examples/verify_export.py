"""Check an exported log with the standard library alone: every hash, and the root of every checkpoint.

    python examples/verify_export.py log.jsonl

It follows docs/export-format.md and shares no code with the product. It checks no signatures: compare the
root that it prints with that of a checkpoint that you kept.
"""

import base64
import gzip
import json
import struct
import sys
from hashlib import sha256


def hash_of(log, event):
    """The hash of an event, from its fields."""
    head = struct.pack(
        ">xiq16si16shqq",
        log,
        event["position"],
        bytes.fromhex(event["stream"].replace("-", "")),
        event["version"],
        bytes.fromhex(event["event"].replace("-", "")),
        event["schema"],
        event["occurred"],
        event["recorded"],
    )
    texts = (sha256(event[name].encode()).digest() for name in ("type", "meta", "data"))
    return sha256(head + b"".join(texts)).digest()


def root(peaks):
    """The root over the perfect subtrees of a tree."""
    found = peaks[-1] if peaks else sha256().digest()
    for peak in peaks[-2::-1]:
        found = sha256(b"\x01" + peak + found).digest()
    return found


def check(lines):
    """Read an export; give what is wrong, and the size and root of the tree."""
    header, wrong, peaks, position, ended = json.loads(next(lines)), [], [], 0, False
    for line in map(json.loads, lines):
        if "checkpoint" in line:
            origin, size, signed = line["checkpoint"].split("\n")[:3]
            good = (origin, int(size), base64.b64decode(signed)) == (header["origin"], position, root(peaks))
            wrong += [] if good else [f"the checkpoint behind position {position} is of something else"]
        elif "end" in line:
            ended = line["end"] == position
        else:
            leaf = bytes.fromhex(line.get("sealed") or line.get("leaf") or "")
            if (
                line.get("position") != position + 1
                or "filed" in line
                or hash_of(header["log"], line) != leaf
            ):
                wrong.append(f"position {position + 1} is not what was sealed")
            count, position = position, position + 1
            while count & 1:
                count, leaf = count >> 1, sha256(b"\x01" + peaks.pop() + leaf).digest()
            peaks.append(leaf)
    return wrong if ended else [*wrong, "the end is missing"], position, root(peaks)


if __name__ == "__main__":
    opened = gzip.open if sys.argv[1].endswith(".gz") else open
    with opened(sys.argv[1], "rt", encoding="utf-8") as file:
        wrong, size, found = check(iter(file))
    print("\n".join([*wrong, f"{size} events, root {base64.b64encode(found).decode()}"]))
    sys.exit(1 if wrong else 0)
