"""Who may do what: one table from role to permissions. What is not in it is refused."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from identity.states import OrganisationKind, Permission, Role

_EVERYBODY = frozenset({Permission.SEE_ACCOUNT, Permission.MANAGE_KEYS})

GRANTS: Mapping[Role, frozenset[Permission]] = {
    Role.AGENT: frozenset(
        {Permission.REGISTER_TENDER, Permission.RUN_TENDER, Permission.MOVE_REHEARSAL}
    ),
    Role.PROCURING_OFFICER: frozenset({Permission.RUN_TENDER}),
    Role.BIDDER: frozenset({Permission.BID}),
    Role.ISSUER: frozenset({Permission.ISSUE_GUARANTEE, Permission.SIGN_PAPERS}),
    Role.EXPERT: frozenset({Permission.SCORE, Permission.SIGN_PAPERS}),
    Role.REGULATOR: frozenset({Permission.SUPERVISE}),
    Role.WITNESS: frozenset({Permission.WITNESS_OPENING}),
    Role.HOST: frozenset({Permission.MOVE_REHEARSAL}),
    Role.OPERATOR: frozenset(
        {Permission.MANAGE_ORGANISATIONS, Permission.MOVE_REHEARSAL, Permission.SEE_HEALTH}
    ),
}

# What the administrator of an organisation may, whatever their role.
ADMINISTERING = frozenset({Permission.MANAGE_COLLEAGUES})

# A role is only of use in an organisation of the right kind.
KIND_FOR_ROLE: Mapping[Role, OrganisationKind] = {
    Role.AGENT: OrganisationKind.AGENCY,
    Role.PROCURING_OFFICER: OrganisationKind.PROCURING_ENTITY,
    Role.BIDDER: OrganisationKind.BIDDER,
    Role.ISSUER: OrganisationKind.ISSUER,
    Role.EXPERT: OrganisationKind.EXPERT_POOL,
    Role.REGULATOR: OrganisationKind.REGULATOR,
    Role.WITNESS: OrganisationKind.WITNESS,
    Role.HOST: OrganisationKind.TRADING_CENTRE,
    Role.OPERATOR: OrganisationKind.TRADING_CENTRE,
}


@dataclass(frozen=True)
class Viewer:
    """Who asks. Anonymous viewers have no code, no roles and no permission."""

    code: str = ""
    username: str = ""
    name: str = ""
    organisation: str = ""
    organisation_name: str = ""
    roles: frozenset[Role] = field(default_factory=frozenset)
    is_administrator: bool = False

    @property
    def is_signed_in(self) -> bool:
        """Whether this is a known person."""
        return bool(self.code)

    def may(self, permission: Permission) -> bool:
        """Whether one of the roles grants this, or administering the own organisation."""
        granted = permissions_of(self.roles, signed_in=self.is_signed_in)
        return permission in granted or (self.is_administrator and permission in ADMINISTERING)


ANONYMOUS = Viewer()


def permissions_of(roles: Iterable[Role], *, signed_in: bool = True) -> frozenset[Permission]:
    """All that these roles grant together."""
    granted = _EVERYBODY if signed_in else frozenset()
    return granted.union(*(GRANTS[role] for role in roles))
