"""The frontend tour leads from an empty folder to a page that lists, follows, accepts and recovers."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from chuishao.commands.cases import AcceptCase, AssessCase
from chuishao.commands.command import Command
from chuishao.domain.actor import Actor
from chuishao.domain.vocabulary import Severity
from chuishao.eventlog.connection import open_pool
from chuishao.eventlog.log import EventLog
from tests.clients import tour
from tests.clients.installation import CLIENTS, ROOT, chinese_fonts, chromium
from tests.clients.programs import Ended
from tests.clients.tour import DEMONSTRATION, SERVING, Reader, assert_printed, npm_beside, steps
from tests.conftest import copy_of_template
from tests.served import AUDITOR, Process, address, process, ready, start, token
from tests.steps import drawn
from tests.town import GRID, Town, make_town

STEPS = list(steps())
COMMANDS = [step for step in STEPS if isinstance(step, tour.Command)]
LAMP = "路灯不亮（示例）"
SUBJECTS = (
    ("01001", "井盖破损，行人绊脚（示例）"),
    ("11003", "楼道堆放杂物，影响通行（示例）"),
    ("14003", "共享单车乱停放（示例）"),
    ("03002", "垃圾箱满溢（示例）"),
    ("13001", "施工噪音影响休息（示例）"),
    ("16001", "邻里因漏水起争执（示例）"),
)
LATE = 2
FIRST = 6  # rows of the first page
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)


@dataclass(frozen=True)
class Toured:
    """The page as the tour leaves it, the server behind it, and what the commands said on the way."""

    town: Town
    server: Process
    browser: Browser
    address: str
    said: dict[str, Ended]

    async def step(self, name: str, case: object, **fields: object) -> None:
        """Somebody else takes a step through the API."""
        await self.server.client(self.town.community_staff).do(name, caseId=str(case), **fields)

    async def record(self, command: Command) -> None:
        """Somebody else takes a step that reaches the log without this server."""
        self.town.clock.now = datetime.now(UTC)
        await self.town.do(command, self.town.community_staff)

    async def start_again(self) -> None:
        """Start the server that was killed."""
        port = int(self.server.served.base.rpartition(":")[2])
        self.server.popen = start(self.server.log, port, *self.server.arguments)
        await ready(self.server)


@pytest.fixture(scope="module")
async def demonstration(
    template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Town, Process]]:
    """What stands for the demonstration: its first grid with cases, some of them late."""
    database = await copy_of_template(template)
    pool = await open_pool(database, size=4)
    town = await make_town(EventLog(pool))
    for number, (category, text) in enumerate(SUBJECTS):
        if number == LATE:
            town.clock.now = datetime.now(UTC)
        await town.report(category=category, text=text, address=f"{number + 1}号楼附近（示例）")
    async with process(
        tmp_path_factory.mktemp("server"), "--database-url", address(database), "--no-reactions"
    ) as served:
        yield town, served
    await pool.close()


@pytest.fixture(scope="module")
async def chrome() -> AsyncIterator[Browser]:
    """A Chromium without a window."""
    chinese_fonts()
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=chromium(), chromium_sandbox=False)
        yield opened
        await opened.close()


@pytest.fixture(scope="module")
async def toured(
    demonstration: tuple[Town, Process], chrome: Browser, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Toured]:
    """The tour followed to its end, with the page served beside it."""
    town, server = demonstration
    folder = CLIENTS / ".tour"  # kept, so that a second run finds the packages
    folder.mkdir(exist_ok=True)
    for made in ("src", "dist"):
        shutil.rmtree(folder / made, ignore_errors=True)
    path = npm_beside(tmp_path_factory.mktemp("bin"))
    environ = {"PATH": path, "NO_COLOR": "1", "SERVER": f"http://{server.served.base}"}
    reader = Reader(folder, environ)
    said = {}
    for step in STEPS:
        ended = await reader.follow(step)
        if isinstance(step, tour.Command) and ended is not None:
            assert (ended.code != 0) == step.fails, f"{step.text}\n{ended.said}"
            said[step.text] = ended
    (dev,) = (command for command in COMMANDS if command.text == SERVING)
    async with reader.serving(dev) as at:
        yield Toured(town, server, chrome, at, said)


@pytest.fixture
async def visit(toured: Toured) -> AsyncIterator[Callable[..., Awaitable[Page]]]:
    """Open the page with somebody's token in its address, at a grid."""
    context = await toured.browser.new_context(viewport={"width": 1100, "height": 760})

    async def opened(actor: Actor, grid: str = GRID, *, deaf: bool = False) -> Page:
        page = await context.new_page()
        if deaf:  # a line on which nothing comes
            await page.route_web_socket("**/graphql", lambda socket: None)
        await page.goto(f"{toured.address}#token={token(actor)}")
        if grid != GRID:
            await expect(rows(page)).to_have_count(FIRST)
            await page.get_by_label("代码").fill(grid)
            await page.get_by_role("button", name="查看").click()
            await expect(rows(page)).not_to_have_count(FIRST)  # until then they are the first grid's
        return page

    yield opened
    await context.close()


