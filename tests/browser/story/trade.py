"""The first half, by clicking: a tender registered, announced, bid for, opened and confirmed."""

from kernel.periods import minute_text
from tests.browser.bidder import file
from tests.factories import pdf

TENDER = "临江大桥伸缩缝更换工程"
BUYER = "临江市住房和城乡建设局"


def register(agency, began):
    """A rehearsal with one lot, from the form; returns its code."""
    agency.walk("我的项目", "登记项目")
    agency.fill(tender_name=TENDER, rehearsal_from=minute_text(began), lot_name="第一标段")
    agency.fill(estimate="11000000", ceiling="12000000", guarantee="200000")
    agency.page.select_option("#category", "works")
    entity = agency.page.locator(f"#procuring_entity option:has-text('{BUYER}')")
    agency.page.select_option("#procuring_entity", entity.get_attribute("value"))
    agency.page.click("main button:has-text('登记项目')")
    agency.sees("填写并发布公告")
    return agency.page.url.rpartition("/")[2]


def announce(agency):
    """The tender's documents first, then its notice; its deadline is the earliest lawful one."""
    agency.press("招标文件")
    agency.page.set_input_files("#file", file("招标文件.pdf", pdf.document(2, "招标文件")))
    agency.press("上传").sees("招标文件.pdf")
    agency.walk("我的项目", TENDER).press("填写公告")
    for area in agency.page.locator("main textarea:visible").all():
        area.fill("按照招标文件。")
    agency.confirm().press("立即发布公告").sees("公众看到的页面")


def move_clock(agency, to=None):
    """The rehearsal's clock to what falls due next, or as far towards this instant as it may."""
    agency.walk("我的项目", TENDER)
    if to is None:
        agency.press("拨到这一刻")
    else:
        agency.fill(to=minute_text(to)).press("拨快时钟")


def issue_guarantees(issuer, count):
    """All orders of one bank, one after the other, approved and signed."""
    issuer.make_paper_key()
    for number in range(count):
        issuer.walk("保函申请")
        issuer.page.locator("main tbody th a").nth(number).click()
        issuer.confirm().press("批准并起草保函").sign_paper().sees("您已签署")


def to_lot(person):
    person.walk("我的项目", TENDER).press("第一标段")
    return person


def candidates(agency):
    to_lot(agency).confirm().press("公示中标候选人").sees("公示中标候选人")


def award(buyer):
    to_lot(buyer).press("确定中标人")
    buyer.page.locator("input[name=receipt]").first.check()
    buyer.confirm().press("确定中标人并发出通知书")


def archive(agency):
    to_lot(agency).confirm().page.click("main button:has-text('归档')")
