"""证明 The part of the page that proves itself: each event's path to the root of a signed checkpoint."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from chuishao.domain.sight import Reading
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.service.dossier.reading import Dossier
from chuishao.service.paper.words import both


def proof_of(dossier: Dossier) -> str:
    """What is proved and how it is checked, with the proofs as JSON in the page."""
    sealed = dossier.checkpoint
    if sealed is None:
        said = both(
            "此日志尚无检查点，本页没有证明。", "The log has no checkpoint yet; this page proves nothing."
        )
        return f'<p class="note">{said}</p>'
    proved, all_ = len(dossier.proofs), len(dossier.events)
    rest = proved < all_
    told = both(
        f"下列检查点对日志前 {sealed.size} 个事件签名；本案 {all_} 个事件中 {proved} 个在其中，"
        f"各附包含证明（RFC 9162）。{'其余在此之后记录，尚未封存。' if rest else ''}",
        f"The checkpoint below signs the first {sealed.size} events of the log; of the {all_} events of this "
        f"case it covers {proved}, each with its proof of inclusion (RFC 9162)."
        f"{' The others were recorded later and are not sealed yet.' if rest else ''}",
    )
    how = both(
        "核验：用另行取得的公钥，对本文件运行下列命令；它不联网，只重算每个事件的哈希、沿路径算到根、"
        "验签，并查每条流的序号有无缺漏。重算哈希须有存储原文，只在为审计员制作的案卷中。",
        "To check: with the public key that you got in another way, run this on the file itself. It needs no "
        "network: it hashes each event anew, follows its path to the root, verifies the signature, and looks "
        "for gaps in the numbers of each stream. What is hashed is in dossiers made for auditors alone.",
    )
    return (
        f"<p>{told}</p><pre>{escape(sealed.text)}</pre>"
        f"<p>{both('公钥', 'Public key')} <code>{escape(sealed.key)}</code></p><p>{how}</p>"
        "<pre>python examples/audit/verify_dossier.py FILE.html --key KEY</pre>"
        f'<script type="application/json" id="proof">{_json(_document(dossier))}</script>'
    )


def _json(value: Any) -> str:
    """JSON that may stand in a page: nothing in it ends the element or begins another."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _document(dossier: Dossier) -> dict[str, Any]:
    assert dossier.checkpoint is not None
    return {
        "case": str(dossier.chain.case_id),
        "number": dossier.number,
        "checkpoint": dossier.checkpoint.text,
        "key": dossier.checkpoint.key,
        "events": [_event(dossier, one) for one in dossier.events],
    }


def _event(dossier: Dossier, one: RecordedEvent) -> dict[str, Any]:
    """An event as its hash is taken over it, with its path; the stored texts are for auditors."""
    proof = dossier.proofs.get(one.position)
    stored = dossier.shows(Reading.STORED)
    return {
        "position": one.position,
        "id": str(one.event_id),
        "type": one.type,
        "stream": str(one.stream),
        "version": one.version,
        "schemaVersion": one.schema_version,
        "occurredAt": one.occurred_at.isoformat(),
        "recordedAt": one.recorded_at.isoformat(),
        "storedMeta": one.stored_meta.decode() if stored else None,
        "storedData": one.data.decode() if stored else None,
        "leafHash": one.leaf_hash.hex(),
        "hashes": [each.hex() for each in proof.hashes] if proof else None,
    }