def rows(page: Page) -> Locator:
    """The cases in the list."""
    return page.locator("nav .row")


def events(page: Page) -> Locator:
    """The history of the case that is shown."""
    return page.locator("article li")


async def test_the_commands_print_what_the_tour_shows(toured: Toured) -> None:
    assert COMMANDS[0].text == DEMONSTRATION
    assert list(toured.said) == [c.text for c in COMMANDS if c.text not in (DEMONSTRATION, SERVING)]
    for command in COMMANDS:
        if command.text in toured.said:
            assert_printed(command, toured.said[command.text].said)


async def test_a_misspelt_field_is_the_only_fault_that_the_types_find(toured: Toured) -> None:
    (wrong,) = (command for command in COMMANDS if command.fails)
    faults = [line for line in toured.said[wrong.text].out.splitlines() if "error TS" in line]
    assert {fault.partition("(")[0] for fault in faults} == {"src/wrong.tsx"}
    assert toured.said["npm run check"].code == 0


async def test_the_list_shows_the_open_cases_of_the_grid_page_by_page(
    toured: Toured, visit: Callable[..., Awaitable[Page]]
) -> None:
    page = await visit(toured.town.street_officer)

    await expect(rows(page)).to_have_count(FIRST)
    await page.get_by_role("button", name="更多").click()
    await expect(rows(page)).to_have_count(len(SUBJECTS) + 1)
    await expect(page.get_by_role("button", name="更多")).to_have_count(0)
    await expect(rows(page).filter(has_text="已逾期")).to_have_count(LATE)
    for text in (*(text for _, text in SUBJECTS), LAMP):
        await expect(rows(page).filter(has_text=text)).to_have_count(1)
    await expect(page.locator(".board")).to_contain_text(f"在办{len(SUBJECTS) + 1}")
    assert "token" not in page.url


async def test_what_others_do_is_shown_without_a_reload(
    toured: Toured, visit: Callable[..., Awaitable[Page]], tmp_path: Path
) -> None:
    page = await visit(toured.town.street_officer)
    await page.get_by_role("button", name="更多").click()
    lamp = rows(page).filter(has_text=LAMP)
    await lamp.click()
    await expect(page.locator(".live")).to_have_text("实时")
    await expect(events(page)).to_have_count(1)
    newest = "query ($grid: String!) { cases(filter: { gridCode: $grid }, first: 1) { nodes { id } } }"
    listed = await toured.server.client(AUDITOR).read(newest, grid=GRID)
    case = listed["cases"]["nodes"][0]["id"]
    await toured.step("acceptCase", case)
    await toured.step("assessCase", case, severity="MINOR")

    await expect(events(page)).to_have_count(3)
    await expect(events(page).nth(1)).to_contain_text("受理 社区工作者")
    await expect(page.locator("article .status")).to_have_text("已研判")
    await expect(lamp.locator(".status")).to_have_text("已研判")
    await expect(page.get_by_role("button", name="受理", exact=True)).to_have_count(0)
    await page.evaluate("scrollTo(0, 0)")
    await page.mouse.move(0, 0)
    picture = tmp_path / "frontend-tour.png"
    await page.screenshot(path=picture, full_page=True)
    assert picture.stat().st_size > 40_000  # an empty page of this size has some 5,000 bytes


