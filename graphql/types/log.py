"""Where the log stands, and who asks."""

import strawberry

from chuishao.domain.vocabulary import Role
from chuishao.graphql.scalars import Position
from chuishao.graphql.types.fields import column
from chuishao.graphql.types.seal import Checkpoint
from chuishao.graphql.types.shared import ITS_OWN, identified
from chuishao.projections.status import Standing


@strawberry.type(description="读模型状态 Where a read model stands.")
class ProjectionStatus:
    """A row of the projections table."""

    @strawberry.field(description=ITS_OWN)
    def id(root: strawberry.Parent[Standing]) -> strawberry.ID:
        """By its name."""
        return identified("read-model", root.name)

    name: str = column("名称 Its name.")
    position: Position = column("位置 The last event folded in.")
    lag: int = column("滞后 How many events it is behind the log.")
    status: str = column("状态 live, building or stopped.")
    error: str | None = column("错误 Why it stopped.")
    parked: int = column("搁置 How many events it has set aside.")


@strawberry.type(description="日志状态 Where the log and its read models stand.")
class LogStatus:
    """The head and the projections."""

    @strawberry.field(description=ITS_OWN)
    def id(self) -> strawberry.ID:
        """By the history."""
        return identified("log", self.history)

    history: strawberry.ID = column("历史 Names this history; another one after a fresh start.")
    head: Position = column("末端 The last position.")
    cursor: str = column("游标 The cursor behind the last event: `after` it comes what is new.")
    checkpoint: Checkpoint | None = column("检查点 The newest signed checkpoint; null while none is made.")
    projections: list[ProjectionStatus] = column("读模型 The read models.")


@strawberry.type(description="当前用户 Who asks, as the server understands it.")
class Viewer:
    """The asker."""

    id: strawberry.ID = column("标识 The actor.")
    role: Role = column("角色 The role acted in.")
    scope: str | None = column("职权范围 The division-code prefix; null for none.")
    department_id: strawberry.ID | None = column("部门 The department acted for, if it is one.")
