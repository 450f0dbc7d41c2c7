"""How much one client may ask for, and how long it may take."""

from dataclasses import dataclass
from typing import Annotated

from annotated_doc import Doc


@dataclass(frozen=True, slots=True)
class Limits:
    """限额 Bounds on a document, an asker, a connection, and what the server remembers."""

    body: Annotated[int, Doc("bytes of a request, or of a message on a socket")] = 256 * 1024
    tokens: Annotated[int, Doc("tokens of a document")] = 4_000
    depth: Annotated[int, Doc("levels of fields")] = 15
    fields: Annotated[int, Doc("fields, each as often as fragments repeat it")] = 1_000
    aliases: Annotated[int, Doc("aliases, likewise")] = 50
    directives: Annotated[int, Doc("directives, likewise")] = 100
    cost: Annotated[int, Doc("points that one operation may cost")] = 10_000
    rate: Annotated[int, Doc("points a minute that one asker may spend; 0 is without bound")] = 300_000
    subscriptions: Annotated[int, Doc("operations at a time on one socket")] = 100
    actor_subscriptions: Annotated[
        int, Doc("subscriptions at a time of one asker, over all sockets and event streams")
    ] = 300
    execution_seconds: Annotated[
        float, Doc("seconds that a query or a mutation may run; one statement may take four fifths of them")
    ] = 30
    remembered: Annotated[int, Doc("documents remembered")] = 1_000
    document_memory: Annotated[int, Doc("bytes that they may take")] = 64 * 1024 * 1024
    body_seconds: Annotated[float, Doc("seconds that a request may take to arrive")] = 30
    init_seconds: Annotated[float, Doc("seconds that a socket may stay without `connection_init`")] = 10
    heartbeat_seconds: Annotated[float, Doc("seconds between signs of life on a socket or stream")] = 12
    send_seconds: Annotated[
        float, Doc("seconds that one message may wait for a slow reader before the connection is given up")
    ] = 20


STATEMENT_SHARE = 0.8
"""Of the execution's time for one statement, so that what else was asked can still be answered."""
