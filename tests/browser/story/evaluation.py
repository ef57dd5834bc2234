"""The second half, by clicking: experts drawn, bids scored, the report signed, the lot archived."""

from tests.browser.story.trade import to_lot


def draw(agency, parties):
    """Two parties by hand, the witness by its program; the list is frozen between."""
    to_lot(agency).press("抽取专家，召集评标会").press("开始抽取").sees("各方的随机数")
    for each in parties:
        each.walk("专家抽取")
        each.page.click("main tbody a")
        each.press("生成随机数并提交承诺")
        each.page.wait_for_selector("text=生成随机数并提交承诺", state="detached")
    agency.page.wait_for_selector("button:has-text('冻结专家名单'):enabled")
    agency.confirm().press("冻结专家名单")
    for each in parties:
        each.press("公开我的随机数")
    agency.sees("抽取种子")


def answer_calls(experts, seats):
    """Whoever was drawn takes part; returns them."""
    drawn = []
    for each in experts:
        each.walk("我的评审")
        if each.page.locator("main a:has-text('答复')").count():
            each.press("答复").press("确认参加")
            drawn.append(each)
    assert len(drawn) == seats
    return drawn


def convene(agency):
    agency.page.wait_for_selector("button:has-text('召开评标会'):enabled")
    agency.confirm().press("召开评标会").sees("评标会")


def enter(expert):
    """To the meeting from one's own desk."""
    expert.walk("我的评审")
    expert.page.click("main tbody th a")
    return expert


def vote_for_the_first(expert):
    expert.sees("我推选")
    expert.page.locator("input[name=choice]").first.check()
    expert.press("投票")


def score(expert):
    """In the room: every check passes, every mark is typed; signed in this browser."""
    expert.press("进入评分室")
    expert.page.wait_for_selector("[data-keys-line]:visible")
    for number in range(expert.page.locator("[data-go]").count()):
        expert.page.click(f"[data-go='{number}']")
        for choice in expert.page.locator("[data-criterion] select:visible").all():
            choice.select_option("pass")
        for field in expert.page.locator(".zb-points:visible").all():
            field.fill("6")
    expert.page.check("#confirm-sheet")
    expert.page.click("[data-column] [data-sign-now]")
    expert.sees("评分表第 1 版已签名提交")


def chair_of(committee):
    """Whoever is shown the chair's steps."""
    for each in committee:
        enter(each)
    return next(each for each in committee if each.page.locator("text=主任操作").count())
