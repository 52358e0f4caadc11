"""Ways to pay in the account: seen, chosen, added and removed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.looking import Look
from webapp import clock
from webapp.extensions import db
from webapp.flows import sandbox_bank
from webapp.models import (
    CredentialSetup,
    Customer,
    Membership,
    MembershipStatus,
    PaymentKind,
    SandboxCredential,
    StoredCredential,
    Try,
    TryStatus,
)
from webapp.transactions import unit_of_work


def card(owner: Customer, label: str = "Visa •••• 4242", **values: Any) -> StoredCredential:
    """One that the pretend bank keeps, too."""
    kept = factories.save(lambda: SandboxCredential(label=label))
    facts = {"customer_id": owner.id, "gateway": "sandbox", "reference": kept.reference, "label": label, **values}
    found: StoredCredential = factories.save(lambda: StoredCredential(**facts))
    return found


def renew_with(membership: Membership, method: StoredCredential) -> None:
    with unit_of_work("test") as session:
        found = session.get_one(Membership, membership.id)
        found.credential_id, found.auto_renew = method.id, True


def now(membership: Membership) -> Membership:
    db.session.rollback()
    return db.session.get_one(Membership, membership.id)


def count() -> int:
    db.session.rollback()
    return len(db.session.scalars(select(StoredCredential)).all())


@pytest.mark.ux("K5")
def test_each_is_shown_with_its_last_day_and_what_renews_with_it(
    look: Look, agreement: Membership, ada: Customer
) -> None:
    renew_with(agreement, card(ada, expires_on=date(2099, 4, 30)))
    card(ada, "Mastercard •••• 5100", expires_on=date(2020, 1, 31))
    soon = clock.now().date() + timedelta(days=20)
    card(ada, "Amex •••• 0005", expires_on=soon)
    card(factories.customer(), "Visa •••• 9999")
    main = look("/account/payment-methods").one("main")
    assert [one.text for one in main.all("h2")][:3] == ["Amex •••• 0005", "Mastercard •••• 5100", "Visa •••• 4242"]
    for words in ("expires soon", "expired", "04/2099", "Premium"):
        assert words in main.text
    assert "9999" not in main.text
    assert "Payment methods" in [one.text for one in look("/account/").all("a")]


def test_without_any_it_says_what_one_is_for(look: Look) -> None:
    assert "No payment method is stored" in look("/account/payment-methods").one("main").text


@pytest.mark.ux("K5")
def test_one_is_added_at_the_banks_page_and_the_old_one_stays_until_then(
    signed_in: FlaskClient, agreement: Membership, ada: Customer
) -> None:
    old = card(ada)
    renew_with(agreement, old)
    answer = signed_in.post("/account/payment-methods", data={"gateway": "sandbox", "contract": str(agreement.id)})
    assert "/sandbox/pay/" in answer.headers["Location"]
    setup = db.session.scalars(select(CredentialSetup)).one()
    reference, name = setup.reference, str(setup.gateway_reference)
    assert now(agreement).credential_id == old.id
    sandbox_bank.approve(name)
    signed_in.get(f"/account/payment-methods/set-ups/{reference}/return")
    assert "The payment method is saved." in signed_in.get("/account/payment-methods").text
    assert now(agreement).credential_id not in (None, old.id)
    assert count() == 2


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        ("decline", "It was not saved"),
        ("", "It is being checked."),
        ("cancel", "Nothing was changed."),
    ],
)
def test_whatever_the_bank_says_is_said(
    signed_in: FlaskClient, agreement: Membership, decision: str, words: str
) -> None:
    signed_in.post("/account/payment-methods", data={"gateway": "sandbox"})
    setup = db.session.scalars(select(CredentialSetup)).one()
    reference, left = setup.reference, "?left=1" if decision == "cancel" else ""
    if decision == "decline":
        sandbox_bank.decline(str(setup.gateway_reference))
    signed_in.get(f"/account/payment-methods/set-ups/{reference}/return{left}")
    assert words in signed_in.get("/account/payment-methods").text
    assert count() == 0


def test_what_keeps_nothing_is_not_offered(signed_in: FlaskClient, look: Look) -> None:
    answer = signed_in.post("/account/payment-methods", data={"gateway": "manual"})
    assert (answer.status_code, "Choose what you want to pay with." in answer.text) == (422, True)
    ways = look("/account/payment-methods").all("input", name="gateway")
    assert [one.attrs["value"] for one in ways] == ["sandbox"]


def test_what_is_ticked_is_what_pays_by_itself_or_the_contract_one_comes_from(
    look: Look, agreement: Membership, ada: Customer
) -> None:
    other = factories.active_membership(customer=ada, expires_at=clock.now() + timedelta(days=3))
    renew_with(agreement, card(ada))

    def ticked(query: str) -> list[str]:
        boxes = look(f"/account/payment-methods{query}").all("input", name="contract")
        return [one.attrs["value"] for one in boxes if "checked" in one.attrs]

    assert ticked("") == [str(agreement.id)]
    assert ticked(f"?contract={other.id}") == [str(other.id)]


def test_a_failed_renewal_leads_there_and_another_card_pays_it(
    look: Look, signed_in: FlaskClient, agreement: Membership, ada: Customer
) -> None:
    first, second = card(ada), card(ada, "Mastercard •••• 5100")
    renew_with(agreement, first)
    ended = clock.now() - timedelta(days=1)
    with unit_of_work("test") as session:
        held = session.get_one(Membership, agreement.id)
        held.status, held.expires_at, held.periods_paid = MembershipStatus.ON_HOLD, ended, 1
    declined = Try(number=1, gateway="sandbox", status=TryStatus.DECLINED, credential_reference=first.reference)
    factories.payment(
        membership=agreement, kind=PaymentKind.RENEWAL, tries=[declined], created_at=ended, period_number=2
    )
    links = [one.attrs["href"] for one in look("/account/").all("a") if one.text == "Change payment method"]
    assert f"/account/payment-methods?contract={agreement.id}" in links
    page = look(links[0])
    form = next(one for one in page.all("form") if str(one.attrs["action"]).endswith(f"/{agreement.id}/payment-method"))
    name = form.one("select").attrs["name"]
    signed_in.post(form.attrs["action"], data={name: str(second.id)})
    assert "It is saved, and what was due is paid." in signed_in.get("/account/payment-methods").text
    found = now(agreement)
    assert (found.status, found.credential_id) == (MembershipStatus.ACTIVE, second.id)
    assert "Payment method changed" in look(f"/account/memberships/{agreement.id}").text


@pytest.mark.parametrize("chosen", ["", "x", "9" * 30, "²"])
def test_nonsense_is_not_chosen(signed_in: FlaskClient, agreement: Membership, chosen: str) -> None:
    url = f"/account/memberships/{agreement.id}/payment-method"
    assert signed_in.post(url, data={f"contract-{agreement.id}-method": chosen}).status_code == 404


@pytest.mark.ux("K5")
def test_removing_says_first_what_is_not_paid_any_more(
    look: Look, signed_in: FlaskClient, agreement: Membership, ada: Customer
) -> None:
    method = card(ada)
    renew_with(agreement, method)
    url = f"/account/payment-methods/{method.id}/removal"
    main = look(url).one("main")
    for words in ("A contract renews with it", "Premium: €29.99 due on", "no longer paid by themselves"):
        assert words in main.text
    answer = signed_in.post(url)  # without having seen it
    assert (answer.status_code, count()) == (409, 1)
    seen = [one.attrs["value"] for one in main.all("input", name="seen")]
    signed_in.post(url, data={"seen": seen})
    assert "Visa •••• 4242 is removed." in signed_in.get("/account/payment-methods").text
    assert (count(), now(agreement).auto_renew) == (0, False)


def test_who_acts_as_a_customer_adds_and_chooses_nothing(client: FlaskClient, agreement: Membership) -> None:
    owner = factories.signed_in(client, factories.operator())
    owner.post(f"/admin/customers/{agreement.customer_id}/acting", data={"reason": "they called"})
    for path in ("payment-methods", f"memberships/{agreement.id}/payment-method"):
        assert owner.post(f"/account/{path}", data={"gateway": "sandbox"}).status_code == 403
