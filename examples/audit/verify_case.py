"""Check the whole history of one case against a signed checkpoint, trusting the server with nothing.

    TOKEN=… python verify_case.py URL CASE --key NAME+ID+KEY [--kept CHECKPOINT]

TOKEN is an auditor's. --key is the operator's public key, got on another way than from the server. --kept is
a checkpoint that you stored earlier: then the log is also proved to have only grown since. Nothing of the
package `chuishao` is used, only what docs/audit.md says: hashlib, and `cryptography` for the signature.
"""

import argparse
import base64
import hashlib
import json
import os
import struct
import sys
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

QUERY = """query ($case: ID!) {
  log { checkpoint { text } }
  case(id: $case) { number history { event {
    id position type stream version schemaVersion occurredAt recordedAt leafHash
    storedMeta storedData proof { leafIndex hashes checkpoint { text } }
  } } }
}"""
GROWN = (
    "query ($since: Position!, $until: Position!) { consistency(since: $since, until: $until) { hashes } }"
)
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def ask(url, document, **variables):
    """The data of one request."""
    body = json.dumps({"query": document, "variables": variables}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {os.environ['TOKEN']}"}
    with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
        result = json.load(answer)
    if result.get("errors"):
        sys.exit(result["errors"][0]["message"])
    return result["data"]


def opened(text, key):
    """The size and root that a checkpoint signs; refused unless the key signed it."""
    name, key_id, encoded = key.split("+", 2)
    public = base64.b64decode(encoded)
    if hashlib.sha256(name.encode() + b"\n" + public).hexdigest()[:8] != key_id:
        sys.exit("the key does not fit its identifier")
    signed, _, lines = text.rpartition("\n\n")
    for line in lines.splitlines():
        _, signer, signature = line.split(" ")
        box = base64.b64decode(signature)
        if (signer, box[:4].hex()) == (name, key_id):
            try:
                Ed25519PublicKey.from_public_bytes(public[1:]).verify(box[4:], (signed + "\n").encode())
            except InvalidSignature:
                sys.exit("the signature of the checkpoint does not hold")
            origin, size, root = signed.split("\n")[:3]
            if origin != name:
                sys.exit(f"the checkpoint is of another log, {origin}")
            return int(size), base64.b64decode(root)
    sys.exit(f"the checkpoint is not signed by {key}")


def leaf(log, event):
    """The hash of an event, from what is stored."""
    moments = (datetime.fromisoformat(event[name]) for name in ("occurredAt", "recordedAt"))
    micros = ((moment - EPOCH) // timedelta(microseconds=1) for moment in moments)
    texts = (event["type"], event["storedMeta"], event["storedData"])
    return hashlib.sha256(
        b"\0"
        + struct.pack(">iq", log, event["position"])
        + UUID(event["stream"]).bytes
        + struct.pack(">i", event["version"])
        + UUID(event["id"]).bytes
        + struct.pack(">hqq", event["schemaVersion"], *micros)
        + b"".join(hashlib.sha256(text.encode()).digest() for text in texts)
    ).digest()


def node(left, right):
    """The hash over two neighbours."""
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(index, size, found, hashes):
    """The root that a proof of inclusion leads to (RFC 9162, 2.1.3.2)."""
    last = size - 1
    for sibling in map(bytes.fromhex, hashes):
        if last == 0:
            return None
        if index & 1 or index == last:
            found = node(sibling, found)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            found = node(found, sibling)
        index, last = index >> 1, last >> 1
    return found if last == 0 else None


def roots_of(old, new, old_root, hashes):
    """Both roots that a proof of consistency leads to (RFC 9162, 2.1.4.2)."""
    path = [bytes.fromhex(value) for value in hashes]
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if old in (0, new) or not path:
        return None
    index, last = old - 1, new - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    older = newer = path[0]
    for sibling in path[1:]:
        if last == 0:
            return None
        if index & 1 or index == last:
            older, newer = node(sibling, older), node(sibling, newer)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            newer = node(newer, sibling)
        index, last = index >> 1, last >> 1
    return (older, newer) if last == 0 else None


def main():
    """Ask, check, and say what holds; end with 1 at the first thing that does not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url")
    parser.add_argument("case")
    parser.add_argument("--key", required=True)
    parser.add_argument("--kept", type=Path)
    given = parser.parse_args()
    answer = ask(given.url, QUERY, case=given.case)
    if answer["case"] is None:
        sys.exit("you do not see such a case")
    if answer["log"]["checkpoint"] is None:
        sys.exit("nothing is sealed yet; ask again in a minute")
    text = answer["log"]["checkpoint"]["text"]
    size, root = opened(text, given.key)
    log = int(text.split("\n")[0].rpartition("/")[2])
    proved, versions = 0, {}
    for entry in answer["case"]["history"]:
        event = entry["event"]
        where = f"position {event['position']} ({event['type']})"
        if event["proof"] is None:
            print(f"{where}: not sealed yet")
            continue
        found = leaf(log, event)
        if found.hex() != event["leafHash"]:
            sys.exit(f"{where}: the event is not what its hash says")
        if root_of(event["position"] - 1, size, found, event["proof"]["hashes"]) != root:
            sys.exit(f"{where}: the event is not part of what the checkpoint signs")
        meta = json.loads(event["storedMeta"])
        if str(UUID(given.case)) not in (event["stream"], str(UUID(meta["correlation"]))):
            sys.exit(f"{where}: the event is of another case")
        before = versions.get(event["stream"], 0)
        if event["version"] != before + 1:
            sys.exit(f"{where}: before it there is an event that the server left out")
        versions[event["stream"]] = event["version"]
        proved += 1
    print(f"case {answer['case']['number']}: {proved} events are in the log of {size:,} events, as signed")
    if given.kept:
        old, old_root = opened(given.kept.read_text(encoding="utf-8"), given.key)
        if old > size:
            sys.exit(f"the log had {old} events when you kept the checkpoint, and {size} are sealed now")
        hashes = ask(given.url, GROWN, since=old, until=size)["consistency"]["hashes"] if old < size else []
        if (old_root, root) != (roots_of(old, size, old_root, hashes) if 0 < old < size else (root, root)):
            sys.exit(f"the log was changed at or before position {old} since you kept the checkpoint")
        print(f"since your checkpoint of {old:,} events it only grew")


if __name__ == "__main__":
    main()
