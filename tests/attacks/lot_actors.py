"""Who else comes to a door: people of the same role, of the other side, of another lot or meeting.

Each is a sign-in name, or the name of what the walk knows it by.
"""

OF_SIDES = ("agent", "officer", "agent2", "officer2")
OF_BIDDERS = ("bidder1", "bidder2", "bidder5", "bidder6")
OF_EXPERTS = ("member", "colleague", "member2", "undrawn", "recused")
RIVALS = {
    "agent": OF_SIDES,
    "officer": OF_SIDES,
    "bidder1": OF_BIDDERS,
    "bidder5": OF_BIDDERS,
    "banker": ("banker", "insurer"),
    "witness": ("witness", "witness2", "officer", "host"),
    "called": OF_EXPERTS,
    "member": OF_EXPERTS,
    "chair": OF_EXPERTS,
    "regulator": (),
}


def others(door, known):
    """Names of those who are not the right person for this door, as far as they are known."""
    right = door.person(known)
    people = {name: known.get(name, name) for name in RIVALS[door.who]}
    return {name: who for name, who in people.items() if who != right and who in known["tokens"]}
