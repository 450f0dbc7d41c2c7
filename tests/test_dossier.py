"""案卷 The dossier: a page that stands alone, shows what may be shown, and proves itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from uuid import UUID

import pytest

from chuishao.commands import cases
from chuishao.commands.erasure import EraseSubject
from chuishao.domain.actor import ANONYMOUS, Actor
from chuishao.domain.erasure import ErasureGround
from chuishao.domain.identity import identify
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import connected
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.sealer import seal
from chuishao.service.dossier.page import page
from chuishao.service.dossier.reading import Dossier, NoSuchCase, gathered
from chuishao.service.keys import seal_key
from tests.lived_case import HOSTILE, lived_case
from tests.served import address, run_chuishao
from tests.test_proofs import program
from tests.town import GRID, KEY, Town, make_town

VERIFIER = Path(__file__).parents[1] / "examples" / "audit" / "verify_dossier.py"
ADMINISTRATOR = Actor("administrator-1", Role.ADMINISTRATOR, "")
VOID = {"meta", "input", "br", "hr", "line", "rect", "circle", "path"}
WORDS = (
    HOSTILE,
    "已电话核实",
    "示例路 1 号",
    "<b>居民</b>",
    "等待配件",
    "井盖仍然松动",
    "需要部门联动",
    "又松动了",
)


class Markup(HTMLParser):
    """What elements a page has, and whether each is closed in its turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def of(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of the elements of a name."""
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
async def town(shared_log: EventLog) -> Town:
    return await make_town(shared_log)


@pytest.fixture(scope="module")
async def case(town: Town, shared_log: EventLog) -> UUID:
    lived = await lived_case(town)
    await seal(shared_log, seal_key(KEY))
    return lived


async def gather(
    town: Town, case: UUID | str, reader: Role = Role.AUDITOR, *, with_texts: bool = False
) -> Dossier:
    return await gathered(town.log, str(case), reader, town.clock.now, with_texts=with_texts)


async def test_the_page_stands_alone_and_is_well_formed(town: Town, case: UUID) -> None:
    text = page(await gather(town, case, Role.STREET_OFFICER, with_texts=True))
    markup = Markup(text)
    assert [each.get("id") for each in markup.of("script")] == ["proof"]
    assert markup.of("link") == markup.of("img") == markup.of("iframe") == []
    assert all(str(each["href"]).startswith("#e") for each in markup.of("a"))
    targets = {each.get("id") for _, each in markup.elements}
    assert {str(each["href"])[1:].partition("–")[0] for each in markup.of("a")} <= targets
    assert not re.search(r"https?://|@import|url\((?!#)", text)
    assert len({name for name in targets if name}) == sum("id" in each for _, each in markup.elements)


async def test_hostile_words_are_words(town: Town, case: UUID) -> None:
    text = page(await gather(town, case, Role.STREET_OFFICER, with_texts=True))
    assert "&lt;script&gt;alert(&#x27;井盖&#x27;)&lt;/script&gt; &amp; &quot;引号&quot;" in text
    assert "<script>alert" not in text
    assert "<b>居民</b>" not in text


async def test_words_about_people_are_masked_unless_they_are_asked_for_and_may_be_read(
    town: Town, case: UUID
) -> None:
    for reader, asked in ((Role.AUDITOR, False), (Role.AUDITOR, True), (Role.STREET_OFFICER, False)):
        text = unescape(page(await gather(town, case, reader, with_texts=asked)))
        assert [words for words in WORDS if words in text] == [], reader
    text = unescape(page(await gather(town, case, Role.STREET_OFFICER, with_texts=True)))
    assert [words for words in WORDS if words not in text] == []
    notes = unescape(page(await gather(town, case, Role.RESIDENT, with_texts=True)))
    assert HOSTILE in notes
    assert "已电话核实" not in notes


async def test_who_acted_is_hidden_from_residents(town: Town, case: UUID) -> None:
    assert "community-staff-1" in page(await gather(town, case, Role.AUDITOR))
    text = page(await gather(town, case, Role.RESIDENT))
    assert "community-staff-1" not in text
    assert '"storedData":null' in text


async def test_it_tells_the_chain_the_breaches_and_the_three_answers(town: Town, case: UUID) -> None:
    dossier = await gather(town, case)
    text = page(dossier)
    assert [spell.tier for spell in dossier.chain.spells] == [
        None,
        "ON_SPOT",
        "MULTI_UNIT",
        None,
        "GRID_LEADER",
    ]
    assert [limit.rule for limit in dossier.chain.limits if limit.overdue] == ["handle-on-spot"]
    assert [one.missed_at is not None for one in dossier.chain.departments] == [False, True]
    assert [one.step.type for one in dossier.chain.setbacks] == ["VerificationFailed", "CaseReopened"]
    for kind in ("held", "late", "still", "flag late", "summoned", "dot bad"):
        assert f'class="{kind}"' in text, kind
    for said in (
        "责任链",
        "首接负责",
        "挂账、延期、回退",
        "吹哨报到",
        "满意",
        "5 / 5",
        "Chain of responsibility",
    ):
        assert said in text, said
    assert all(f'id="e{one.position}"' in text for one in dossier.events)


async def test_a_language_is_chosen_and_no_switch_is_left(town: Town, case: UUID) -> None:
    dossier = await gather(town, case)
    both, english = page(dossier), page(dossier, "en")
    assert '<html lang="zh-CN">' in both
    assert "<nav>" in both
    assert '<html lang="en">' in english
    assert "<nav>" not in english
    assert 'id="en" checked' in english


async def test_a_case_that_is_not_over_has_its_limit_on_the_axis(town: Town) -> None:
    running = await town.assigned()
    town.clock.advance(hours=1)
    text = page(await gather(town, running))
    assert 'class="flag"' in text
    assert "至今" in text
    only_reported = page(await gather(town, await town.report()))
    assert "尚无人答复" in only_reported


async def test_what_was_erased_shows_as_erased(town: Town) -> None:
    report = cases.ReportCase(category="01001", text="某人的话", grid_code=GRID)
    erased = (await town.do(report, ANONYMOUS)).id
    await town.do(EraseSubject(subject_id=erased, reason=ErasureGround.OWN_REQUEST), ADMINISTRATOR)
    text = page(await gather(town, erased, Role.STREET_OFFICER, with_texts=True))
    assert "erased by right" in text
    assert "某人的话" not in text


UNKNOWN = str(identify("case", "unknown"))


@pytest.mark.parametrize("wanted", ["0", "1", "99999999999999999999", UNKNOWN, "abc"])
async def test_an_unknown_case_is_said_to_be_unknown(town: Town, wanted: str) -> None:
    with pytest.raises(NoSuchCase, match=wanted):
        await gather(town, wanted)


# Proof


@pytest.fixture
async def proved(town: Town, case: UUID) -> tuple[str, str]:
    dossier = await gather(town, case)
    assert dossier.checkpoint is not None
    return page(dossier), dossier.checkpoint.key


async def test_the_page_proves_itself(proved: tuple[str, str]) -> None:
    text, key = proved
    assert re.fullmatch(
        r"case \d+: \d+ events are in the log of \d+ events, as signed", program(VERIFIER).check(text, key)
    )


def tampered(text: str) -> Iterator[tuple[str, str]]:
    """Pages that say something else than the log, and what is found."""
    yield text.replace("community-staff-1", "community-staff-9"), "not part of what the checkpoint signs"
    yield re.sub(r'\{"position":\d+,[^{}]*"type":"CaseAssigned".*?\},(?=\{"position")', "", text), "left out"
    yield text.replace('id="proof"', 'id="other"'), "no proof"


async def test_a_page_that_was_changed_does_not(proved: tuple[str, str]) -> None:
    text, key = proved
    for changed, found in tampered(text):
        assert changed != text
        with pytest.raises(SystemExit, match=found):
            program(VERIFIER).check(changed, key)


async def test_without_a_checkpoint_it_says_that_it_proves_nothing(town: Town, case: UUID) -> None:
    dossier = await gather(town, case)
    assert "proves nothing" in page(replace(dossier, checkpoint=None, proofs={}))


# The command


def pages_in(folder: Path) -> list[str]:
    """Files of pages, whole or begun."""
    return [path.name for path in folder.iterdir() if "html" in path.name]


async def test_the_command_writes_the_page_and_for_an_unknown_case_no_file(
    shared_database: str, shared_log: EventLog, case: UUID, tmp_path: Path
) -> None:
    async with connected(shared_log.pool) as connection:
        number = await connection.fetchval(
            "SELECT min(position) FROM event WHERE stream = $1 AND log = $2", case, shared_log.id
        )
    there = ("--database-url", address(shared_database), "--data-dir", tmp_path / "data")
    file = tmp_path / "case.html"
    done = run_chuishao("dossier", number, "--to", file, "--language", "en", *there)
    assert done.returncode == 0, done.stderr
    assert f"The dossier of case {number} is in {file}" in done.stdout
    assert Markup(file.read_text(encoding="utf-8")).of("html") == [{"lang": "en"}]

    again = run_chuishao("dossier", number, "--to", file, *there)
    assert (again.returncode, "exists" in again.stderr) == (2, True)
    unknown = run_chuishao("dossier", "999999", "--to", tmp_path / "no.html", *there)
    assert unknown.returncode == 2
    assert unknown.stderr == "chuishao: there is no case with the number 999999 in this log\n"
    words = run_chuishao("dossier", number, "--with-texts", "--to", tmp_path / "no.html", *there)
    assert words.returncode == 2
    assert "AUDITOR reads no words about people" in words.stderr
    assert pages_in(tmp_path) == ["case.html"]
    asked = ("--with-texts", "--for", "street_officer", "--to", tmp_path / "words.html")
    opened = run_chuishao("dossier", number, *asked, *there)
    assert opened.returncode == 0, opened.stderr
    assert (tmp_path / "words.html").stat().st_mode & 0o777 == 0o600
