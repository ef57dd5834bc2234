"""Who may apply for registration by themselves, and in which role their first person acts.

Regulators, witnesses, expert pools and the centre itself are registered by the centre only.
Source: 电子招标投标办法 第16条; 国办函〔2019〕41号 (registration is free and for everybody).
"""

from collections.abc import Mapping

from identity.states import OrganisationKind, Role
from kernel.errors import Problem

FIRST_ROLE: Mapping[OrganisationKind, Role] = {
    OrganisationKind.BIDDER: Role.BIDDER,
    OrganisationKind.AGENCY: Role.AGENT,
    OrganisationKind.PROCURING_ENTITY: Role.PROCURING_OFFICER,
    OrganisationKind.ISSUER: Role.ISSUER,
}


def applying_problems(
    kind: OrganisationKind, *, is_registered: bool, is_name_taken: bool
) -> list[Problem]:
    """Why an application is not taken: everything that the applicant can mend, at once."""
    problems = []
    if kind not in FIRST_ROLE:
        message = "这类单位由交易中心直接登记，不接受网上申请。"
        problems.append(Problem("application.kind", message, field="kind"))
    if is_registered:
        message = "该单位已登记。请联系本单位管理员为您开通账户。"
        problems.append(Problem("organisation.exists", message, field="credit_code"))
    if is_name_taken:
        message = "该登录名已被使用，请换一个。"
        problems.append(Problem("account.exists", message, field="username"))
    return problems


def ending_problems(*, is_self: bool, is_ended: bool) -> list[Problem]:
    """Why an administrator cannot end the access of a colleague."""
    if is_self:
        return [Problem("account.own_access", "不能停用自己的账户。请由其他管理员或交易中心办理。")]
    if is_ended:
        return [Problem("account.ended_already", "该账户已经停用。")]
    return []
