"""What a membership entitles to, by the API."""

from __future__ import annotations

import pytest

from tests import factories
from tests.blueprints.api.conftest import Caller, params
from tests.conftest import Statements
from tests.domain.test_site_renaming import site
from webapp import clock
from webapp.domain import entitlements, visits
from webapp.extensions import db
from webapp.models import MembershipStatus, SitePage, SitePicture, SiteVisits
from webapp.transactions import unit_of_work


def test_it_tells_what_there_is_and_what_is_used(caller: Caller) -> None:
    plan = factories.product("premium", limits={"sites": 3, "pages": 2}, flags=["api-access", "backups"])
    mine = factories.active_membership(plan=plan)
    bakery = site("bakery", membership=mine)
    with unit_of_work("test") as session:
        session.add_all(SitePage(site_id=bakery.id, slug=f"p{n}", title="P") for n in range(3))
        session.add(SitePicture(site_id=bakery.id, name="a.webp", label="A", size=1_250_000, content=b""))
        session.add(SiteVisits(site_id=bakery.id, month=visits.month_now(), visits=120))
        session.add(SiteVisits(site_id=bakery.id, month=visits.month_now() - 1, visits=999))
        entitlements.override(mine, {}, {"backups": False}, reason="Not yet.")
        entitlements.override(bakery, {"disk": 1_000_000}, {}, reason="A trial.")
    found = caller.get(f"/memberships/{mine.id}/entitlements").json
    assert {name: found[name] for name in ("membership_id", "plan", "status", "entitled", "features")} == {
        "membership_id": mine.id,
        "plan": "premium",
        "status": "active",
        "entitled": True,
        "features": ["api-access"],
    }
    assert found["limits"]["sites"] == {"limit": 3, "used": 1, "remaining": 2, "over": False}
    assert found["limits"]["custom_domains"] == {"limit": None, "used": 0, "remaining": None, "over": False}
    [one] = found["sites"]
    assert (one["site_id"], one["slug"]) == (bakery.id, "bakery")
    assert one["limits"] == {
        "pages": {"limit": 2, "used": 3, "remaining": 0, "over": True},
        "disk": {"limit": 1_000_000, "used": 1_250_000, "remaining": 0, "over": True},
        "visits": {"limit": None, "used": 120, "remaining": None, "over": False},
    }
    assert caller.get(f"/memberships/{mine.reference}/entitlements").json == found


@pytest.mark.parametrize(
    ("status", "entitled"),
    [(MembershipStatus.PENDING, False), (MembershipStatus.TRIALING, True), (MembershipStatus.EXPIRED, False)],
)
def test_only_what_is_served_entitles(caller: Caller, status: MembershipStatus, entitled: bool) -> None:
    mine = factories.membership(status=status, activated_at=clock.now(), anchor=clock.now())
    assert caller.get(f"/memberships/{mine.id}/entitlements").json["entitled"] is entitled


def test_of_what_there_is_not_nothing_is_told(caller: Caller) -> None:
    assert caller.get("/memberships/999/entitlements").status_code == 404


def test_many_sites_cost_no_more_statements(caller: Caller, statements: Statements) -> None:
    mine = factories.active_membership(plan=factories.product("premium"))
    caller.get(f"/memberships/{mine.id}/entitlements")  # its key is read for the first time
    counted = []
    for number in (1, 9):
        for one in range(number):
            site(f"s-{number}-{one}", membership=mine)
        db.session.rollback()
        statements.clear()
        caller.get(f"/memberships/{mine.id}/entitlements")
        counted.append(len(statements))
    assert counted[0] == counted[1] <= 7


def test_limits_and_features_of_a_product_are_written_and_told(caller: Caller) -> None:
    body = {"name": "Premium", "amount": 2999, "limits": {"sites": 3, "pages": None}, "features": ["API-access", "x"]}
    made = caller.post("/products", body).json
    assert (made["limits"], made["features"]) == ({"sites": 3, "pages": None}, ["api-access", "x"])
    changed = caller.patch(f"/products/{made['id']}", {"limits": {"disk": 0}}).json
    assert (changed["limits"], changed["features"]) == ({"disk": 0}, ["api-access", "x"])
    for wrong, name in (
        ({"limits": {"sites": -1}}, "limits.sites"),
        ({"limits": {"cars": 1}}, "limits.cars"),
        ({"features": ["Ä"]}, "features"),
        ({"limits": {"sites": 1.5}}, "limits.sites"),
    ):
        answer = caller.patch(f"/products/{made['id']}", wrong)
        assert answer.status_code in (400, 422)
        assert name in params(answer)
