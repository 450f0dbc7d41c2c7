"""Check a dossier that `chuishao dossier` wrote, without network, database and server.

    python verify_dossier.py FILE.html --key NAME+ID+KEY

--key is the operator's public key, got on another way than from the file. Every event is hashed anew from
what is stored, followed up to the root that the checkpoint signs, and looked at for gaps in its stream.
"""

import argparse
import json
import re
import sys
from pathlib import Path
from uuid import UUID

sys.path.insert(0, str(Path(__file__).parent))

from verify_case import leaf, opened, root_of

PROOF = re.compile(r'<script type="application/json" id="proof">(.*?)</script>', re.DOTALL)


def check(page, key):
    """What holds of a page, in one line; ends the program at the first thing that does not."""
    found = PROOF.search(page)
    if found is None:
        sys.exit("there is no proof in this page")
    proof = json.loads(found.group(1))
    size, root = opened(proof["checkpoint"], key)
    log = int(proof["checkpoint"].split("\n")[0].rpartition("/")[2])
    versions, proved = {}, 0
    for event in proof["events"]:
        where = f"position {event['position']} ({event['type']})"
        if event["storedMeta"] is None:
            sys.exit("what is hashed is not in this dossier; have it made for an auditor")
        if event["version"] != versions.get(event["stream"], 0) + 1:
            sys.exit(f"{where}: before it there is an event that was left out")
        versions[event["stream"]] = event["version"]
        meta = json.loads(event["storedMeta"])
        if proof["case"] not in (event["stream"], str(UUID(meta["correlation"]))):
            sys.exit(f"{where}: the event is of another case")
        if event["hashes"] is None:
            print(f"{where}: not sealed yet")
            continue
        if root_of(event["position"] - 1, size, leaf(log, event), event["hashes"]) != root:
            sys.exit(f"{where}: the event is not part of what the checkpoint signs")
        proved += 1
    return f"case {proof['number']}: {proved} events are in the log of {size:,} events, as signed"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--key", required=True)
    given = parser.parse_args()
    print(check(given.file.read_text(encoding="utf-8"), given.key))
