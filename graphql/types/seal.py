"""The seal of the log as clients see it: signed checkpoints, and proofs that lead to them."""

from datetime import datetime

import strawberry

from chuishao.eventlog.proofs import Continued, Included
from chuishao.eventlog.sealer import Sealed
from chuishao.graphql.scalars import Position
from chuishao.graphql.types.fields import column
from chuishao.graphql.types.shared import ITS_OWN, identified


@strawberry.type(
    description="检查点 A signed statement of what the log was: its name, how many events, and the root of "
    "the Merkle tree over their hashes (c2sp.org/tlog-checkpoint). Keep it out of the operator's reach."
)
class Checkpoint:
    """A stored checkpoint."""

    @strawberry.field(description=ITS_OWN)
    def id(root: strawberry.Parent[Sealed]) -> strawberry.ID:
        """By what is signed."""
        return identified("checkpoint", root.text)

    @strawberry.field(description="日志名称 The log that it speaks of, by a name that no other log has.")
    def origin(root: strawberry.Parent[Sealed]) -> str:
        """The first line."""
        return root.text.partition("\n")[0]

    size: Position = column("事件数 How many events it stands for: those at the positions 1 to this.")

    @strawberry.field(description="根哈希 The root of the Merkle tree (RFC 9162), in hexadecimal.")
    def root(root: strawberry.Parent[Sealed]) -> str:
        """The root."""
        return root.root.hex()

    text: str = column("签名凭据 The signed note itself, to be kept and verified byte for byte.")
    key: str = column(
        "公钥 The public key that signs, as name+id+key; ask the operator for it on another way too."
    )
    sealed_at: datetime = column(
        "封存时间 When it was signed, by the clock of the database; not part of what is signed."
    )


@strawberry.type(
    description="包含证明 That an event is part of what a checkpoint stands for (RFC 9162, 2.1.3): from "
    "`leafHash` with `hashes` up to the checkpoint's root."
)
class InclusionProof:
    """A proof of inclusion."""

    @strawberry.field(description=ITS_OWN)
    def id(root: strawberry.Parent[Included]) -> strawberry.ID:
        """The event in the checkpoint."""
        return identified("inclusion", root.checkpoint.text, root.position)

    @strawberry.field(description="叶序号 The number of the leaf in the tree, from 0: the position less one.")
    def leaf_index(root: strawberry.Parent[Included]) -> Position:
        """Counted from 0."""
        return Position(root.position - 1)

    @strawberry.field(description="叶哈希 The hash of the event, in hexadecimal.")
    def leaf_hash(root: strawberry.Parent[Included]) -> str:
        """The hash of the event."""
        return root.leaf_hash.hex()

    @strawberry.field(
        description="路径哈希 The hashes of the neighbours on the way up, in hexadecimal, the lowest first."
    )
    def hashes(root: strawberry.Parent[Included]) -> list[str]:
        """The path."""
        return [value.hex() for value in root.hashes]

    @strawberry.field(
        description="检查点 The checkpoint whose tree it is; the same for all events of an answer."
    )
    def checkpoint(root: strawberry.Parent[Included]) -> Checkpoint:
        """The newest one."""
        return root.checkpoint  # type: ignore[return-value]


@strawberry.type(
    description="一致性证明 That the log of an older checkpoint is the beginning of a newer one's "
    "(RFC 9162, 2.1.4): nothing before was changed, removed or put in between."
)
class ConsistencyProof:
    """A proof of consistency."""

    @strawberry.field(description=ITS_OWN)
    def id(root: strawberry.Parent[Continued]) -> strawberry.ID:
        """The two sizes."""
        return identified("consistency", root.checkpoint.text, root.since)

    @strawberry.field(
        description="起始事件数 The size of the older tree; its root is in the checkpoint that you kept."
    )
    def since(root: strawberry.Parent[Continued]) -> Position:
        """As asked for."""
        return Position(root.since)

    @strawberry.field(description="证明哈希 The hashes that lead to both roots, in hexadecimal.")
    def hashes(root: strawberry.Parent[Continued]) -> list[str]:
        """The path."""
        return [value.hex() for value in root.hashes]

    @strawberry.field(description="检查点 The newer checkpoint.")
    def checkpoint(root: strawberry.Parent[Continued]) -> Checkpoint:
        """The newer one."""
        return root.checkpoint  # type: ignore[return-value]
