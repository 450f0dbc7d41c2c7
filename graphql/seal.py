"""Queries about the seal: for whoever does not trust the server, and checks alone."""

from typing import Annotated, Any

import strawberry

from chuishao.domain.refusal import Refusal
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.proofs import continued
from chuishao.eventlog.sealer import checkpoint_of, checkpoints, newest_checkpoint
from chuishao.graphql.context import Info
from chuishao.graphql.reading import fetched
from chuishao.graphql.scalars import LARGEST_POSITION, Position
from chuishao.graphql.types.seal import Checkpoint, ConsistencyProof
from chuishao.projections.paging import LARGEST_PAGE, Window


class NotSealed(Refusal):
    """尚未封存 No checkpoint stands for as many events."""

    en = "No checkpoint of {size} events is kept; {sealed} events are sealed. Use the size of a checkpoint."
    zh = "没有包含 {size} 个事件的检查点；已封存 {sealed} 个事件。请使用某个检查点的事件数。"


@strawberry.type
class SealQueries:
    """What the query type says about the seal."""

    @strawberry.field(
        description="检查点 The signed checkpoints by size, the oldest first; each stands for all before it."
    )
    async def checkpoints(
        self,
        info: Info,
        first: Annotated[
            int | None,
            strawberry.argument(description=f"前 n 项 How many; 20 if left out, at most {LARGEST_PAGE}."),
        ] = None,
        after: Annotated[
            Position | None,
            strawberry.argument(description="起点 Only checkpoints of more events than this."),
        ] = None,
    ) -> list[Checkpoint]:
        """A page of them."""

        async def read(connection: Connection) -> Any:
            size = Window(first).size
            return await checkpoints(
                connection, info.context.services.log.id, after or 0, LARGEST_POSITION, size
            )

        return await fetched(info, read, None)  # type: ignore[no-any-return]

    @strawberry.field(
        description="一致性证明 Whether the log only grew since a checkpoint that you kept; give its size."
    )
    async def consistency(
        self,
        info: Info,
        since: Annotated[
            Position, strawberry.argument(description="起始事件数 The size of the checkpoint that you kept.")
        ],
        until: Annotated[
            Position | None,
            strawberry.argument(description="终止事件数 The size of the newer one; the newest if left out."),
        ] = None,
    ) -> ConsistencyProof:
        """The hashes between the two."""

        async def read(connection: Connection) -> Any:
            log = info.context.services.log.id
            newest = await newest_checkpoint(connection, log)
            newer = newest if until is None else await checkpoint_of(connection, log, until)
            sealed = newest.size if newest else 0
            if newer is None:
                raise NotSealed("until", size=until or 1, sealed=sealed)
            if since > newer.size:
                raise NotSealed("since", size=since, sealed=sealed)
            return await continued(connection, log, since, newer)

        return await fetched(info, read, None)  # type: ignore[no-any-return]
