"""战区 The zones of command: one above each at most, no ring, and powers that come down."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given as forall
from hypothesis import strategies as st

from chuishao.domain.refusal import Refusal, TextEmpty, WrongDivisionLevel
from chuishao.domain.territory import zone as zoned
from chuishao.domain.territory.refusals import NoZoneAbove, PowerNotHeld, ZoneCycle
from chuishao.domain.territory.zone import CommandZone, zone_id
from tests.given import event, given, later, when_made
from tests.town import COMMUNITY, OTHER_COMMUNITY, START, STREET

DISTRICT = "120101"
ZoneDecision = Callable[[CommandZone], object]


def a_zone(code: str = STREET, above: CommandZone | None = None) -> CommandZone:
    return CommandZone.establish(code, "战区", above, START)


def below_the_district(code: str = STREET) -> CommandZone:
    return a_zone(code, a_zone(DISTRICT))


def move(*lineage: CommandZone) -> ZoneDecision:
    return lambda zone: zone.move(lineage, later(zone))


def devolve(power: str = "考核评价权") -> ZoneDecision:
    return lambda zone: zone.devolve(power, later(zone))


def withdraw(power: str = "考核评价权") -> ZoneDecision:
    return lambda zone: zone.withdraw(power, later(zone))


def test_a_division_becomes_a_zone_under_another() -> None:
    zone = when_made(lambda: CommandZone.establish(STREET, " 第一战区 ", a_zone(DISTRICT), START)).then(
        event(zoned.ZoneEstablished, code=STREET, name="第一战区", above=DISTRICT)
    )
    assert (zone.id, zone.place, zone.correlation) == (zone_id(STREET), STREET, None)


def test_a_zone_without_one_above_is_at_the_top() -> None:
    when_made(lambda: a_zone(DISTRICT)).then(event(zoned.ZoneEstablished, above=None))


def test_a_zone_bears_a_name() -> None:
    when_made(lambda: CommandZone.establish(STREET, " ", None, START)).refused(TextEmpty, field="name")


def test_no_community_commands_a_street() -> None:
    when_made(lambda: a_zone(STREET, a_zone(COMMUNITY))).refused(WrongDivisionLevel, code=COMMUNITY)
    given(a_zone()).when(move(a_zone(COMMUNITY))).refused(WrongDivisionLevel, code=COMMUNITY)


def test_a_zone_is_put_under_another_one_or_at_the_top() -> None:
    beside = a_zone(OTHER_COMMUNITY)
    given(a_zone(COMMUNITY, a_zone())).when(move(beside)).then(event(zoned.ZoneMoved, above=OTHER_COMMUNITY))
    given(a_zone(COMMUNITY, a_zone())).when(move()).then(event(zoned.ZoneMoved, above=None))


def test_where_it_lies_already_nothing_changes() -> None:
    district = a_zone(DISTRICT)
    given(a_zone(STREET, district)).when(move(district)).then()
    given(a_zone()).when(move()).then()


def test_a_zone_lies_neither_under_itself_nor_under_what_lies_under_it() -> None:
    zone = a_zone(COMMUNITY)
    given(zone).when(move(zone)).refused(ZoneCycle, zone=COMMUNITY, above=COMMUNITY)
    below = a_zone(OTHER_COMMUNITY, zone)
    given(zone).when(move(below, zone)).refused(ZoneCycle, zone=COMMUNITY, above=OTHER_COMMUNITY)


def test_a_power_comes_down_from_the_zone_above() -> None:
    given(below_the_district()).when(devolve(" 考核评价权 ")).then(
        event(zoned.PowerDevolved, power="考核评价权", above=DISTRICT)
    )


def test_the_same_power_comes_down_once() -> None:
    given(below_the_district(), devolve()).when(devolve()).then()


def test_no_power_comes_down_to_the_top() -> None:
    given(a_zone()).when(devolve()).refused(NoZoneAbove, zone=STREET)
    given(below_the_district()).when(devolve(" ")).refused(TextEmpty, field="power")


def test_a_power_goes_back_to_the_zone_that_it_came_from() -> None:
    moved = given(below_the_district(), devolve(), move(a_zone("120102")))
    moved.when(withdraw()).then(event(zoned.PowerWithdrawn, power="考核评价权", above=DISTRICT))


def test_what_never_came_down_is_not_taken_back() -> None:
    given(below_the_district()).when(withdraw()).refused(PowerNotHeld, power="考核评价权", held="nothing")
    given(below_the_district(), devolve(), withdraw()).when(withdraw()).refused(PowerNotHeld)


CODES = [f"{STREET}{number:03d}" for number in range(1, 6)]
MOVES = st.lists(st.tuples(st.sampled_from(CODES), st.sampled_from([None, *CODES])), max_size=30)


def lineage(zones: dict[str, CommandZone], code: str | None) -> list[CommandZone]:
    """A zone and everything above it; fails where it does not end."""
    found: list[CommandZone] = []
    while code is not None:
        found.append(zones[code])
        assert len(found) <= len(zones), "the zones lie in a ring"
        code = zones[code].above
    return found


@forall(MOVES)
def test_however_zones_are_moved_each_lies_under_one_at_most_and_none_under_itself(
    moves: list[tuple[str, str | None]],
) -> None:
    zones = {code: a_zone(code) for code in CODES}
    for code, above in moves:
        was = zones[code].above
        ring = above is not None and zones[code] in lineage(zones, above)
        try:
            zones[code].move(lineage(zones, above), START)
        except Refusal as refused:
            assert type(refused) is ZoneCycle and ring
            assert zones[code].above == was
        else:
            assert not ring
            assert zones[code].above == above
        for each in CODES:
            assert [zone.code for zone in lineage(zones, each)].count(each) == 1
