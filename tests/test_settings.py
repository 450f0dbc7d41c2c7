"""What a process is told, by flags and by variables, and what it refuses to be told."""

from __future__ import annotations

from pathlib import Path

import pytest

from chuishao.graphql.endpoint.limits import Limits
from chuishao.service.settings import Settings, WrongSetting, declared, variable


def test_settings_told_to_a_child_process_arrive_as_they_were() -> None:
    settings = Settings("postgresql:///x", Path("there"), "::1", 8123, 3, cost=7, rate=0)

    assert Settings.from_environment(settings.to_environment()) == settings
    assert Settings.from_environment({}) == Settings()


def test_every_setting_has_a_help_and_a_variable_of_its_own() -> None:
    assert all(text.endswith(".") for _, text in declared().values())
    assert len({variable(name) for name in declared()}) == len(declared())


NUMBERS = [name for name, (kind, _) in declared().items() if kind in (int, float)]


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("wrong", ["", "many", "1,000", "0x10", "一"])
def test_a_word_where_a_number_is_expected_is_refused_by_the_name_of_its_variable(
    name: str, wrong: str
) -> None:
    with pytest.raises(WrongSetting) as caught:
        Settings.from_environment({variable(name): wrong})
    assert str(caught.value) == f"{variable(name)} is {wrong!r}; it must be a number"


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_below_its_range_is_refused_by_the_name_of_its_flag(name: str) -> None:
    with pytest.raises(WrongSetting, match=f"^{name.replace('_', '-')} is -1"):
        Settings.from_environment({variable(name): "-1"})


def test_the_limits_of_the_endpoint_are_the_ones_that_are_set() -> None:
    assert Settings().limits == Limits()
    assert Settings(cost=5, rate=6, actor_subscriptions=7).limits == Limits(
        cost=5, rate=6, actor_subscriptions=7
    )
