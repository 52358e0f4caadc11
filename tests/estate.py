"""A row of everything that has an address, and the address of every route: for tests that walk through the whole house.

A new route whose arguments have no value here fails them: give it a sample in `Estate`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from tests import factories
from tests.blueprints.admin import rows
from tests.blueprints.admin.test_attention import mail
from tests.blueprints.admin.test_bulk import job
from tests.blueprints.admin.test_declarations import declaration
from tests.blueprints.admin.test_inbound_events import notice
from webapp import clock, hooks
from webapp.domain import (
    domain_names,
    invoices,
    legal,
    mails,
    one_time_links,
    payments,
    site_building,
    site_designs,
    site_switching,
    site_transfers,
    sites,
)
from webapp.extensions import db
from webapp.flows import ordering
from webapp.models import (
    AuditEntry,
    BulkStatus,
    CredentialSetup,
    Customer,
    Event,
    LinkPurpose,
    Mail,
    Note,
    Passkey,
    PaymentStatus,
    Refund,
    SavedView,
    Site,
    SiteStatus,
    StoredCredential,
    User,
    UserSession,
)
from webapp.models.sandbox import SandboxCharge
from webapp.settings import Settings
from webapp.transactions import unit_of_work

NO_ROW = 10**9
HOOK = "wu_customer_post_create"
LONG = "A name that is longer than a telephone is wide, like Wolfeschlegelsteinhausenbergerdorff"


def listen(customer: Customer) -> None:
    """So that a hook has somebody."""


@dataclass
class Estate:
    """Who is there, and a value for each argument of an address: by its name, or for one route by `own`."""

    owner: Customer
    stranger: Customer
    operator: User
    values: dict[str, Any]
    own: dict[str, dict[str, Any]] = field(default_factory=dict)
    queries: dict[str, str] = field(default_factory=dict)
    bodies: dict[str, dict[str, str]] = field(default_factory=dict)  # where an empty form is answered before all else

    def path(self, app: Flask, rule: Rule, *, nobodys: bool = False) -> str:
        """Raises KeyError for an argument without a sample. `nobodys`: where there is no such row."""
        given = {**self.values, **self.own.get(rule.endpoint, {})}
        if nobodys:
            given = {name: NO_ROW if isinstance(value, int) else value for name, value in given.items()}
        values = {name: given[name] for name in rule.arguments}
        path: str = app.url_map.bind("localhost").build(rule.endpoint, values, force_external=False)
        return path + self.queries.get(rule.endpoint, "")


def offer_of_a_site(customer: Customer) -> str:
    """Somebody else's site; the token of the link in the mail to this customer."""
    agreement = factories.active_membership()
    facts = {"customer": agreement.customer, "membership": agreement, "status": SiteStatus.PUBLISHED}
    site = factories.save(lambda: Site(slug="flowers", title="Flowers", **facts))
    with unit_of_work("test"):
        site_transfers.offer(sites.locked(site.id), customer.user.email, locale="en", site_url="")
    link = mails.revealed(*db.session.execute(select(Mail.text, Mail.secrets).where(Mail.kind == "site_offered")).one())
    return link.partition("/account/transfers/")[2].split()[0]


