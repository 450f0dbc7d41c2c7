"""How much one asker may use: points by the minute, subscriptions at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import HTTPConnection

from chuishao.domain.actor import ANONYMOUS, Actor
from chuishao.domain.vocabulary import Role
from chuishao.graphql.context import Context
from chuishao.graphql.endpoint.errors import ApiError
from chuishao.graphql.endpoint.limits import Limits
from chuishao.graphql.endpoint.rate import Following, Rate, address
from chuishao.service.app import asker
from tests.served import http_client
from tests.test_websocket import ready
from tests.toy_server import ToyServer, toy_server


@dataclass
class Clock:
    """A clock that goes when it is told to."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def refusal(rate: Rate, asker: str, points: int) -> ApiError:
    with pytest.raises(ApiError) as caught:
        rate.spend(asker, points)
    return caught.value


# 令牌桶 The bucket


def test_a_minute_of_points_may_be_spent_at_once_and_comes_back_with_time() -> None:
    clock = Clock()
    rate = Rate(60, clock=clock)
    assert [rate.spend("one", 20) for _ in range(3)] == [40, 20, 0]

    error = refusal(rate, "one", 20)
    assert error.extensions == {"cost": 20, "limit": 60, "retryAfter": 20}
    assert (error.code, error.message) == (
        "RATE_LIMITED",
        "You have used up your 60 points a minute; this operation costs 20. "
        "Come back in 20 s, or ask for less at once.",
    )
    clock.now += 19.5
    assert refusal(rate, "one", 20).extensions["retryAfter"] == 1
    clock.now += 0.5
    assert rate.spend("one", 20) == 0


def test_one_asker_uses_up_nobody_elses_points() -> None:
    rate = Rate(10, clock=Clock())
    rate.spend("one", 10)
    refusal(rate, "one", 1)
    assert rate.spend("two", 10) == 0


def test_what_is_dearer_than_a_full_bucket_runs_from_a_full_one_and_leaves_a_debt() -> None:
    clock = Clock()
    rate = Rate(60, clock=clock)
    assert rate.spend("one", 180) == 0
    assert refusal(rate, "one", 1).extensions["retryAfter"] == 121
    clock.now += 121
    assert rate.spend("one", 1) == 0


def test_a_rate_of_nothing_is_no_rate() -> None:
    assert [Rate(0).spend("one", 10**9) for _ in range(3)] == [None] * 3


def test_the_asker_seen_least_recently_is_forgotten_first() -> None:
    rate = Rate(10, clock=Clock(), remembered=2)
    for name in ("one", "two", "one", "three"):
        rate.spend(name, 4)
    assert rate.spend("one", 1) == 1
    assert rate.spend("two", 1) == 9


@given(st.lists(st.tuples(st.floats(0, 100), st.integers(1, 200)), max_size=40))
def test_over_any_time_no_more_is_spent_than_the_bucket_and_what_flowed_in(
    spent: list[tuple[float, int]],
) -> None:
    clock = Clock()
    rate = Rate(100, clock=clock)
    given, most = 0, 0
    for wait, points in spent:
        clock.now += wait
        try:
            rate.spend("one", points)
        except ApiError as error:
            clock.now += float(str(error.extensions["retryAfter"]))
            rate.spend("one", points)  # who comes back when told to is served
        given, most = given + points, max(most, points)
    assert given <= 100 + (clock.now - 1000) * 100 / 60 + most


# 订阅 Subscriptions at a time


def test_a_place_is_free_again_when_its_subscription_ends_however_it_ends() -> None:
    following = Following(1)
    for _ in range(3):
        with pytest.raises(ValueError, match="gone"), following.one("one"):
            with pytest.raises(ApiError), following.one("one"):
                pass
            with following.one("two"):
                pass
            raise ValueError("gone")


# 谁 Who the asker is


def connected_from(host: str | None) -> HTTPConnection:
    client = None if host is None else (host, 5000)
    return HTTPConnection({"type": "http", "headers": [], "client": client})


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("a socket", "a socket"),
        (None, ""),
    ],
)
def test_without_a_token_everybody_of_one_network_is_one_asker(host: str | None, told: str) -> None:
    assert address(connected_from(host)) == told
    assert asker(connected_from(host), Context(None, ANONYMOUS)) == told  # type: ignore[arg-type]


def test_with_a_token_the_asker_is_the_actor_in_the_role() -> None:
    def named(*given: Any) -> str:
        return asker(connected_from("192.0.2.7"), Context(None, Actor(*given)))  # type: ignore[arg-type]

    first = named("wang", Role.AUDITOR, "12")
    assert first == named("wang", Role.AUDITOR, "13")
    assert len({first, named("wang", Role.RESIDENT), named("li", Role.AUDITOR, "12"), "192.0.2.7"}) == 4


