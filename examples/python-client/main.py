"""Lists the open cases of a grid, reports a case, and follows it until it is accepted (列案、上报、跟踪).

    TOKEN=… .venv/bin/python main.py                                    against http://127.0.0.1:8000/graphql
    TOKEN=… .venv/bin/python main.py http://127.0.0.1:8010/graphql      another server

What is asked and what is answered has the types that were generated from the schema, so mypy tells a field
that does not exist.
"""

import asyncio
import os
import sys
from uuid import uuid4

from chuishao_client import AcceptCaseInput, Chuishao, ReportCaseInput

GRID = "120101001001-G001"
BEFORE_THE_FIRST_EVENT = "AQAAAAEAAAAAAAAAAAAAAAAAAAAA"


def connect(url: str, token: str | None) -> Chuishao:
    """A client for queries and mutations over HTTP and subscriptions over a WebSocket."""
    return Chuishao(
        url=url,
        headers={"authorization": f"Bearer {token}"} if token else {},
        ws_url=url.replace("http", "ws", 1),
        ws_connection_init_payload={"authToken": token},
    )


async def handle(client: Chuishao) -> None:
    """Read, report, follow."""
    board = await client.cases_of_a_grid()
    name = board.grid.name if board.grid else "no such grid"
    print(f"{name}: {len(board.cases.nodes)} open cases")

    report = ReportCaseInput(command_id=uuid4(), category="01003", grid_code=GRID, text="路灯不亮（示例）")
    reported = (await client.report_case(report)).report_case
    if reported.case is None:
        raise SystemExit(reported.errors[0].message)
    case = reported.case
    print(f"{case.number} is {case.status.value}, due {case.due_at}")

    # From the cursor before the first event on, so that the report itself is told too.
    async for told in client.follow_a_case(case.id, after=BEFORE_THE_FIRST_EVENT):
        event = told.case_events
        print(event.position, event.type_, event.title)
        if event.type_ == "CaseAccepted":
            break
        accept = AcceptCaseInput(command_id=uuid4(), case_id=case.id)
        accepted = (await client.accept_case(accept)).accept_case
        if accepted.errors:
            raise SystemExit(accepted.errors[0].message)


async def main() -> None:
    """Connect and go through it."""
    url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000/graphql"
    async with connect(url, os.environ.get("TOKEN")) as client:
        await handle(client)


if __name__ == "__main__":
    asyncio.run(main())