async def test_a_press_accepts_and_the_figures_include_it(
    toured: Toured, visit: Callable[..., Awaitable[Page]]
) -> None:
    grid = await drawn(toured.town)
    await toured.town.report(grid)
    page = await visit(toured.town.street_officer, grid)
    await rows(page).click()
    await page.get_by_role("button", name="受理", exact=True).click()

    await expect(rows(page).locator(".status")).to_have_text("已受理")
    await expect(events(page).last).to_contain_text("受理 街镇工作人员")
    await expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("stop", [Process.kill, Process.terminate])
async def test_after_a_restart_nothing_is_missed_and_nothing_comes_twice(
    toured: Toured, visit: Callable[..., Awaitable[Page]], stop: Callable[[Process], object]
) -> None:
    grid = await drawn(toured.town)
    case = await toured.town.report(grid)
    page = await visit(toured.town.street_officer, grid)
    await rows(page).click()
    await expect(page.locator(".live")).to_have_text("实时")
    await toured.step("acceptCase", case)
    await expect(events(page)).to_have_count(2)
    stop(toured.server)
    await expect(page.locator(".live")).to_contain_text("连接中断")
    await toured.record(AssessCase(case_id=case, severity=Severity.MINOR))
    await toured.start_again()

    await expect(page.locator(".live")).to_have_text("实时")
    await expect(page.locator("article .status")).to_have_text("已研判")
    await toured.step("assignCase", case, tier="ON_SPOT")
    await expect(page.locator("article .status")).to_have_text("已交办")
    labels = await page.locator("article li b").all_inner_texts()
    assert labels == ["上报", "受理", "研判", "交办"]


async def test_an_auditor_sees_no_words_and_is_refused_in_chinese(
    toured: Toured, visit: Callable[..., Awaitable[Page]]
) -> None:
    grid = await drawn(toured.town)
    await toured.town.report(grid)
    page = await visit(AUDITOR, grid)
    await expect(rows(page)).to_contain_text("隐去")
    await rows(page).click()
    await page.get_by_role("button", name="受理", exact=True).click()

    await expect(page.get_by_role("alert")).to_contain_text("审计人员（AUDITOR）无权执行受理")
    await expect(page.locator("article .status")).to_have_text("已上报")


async def test_somebody_who_was_slower_is_told_so(
    toured: Toured, visit: Callable[..., Awaitable[Page]]
) -> None:
    grid = await drawn(toured.town)
    case = await toured.town.report(grid)
    page = await visit(toured.town.street_officer, grid, deaf=True)
    await rows(page).click()
    button = page.get_by_role("button", name="受理", exact=True)
    await expect(button).to_be_visible()
    await toured.record(AcceptCase(case_id=case))
    await button.click()

    await expect(page.get_by_role("alert")).to_contain_text("当前可执行：研判")


async def test_a_grid_without_cases_says_so(toured: Toured, visit: Callable[..., Awaitable[Page]]) -> None:
    page = await visit(toured.town.street_officer, await drawn(toured.town))
    await expect(page.get_by_text("没有在办工单。")).to_be_visible()


async def test_a_token_that_does_not_hold_is_told_at_the_door(toured: Toured) -> None:
    async with without_token(toured) as page:
        await page.get_by_label("令牌").fill(quote("no token"))
        await page.get_by_role("button", name="登录").click()
        await expect(page.get_by_role("alert").first).to_contain_text("令牌")
        await page.get_by_role("button", name="退出").click()
        await expect(page.get_by_label("令牌")).to_be_visible()


@asynccontextmanager
async def without_token(toured: Toured) -> AsyncIterator[Page]:
    """The page as somebody sees it who brings nothing."""
    context = await toured.browser.new_context()
    page = await context.new_page()
    await page.goto(toured.address)
    yield page
    await context.close()


def test_the_picture_in_the_documentation_is_small() -> None:
    assert 20_000 < (ROOT / "docs" / "frontend-tour.png").stat().st_size <= 150_000
