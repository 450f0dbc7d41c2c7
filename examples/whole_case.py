"""A whole case (一个案件的全过程), from the report to the close, with nothing but the HTTP API.

    make demo                                  in one terminal
    .venv/bin/python examples/whole_case.py    in another

Six people take part. The resident needs no token. For the others the script asks `chuishao token` beside the
data folder of the demonstration; for another server, put their tokens into the environment: STAFF_TOKEN,
STREET_TOKEN, INSPECTOR_TOKEN, and DEPARTMENT_1_TOKEN and DEPARTMENT_2_TOKEN for officers of the first two
departments that `departments` lists.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

ATTEMPTS = 5
COMMAND_LINE = Path(sys.executable).with_name("chuishao")


class Refused(Exception):
    """The command was refused; the sentence says what to do."""


class Api:
    """The endpoint, as somebody with a token sees it, or somebody without."""

    def __init__(self, http: httpx.Client, url: str, token: str | None = None) -> None:
        self.http = http
        self.url = url
        self.headers = {"authorization": f"Bearer {token}"} if token else {}

    def ask(self, document: str, **variables: Any) -> Any:
        """The data of a query or mutation; raises for whatever concerns the request as a whole."""
        body = {"query": document, "variables": variables}
        for attempt in range(ATTEMPTS):
            try:
                answer = self.http.post(self.url, json=body, headers=self.headers).json()
            except httpx.TransportError:
                answer = {"errors": [{"message": "no answer", "extensions": {"retry": True}}]}
            errors = answer.get("errors", [])
            if not any(error.get("extensions", {}).get("retry") for error in errors):
                break
            time.sleep(2**attempt / 10)  # the same request again: a command id makes that safe
        if errors:
            raise SystemExit(f"{self.url}: {errors[0]['message']}")
        return answer["data"]

    def do(self, name: str, selection: str, **fields: Any) -> Any:
        """Send a command under an id of our own choice and give its payload; raises where it is refused."""
        kind = name[0].upper() + name[1:] + "Input"
        document = (
            f"mutation ($input: {kind}!) {{ {name}(input: $input)"
            f" {{ {selection} position errors {{ code message path }} }} }}"
        )
        payload = self.ask(document, input={"commandId": str(uuid4()), **fields})[name]
        if payload["errors"]:
            raise Refused(payload["errors"][0]["message"])
        return payload


def token(name: str, data_dir: str, *flags: str) -> str:
    """The token NAME_TOKEN of the environment, or a new one of the command line."""
    given = os.environ.get(f"{name}_TOKEN")
    if given:
        return given
    command = [
        str(COMMAND_LINE),
        "token",
        "--data-dir",
        data_dir,
        "--actor",
        f"example-{name.lower()}",
        *flags,
    ]
    minted = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if minted.returncode:
        raise SystemExit(minted.stderr.strip())
    return minted.stdout.strip()


@dataclass(frozen=True)
class People:
    """Who takes part."""

    resident: Api
    staff: Api
    officer: Api
    inspector: Api
    departments: list[tuple[Any, Api]]


def gather(http: httpx.Client, url: str, grid: str, data_dir: str) -> People:
    """Everybody who has to do with a case in this grid, each with a token of their own role and scope."""

    def somebody(name: str, role: str, scope: str, *flags: str) -> Api:
        return Api(http, url, token(name, data_dir, "--role", role, "--scope", scope, *flags))

    community, street, district = grid[:12], grid[:9], grid[:6]
    resident = Api(http, url)
    found = resident.ask(
        "query ($place: String!) { departments(place: $place, first: 2) { nodes { id name } } }",
        place=district,
    )["departments"]["nodes"]
    departments = [
        (one, somebody(f"DEPARTMENT_{number}", "department_officer", district, "--department", one["id"]))
        for number, one in enumerate(found, start=1)
    ]
    return People(
        resident,
        staff=somebody("STAFF", "community_staff", community),
        officer=somebody("STREET", "street_officer", street),
        inspector=somebody("INSPECTOR", "street_officer", street),
        departments=departments,
    )


def tell(position: int, status: str, step: str, who: str) -> None:
    """One line for a step that was taken: where it is in the log, and where it left the case."""
    print(f"{position:>7}  {status:<9} {step}  ({who})")


def play(people: People, grid: str) -> None:
    """Take one case through the whole loop."""
    # 上报. The command id is chosen before the first attempt: sent again, it is the same case, not a second.
    report = {
        "commandId": str(uuid4()),
        "category": "14001",
        "gridCode": grid,
        "text": "占道经营堵塞消防通道，多次劝离后又返回（示例）",
        "address": "3号楼与4号楼之间（示例）",
    }
    reported = people.resident.do("reportCase", "secret case { id status }", **report)
    again = people.resident.do("reportCase", "case { id }", **report)
    case, secret = reported["case"]["id"], reported["secret"]
    assert again["case"]["id"] == case, "a command that is sent again changes nothing"
    tell(reported["position"], reported["case"]["status"], "reportCase 上报", "a resident, without a token")

    def step(by: Api, name: str, label: str, who: str, **fields: Any) -> int:
        payload = by.do(name, "case { status }", caseId=case, **fields)
        tell(payload["position"], payload["case"]["status"], f"{name} {label}", who)
        return int(payload["position"])

    step(people.staff, "acceptCase", "受理", "community staff")
    step(people.staff, "assessCase", "研判", "community staff", severity="MAJOR", linkage="JOINT_ENFORCEMENT")
    step(people.staff, "assignCase", "交办", "community staff", tier="MULTI_UNIT")

    # A refusal is an answer, not a failure: nothing was recorded, and the sentence says what may be done.
    try:
        people.staff.do("closeCase", "case { id }", caseId=case)
    except Refused as refusal:
        print(f"         refused   closeCase 结案: {refusal}")

    whistle(people, case)

    # 核查 by somebody other than who resolved it; 评价 by the resident, with the case's own secret.
    step(people.inspector, "verifyCase", "核查", "another street officer", passed=True)
    rating = {"answered": True, "solved": True, "satisfied": 5, "secret": secret}
    step(people.resident, "rateCase", "评价", "the resident", **rating)
    show(people.inspector, case, step(people.inspector, "closeCase", "结案", "another street officer"))


def whistle(people: People, case: str) -> None:
    """吹哨报到: only the street of the case blows, for a case at tier MULTI_UNIT; the departments report."""

    def step(by: Api, name: str, label: str, who: str, **fields: Any) -> str:
        payload = by.do(name, "whistle { id case { status } }", **fields)
        tell(payload["position"], payload["whistle"]["case"]["status"], f"{name} {label}", who)
        return str(payload["whistle"]["id"])

    call = {
        "caseId": case,
        "kind": "TACKLING",
        "linkage": "JOINT_ENFORCEMENT",
        "grounds": "超出社区处置能力，需联合执法（示例）",
        "departmentIds": [department["id"] for department, _ in people.departments],
    }
    blown = step(people.officer, "blowWhistle", "吹哨", "street officer", **call)
    for department, officer in people.departments:
        its = {"whistleId": blown, "departmentId": department["id"]}
        step(officer, "signSummons", "签收", department["name"], **its)
        step(officer, "checkIn", "报到", department["name"], **its)
        step(officer, "answerSummons", "反馈", department["name"], **its, result="现场清理完毕（示例）")
    step(
        people.officer,
        "resolveWhistle",
        "哨件办结",
        "street officer",
        whistleId=blown,
        result="恢复畅通（示例）",
    )
    for department, _ in people.departments:
        its = {"whistleId": blown, "departmentId": department["id"]}
        step(people.officer, "rateDepartment", "评价部门", "street officer", **its, score=5)


def show(api: Api, case: str, position: int) -> None:
    """What became of it. 读己所写: whichever process answers, `atLeast` waits for our last position."""
    trace = api.ask(
        """query ($id: ID!, $position: Position!) {
             case(id: $id, atLeast: $position) {
               number status satisfied
               holdings { holder tier seconds }
               history { event { position type leafHash } }
             }
           }""",
        id=case,
        position=position,
    )["case"]
    print(
        f"\nCase {trace['number']} is {trace['status']}, satisfied {trace['satisfied']} of 5. It was held by"
    )
    for holding in trace["holdings"]:
        print(f"  {holding['holder']}, {holding['tier'] or 'not yet assigned'}, for {holding['seconds']} s")
    print(f"and is told by {len(trace['history'])} events. The hash of the last one is")
    print(f"  {trace['history'][-1]['event']['leafHash']}")


def main() -> None:
    """Read the flags and play."""
    flags = argparse.ArgumentParser(description="A whole case, from the report to the close.")
    flags.add_argument("--url", default="http://127.0.0.1:8000/graphql")
    flags.add_argument("--grid", default="120101001001-G001", help="where it happens")
    flags.add_argument("--data-dir", default=".chuishao", help="of the demonstration, for the tokens")
    given = flags.parse_args()
    with httpx.Client(timeout=30) as http:
        play(gather(http, given.url, given.grid, given.data_dir), given.grid)


if __name__ == "__main__":
    main()