# Over the transports


@pytest.fixture
def tight() -> Iterator[ToyServer]:
    """A server that gives 40 points a minute: a new mutation, then another one."""
    with toy_server(Limits(rate=40)) as running:
        yield running


ADD = {"query": "mutation { add(a: 1, b: 2) }"}


@pytest.mark.parametrize("accept", ["application/graphql-response+json", "*/*", "text/event-stream"])
async def test_over_http_the_status_is_429_and_says_when_to_come_back(tight: ToyServer, accept: str) -> None:
    async with http_client(headers={"accept": accept}) as client:
        for _ in range(2):
            assert (await client.post(tight.http, json=ADD)).status_code == 200
        refused = await client.post(tight.http, json=ADD, headers={"accept-language": "zh"})

    (error,) = refused.json()["errors"]
    assert (refused.status_code, error["extensions"]["code"]) == (429, "RATE_LIMITED")
    assert refused.headers["retry-after"] == str(error["extensions"]["retryAfter"])
    assert 1 <= error["extensions"]["retryAfter"] <= 12
    assert error["message"].startswith("每分钟 40 点的额度已用完；")


async def test_on_a_socket_it_is_the_error_of_the_operation_and_the_socket_stays(tight: ToyServer) -> None:
    async with ready(tight) as client:
        for number in range(2):
            await client.subscribe(str(number), ADD["query"])
            assert (await client.hear())["payload"]["extensions"]["cost"]["remaining"] >= 16 - 10 * number
            assert (await client.hear())["type"] == "complete"
        await client.subscribe("more", ADD["query"])
        error = await client.hear()
        assert (error["id"], error["type"]) == ("more", "error")
        assert error["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
        await client.subscribe("little", "{ hello }")
        assert (await client.hear())["type"] == "next"


async def test_a_document_that_nobody_has_sent_before_is_paid_for_by_its_address(tight: ToyServer) -> None:
    new, newer = ({"query": "{ hello } #" + name * 60} for name in "ab")
    async with http_client() as client:
        statuses = [(await client.post(tight.http, json=sent)).status_code for sent in (new, new, newer, new)]

    assert statuses == [200, 200, 429, 200]


async def test_a_subscription_is_paid_once(tight: ToyServer) -> None:
    async with ready(tight) as client:
        await client.subscribe("1", "subscription { count(to: 60) }")
        messages = [await client.hear() for _ in range(61)]

    assert [message["type"] for message in messages] == ["next"] * 60 + ["complete"]
    assert ["extensions" in message["payload"] for message in messages[:-1]] == [True] + [False] * 59


TICKS = "subscription { ticks { cursor } }"


async def test_subscriptions_are_counted_over_all_sockets_and_streams_of_an_asker() -> None:
    limits = Limits(actor_subscriptions=3)
    stream = {"accept": "text/event-stream"}
    with toy_server(limits) as server:
        async with ready(server) as one, ready(server) as other, http_client() as http:
            for client, identity in ((one, "1"), (one, "2")):
                await client.subscribe(identity, TICKS)
                assert (await client.hear())["type"] == "next"
            async with http.stream("POST", server.http, json={"query": TICKS}, headers=stream) as third:
                assert third.status_code == 200
                lines = third.aiter_lines()  # held, for one that is thrown away closes its stream
                await anext(lines)

                refused = await http.post(server.http, json={"query": TICKS}, headers=stream)
                (error,) = refused.json()["errors"]
                assert (refused.status_code, error["extensions"]) == (
                    429,
                    {"code": "TOO_MANY_OPERATIONS", "limit": 3},
                )
                assert error["message"].startswith("You follow 3 subscriptions already")
                await other.subscribe("4", TICKS)
                assert (await other.hear())["payload"][0]["extensions"]["code"] == "TOO_MANY_OPERATIONS"
                await other.subscribe("query", "{ hello }")
                assert [(await other.hear())["type"] for _ in range(2)] == ["next", "complete"]

            await one.say(id="1", type="complete")
            await one.say(type="ping")
            assert (await one.hear())["type"] == "pong"
            for identity in ("5", "6"):  # in place of the completed one and of the stream that was left
                await opens(other, identity)


async def opens(client: Any, identity: str) -> None:
    """Subscribe until there is room: when a stream that was left is noticed is not for us to say."""
    while True:
        await client.subscribe(identity, TICKS)
        if (await client.hear())["type"] == "next":
            return