def build(app: Flask, settings: Settings) -> Estate:
    plan = factories.product("premium", name="Premium", year=29900, setup_fee_minor=990)
    unsold = factories.product("unsold", name="Unsold")
    operator = factories.operator(name="Olga Peters", email="olga@example.com")
    colleague = factories.operator(name="Otto", email="otto@example.com")
    ada = factories.customer(user=factories.user(email="ada@example.com"), display_name="Ada Lovelace")
    membership = factories.active_membership(customer=ada, plan=plan, expires_at=clock.now() + timedelta(days=20))
    payment = factories.payment(membership=membership, gateway="manual")
    paid = factories.payment(membership=membership, gateway="manual", status=PaymentStatus.COMPLETED)
    site_facts = {"customer": ada, "membership": membership, "status": SiteStatus.PUBLISHED}
    back = factories.save(
        lambda: Refund(payment_id=paid.id, amount_minor=100, currency="EUR", by_hand=True, gateway="manual")
    )
    with unit_of_work("test"):
        invoices.issue(payments.locked(paid.id))
    [invoice] = invoices.of_payment(paid.id)
    bakery = factories.save(lambda: Site(slug="ada", title=LONG, **site_facts))
    with unit_of_work("test") as session:
        bakery = session.merge(bakery)
        site_building.build(bakery)
        copy = site_switching.keep(bakery)
        domain = domain_names.add(bakery, "www.a-long-name-for-a-small-screen.example.org", ours=())
    _front, services, about, *_more = bakery.pages
    ordering.place(factories.order(plan.slug), settings)
    charge = db.session.scalars(select(SandboxCharge)).one()
    [dead, *_more] = rows.dead(2, customer=ada)
    rows.attempt(dead, outcome="dead", http_status=401, answer='{"message": "no"}')
    told = {"data": {"slug": "ada"}, "object_type": "sites", "object_id": bakery.id, "customer_id": ada.id}
    event = factories.save(lambda: Event(type="site.created", **told))
    note_facts = {"object_type": "customers", "object_id": ada.id, "customer_id": ada.id, "author_id": operator.id}
    note = factories.save(lambda: Note(body="Prefers <b>letters</b>.", **note_facts))
    kept = factories.save(
        lambda: SavedView(owner_id=operator.id, noun="payments", name="Unpaid", query="status=pending", shared=True)
    )
    entry = {"actor": f"operator:{operator.id}", "action": "memberships.cancel", "object_type": "memberships"}
    factories.save(lambda: AuditEntry(object_id=membership.id, before={"x": 1}, after={"x": 2}, **entry))
    told_us = declaration(membership)
    letter = mail(customer_id=ada.id, user_id=ada.user_id)
    key = {"name": "Laptop", "credential_id": "abc", "public_key": "def"}
    passkey = factories.save(lambda: Passkey(user_id=ada.user_id, **key))
    session = factories.save(lambda: UserSession(user_id=ada.user_id, token_hash="x" * 64))
    hooks.add_action(HOOK, listen)
    page, locale = next(iter(legal.PAGES)), "en"
    with unit_of_work("test"):
        text = legal.change(page, locale, "# Ours\n\nText.", seen=0)
        reset, verify = (one_time_links.make(ada.user, one) for one in (LinkPurpose.RESET, LinkPurpose.VERIFY))
    kept_card = factories.save(lambda: StoredCredential(customer_id=ada.id, gateway="sandbox", reference="sbc_ada"))
    added = factories.save(lambda: CredentialSetup(customer_id=ada.id, gateway="sandbox", currency="EUR"))
    key, _secret = factories.api_key()
    offered = offer_of_a_site(ada)
    values = {
        "api_key_id": key.id,
        "credential_id": kept_card.id,
        "template_id": factories.site_template(bakery.id).id,
        "template_slug": "event",
        "form_slug": factories.order_form().slug,
        "field_id": "email",
        "tax_rate_id": factories.tax_rate("19", "DE").id,
        "reconciliation_id": factories.reconciliation(payment).id,
        "product": "premium",
        "checkout_form": "spring-offer",
        "discount_code": "TEN",
        "membership": membership.reference,
        "payment": payment.reference,
        "site": bakery.slug,
        "customer_id": ada.id,
        "membership_id": membership.id,
        "membership_step": "extend",
        "payment_id": payment.id,
        "delivery_id": dead.id,
        "refund_id": back.id,
        "invoice_id": invoice.id,
        "product_id": plan.id,
        "code_id": factories.discount_code("TEN", name="Ten").id,
        "copy_id": copy.id,
        "site_id": bakery.id,
        "domain_id": domain.id,
        "site_step": "suspend",
        "page_id": about.id,
        "picture_id": bakery.pictures[0].id,
        "event_id": event.id,
        "inbound_event_id": notice().id,
        "job_id": job(operator, status=BulkStatus.DONE, done=3).id,
        "note_id": note.id,
        "view_id": kept.id,
        "declaration_id": told_us.id,
        "mail_id": letter.id,
        "user_id": colleague.id,
        "passkey_id": passkey.id,
        "session_id": session.id,
        "row_id": ada.id,
        "noun": "customers",
        "name": HOOK,
        "section": "company",
        "vendor": "hubspot",
        "kind": "password_reset",
        "locale": locale,
        "template": "business",
        "page": "contact",
        "slug": "about",
        "legal_page": page,
        "version": text.version,
        "step": "company",
        "source": "mails",
        "object_id": letter.id,
        "plan": "premium",
        "duration": 1,
        "unit": "year",
        "code": "de",
        "token": reset,
        "reference": charge.reference,
        "colours": "14664a-62c79d",
        "filename": "app.css",
        "gateway": "sandbox",
        "provisioner": "webhook",
        "addon": "nobody",
        "path": "nothing",
    }
    own = {
        "account.show_transfer": {"token": offered},
        "account.accept_transfer": {"token": offered},
        "account.decline_transfer": {"token": offered},
        "account.delete_page": {"page_id": services.id},
        "account.show_site_file": {"name": site_designs.stylesheet_name("business", "")},
        "account.show_payment": {"reference": paid.reference},
        "account.come_back_from_set_up": {"reference": added.reference},
        "account.confirm_set_up": {"reference": added.reference},
        "account.look_at_set_up": {"reference": added.reference},
        "account.show_set_up": {"reference": added.reference},
        "admin.confirm_refund": {"payment_id": paid.id},
        "admin.confirm_bulk": {"noun": "deliveries"},
        "admin.confirm_deletion": {"product_id": unsold.id},
        "admin.update_callback": {"name": HOOK},
        "auth.confirm": {"token": verify},
        "auth.show_confirmation": {"token": verify},
        "conversions.run": {"reference": paid.reference},
        "brand.logo": {"name": "none.png"},
        "brand.picture": {"name": "none.png"},
        "consumer.download_receipt": {"reference": told_us.reference},
        "consumer.show_receipt": {"reference": told_us.reference},
        "site_templates.show_file": {"name": site_designs.stylesheet_name("business", "")},
        "invoices.show_pdf": {"reference": paid.reference},
        "pay.come_back": {"reference": payment.reference},
        "pay.thank_you": {"reference": paid.reference},
        "pay.show_payment": {"reference": payment.reference},
    }
    queries = {
        "admin.confirm_bulk": f"?action=deliveries.retry&id={dead.id}",
        "admin.confirm_retries": f"?handler={rows.CRM}",
        "admin.search": "?q=ada",
    }
    stranger = factories.customer(display_name="Grace Hopper")
    bodies = {"account.create_reason": {"reason": "other"}}
    return Estate(ada, stranger, operator, values, own, queries, bodies)
