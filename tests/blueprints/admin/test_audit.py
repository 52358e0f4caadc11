"""The audit log: each change by the staff leaves an entry."""

from __future__ import annotations

from typing import IO, Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests import factories
from tests.blueprints.admin import rows
from tests.blueprints.admin.test_bulk import job
from tests.blueprints.admin.test_declarations import declaration
from tests.blueprints.admin.test_inbound_events import notice
from tests.blueprints.admin.test_sites import site
from tests.conftest import Statements
from tests.looking import Look
from tests.pages import Page
from webapp import clock, hooks
from webapp.addons import Addon
from webapp.blueprints.admin import facts, log_words
from webapp.domain import (
    audit,
    domain_names,
    gateway_options,
    invoices,
    mails,
    network,
    payments,
    site_export,
    sites,
)
from webapp.extensions import db
from webapp.models import (
    ApiKey,
    AuditEntry,
    BulkItem,
    BulkStatus,
    EmailVerification,
    InboundStatus,
    Mail,
    Note,
    PaymentStatus,
    Refund,
    Role,
    SavedView,
    Site,
    SitePage,
    SiteStatus,
    Try,
    TryStatus,
    User,
)
from webapp.transactions import unit_of_work


def test_changes_are_kept_with_who_and_what_and_listed(signed_in: FlaskClient, operator: User, look: Look) -> None:
    payment = factories.payment(membership=factories.active_membership())
    [delivery] = rows.dead()
    signed_in.post(f"/admin/payments/{payment.id}/confirmation")
    signed_in.post(f"/admin/deliveries/{delivery.id}/retry")
    kept = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(one.actor, one.action, one.object_id) for one in kept] == [
        (f"operator:{operator.id}", "payments.confirm", payment.id),
        (f"operator:{operator.id}", "deliveries.retry", delivery.id),
    ]
    assert (kept[0].before, kept[0].after) == ({"status": "pending"}, {"status": "completed"})
    text = str(signed_in.get("/admin/audit").text)
    assert "Olga Peters" in text
    assert "Status: unpaid → paid" in text
    look("/admin/audit")


def test_a_refused_change_leaves_no_entry(signed_in: FlaskClient) -> None:
    payment = factories.payment(membership=factories.active_membership())
    signed_in.post(f"/admin/payments/{payment.id}/confirmation")
    signed_in.post(f"/admin/payments/{payment.id}/confirmation")
    assert len(db.session.scalars(select(AuditEntry)).all()) == 1


def test_secrets_are_masked(operator: User) -> None:
    with unit_of_work("test"):
        entry = audit.note(operator, "settings.edit", before={}, after={"api_key": "abc", "name": "x"})
    assert entry.after == {"api_key": "••••", "name": "x"}


WRITES_NOTHING = {
    "admin.preview_email_text",
    "admin.preview_look",
    "admin.preview_product",
    "admin.test_connection",
    "admin.test_gateway",
}
# Their entries: test_ways_to_pay.py, test_gateway_keys.py
NEEDS_A_VENDOR = {"admin.register_webhook", "admin.update_gateway_keys"}


def note(row: Any, author: User) -> Note:
    """Outside of the log: it is the changing that is counted."""
    facts = {"object_type": row.__tablename__, "object_id": row.id, "customer_id": row.customer_id}
    return factories.save(lambda: Note(author_id=author.id, body="Call.", **facts))


def kept_mail() -> Mail:
    with unit_of_work("test"):
        mails.send("test", to="ada@example.com", locale="en", values={"name": "Ada"})
    return db.session.scalars(select(Mail)).one()


def export_of(one: Site) -> tuple[IO[bytes], str]:
    """As a form sends a file."""
    return site_export.write(db.session.get_one(Site, one.id)), "export.zip"


def made_key() -> tuple[ApiKey, str]:
    """Outside of the log: it is the revoking that is counted."""
    return factories.api_key("products:read")


def domain(of: Site, name: str) -> int:
    with unit_of_work("test"):
        return domain_names.add(sites.locked(of.id), name, ours=()).id


def listen(type: str, payload: object) -> None: ...


def test_every_route_that_writes_leaves_an_entry(
    signed_in: FlaskClient, app: Flask, operator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new one is tried here as well, or this fails."""
    membership = factories.active_membership()
    payment = factories.payment(membership=membership)
    void, paid = factories.payment(), factories.payment(gateway="manual", status=PaymentStatus.COMPLETED)
    with unit_of_work("test"):
        invoices.issue(payments.locked(paid.id))
    [invoice] = invoices.of_payment(paid.id)
    back = {"payment_id": paid.id, "amount_minor": 100, "currency": "EUR", "by_hand": True}
    given = factories.save(lambda: Refund(**back))
    waiting = site(status=SiteStatus.FAILED)
    shown, put_away = site(slug="shown", status=SiteStatus.PUBLISHED), site(slug="away", status=SiteStatus.ARCHIVED)
    named = site(slug="named", status=SiteStatus.PUBLISHED)
    handed = site(slug="handed", status=SiteStatus.PUBLISHED)
    filled = site(slug="filled", status=SiteStatus.PUBLISHED, design="business")
    factories.save(lambda: SitePage(site_id=filled.id, title="Home"))
    looked_at, taken = (domain(named, name) for name in ("example.com", "example.org"))
    told = notice(status=InboundStatus.FAILED)
    [one, two] = rows.dead(2)
    waiting_job, ended_job = job(), job(action="sites.suspend", noun="sites", status=BulkStatus.DONE, done=1, cursor=9)
    factories.save(lambda: BulkItem(job_id=ended_job.id, object_id=waiting.id))
    hooks.add_action("wu_event", listen)
    mine = {"owner_id": operator.id, "noun": "payments", "name": "x", "query": ""}
    one_view, other_view = (factories.save(lambda: SavedView(**mine)) for _ in range(2))
    kept, gone = note(payment, operator), note(payment, operator)
    monkeypatch.setitem(app.extensions, "addons", [Addon("sample", "1")])
    declared = declaration()
    mail = kept_mail()
    asked_twice = factories.customer(email_verification=EmailVerification.PENDING)
    locked_out = factories.customer(user=factories.user(two_step_at=clock.now()))
    plan = factories.product("premium")
    other = factories.product("other")
    ten = factories.discount_code("TEN")
    facts = {"name": "Gold", "amount": "5", "duration": "1", "duration_unit": "month", "list_order": "10"}
    ben = factories.operator(role=Role.SUPPORT, two_step_at=clock.now())
    state = network.state(network.settings(), ["default_locale"])
    offered = gateway_options.state("manual")
    still_dead = rows.dead(1, handler="other")[0]
    unknown = factories.save(lambda: Try(payment_id=payment.id, number=1, gateway="sandbox", status=TryStatus.UNKNOWN))
    to_steer, to_change = factories.active_membership(), factories.active_membership(plan=plan)
    factories.product("another")
    changing = f"/admin/memberships/{to_change.id}/change"
    offer = next(
        one["fields"]["offer"]
        for one in Page(signed_in.get(f"{changing}?chosen=1&plan=another").text).forms
        if "offer" in one["fields"]
    )
    currency = network.state(network.settings(), ["currency"])
    mark = f"/admin/attention/deliveries/{still_dead.id}"
    [key, _secret] = made_key()
    own_template = factories.site_template(filled.id)
    own_form = f"/admin/checkout-forms/{factories.order_form().slug}"
    vat, a_rate = factories.tax_rate("19"), {"title": "VAT", "rate": "20", "priority": "1"}
    asked = {
        "admin.create_api_key": ("/admin/api-keys", {"name": "Shop", "scopes": "products:read"}),
        "admin.create_exchange_rate": (
            "/admin/exchange-rates",
            {"currency": "KWD", "day": "2026-01-02", "rate": "0.33"},
        ),
        "admin.create_rate_fetch": ("/admin/exchange-rates/fetches", {}),
        "admin.create_reconciliation": ("/admin/reconciliations", {}),
        "admin.create_checkout_form": (
            "/admin/checkout-forms",
            {"name": "Summer", "slug": "summer", "pattern": "single-step"},
        ),
        "admin.create_checkout_form_change": (f"{own_form}/changes", {"do": "add-step"}),
        "admin.update_checkout_field": (f"{own_form}/fields/email", {"label_en": "Mail", "audience": "always"}),
        "admin.update_checkout_form_settings": (f"{own_form}/settings", {"name": "Spring", "countries": "DE"}),
        "admin.create_checkout_form_publication": (f"{own_form}/publication", {"do": "discard"}),
        "admin.create_checkout_form_copy": (f"{own_form}/copies", {}),
        "admin.create_checkout_form_deletion": (f"{own_form}/deletion", {}),
        "admin.create_tax_rate": ("/admin/tax-rates", {"title": "VAT", "rate": "19", "priority": "1"}),
        "admin.update_tax_rate": (f"/admin/tax-rates/{vat.id}", {**a_rate, "version": "1"}),
        "admin.create_tax_rate_copy": (f"/admin/tax-rates/{vat.id}/copies", {}),
        "admin.create_tax_rate_deletion": (f"/admin/tax-rates/{vat.id}/deletion", {}),
        "admin.create_api_key_end": (f"/admin/api-keys/{key.id}/end", {}),
        "admin.create_taking": (f"{mark}/taking", {}),
        "admin.create_release": (f"{mark}/release", {}),
        "admin.update_aside": (f"{mark}/aside", {"on": "1"}),
        "admin.update_setup": ("/admin/setup/currency", {"currency": "EUR", "state": currency}),
        "admin.update_skip": ("/admin/setup/plan/skip", {"on": "1"}),
        "admin.update_digest": ("/admin/attention/digest", {"hour": "7"}),
        "admin.create_question": (f"/admin/payments/{unknown.payment_id}/question", {}),
        "admin.create_domain_check": (f"/admin/domains/{looked_at}/check", {}),
        "admin.create_domain_removal": (f"/admin/domains/{taken}/removal", {}),
        "admin.update_membership_limits": (
            f"/admin/memberships/{membership.id}/limits",
            {"limit_pages": "5", "limit_disk": "unlimited", "flags_on": "api-access", "reason": "Promised."},
        ),
        "admin.update_site_limits": (f"/admin/sites/{named.id}/limits", {"limit_pages": "5", "reason": "Promised."}),
        "admin.update_site_address": (f"/admin/sites/{named.id}/address", {"site_url": "renamed"}),
        "admin.create_site_transfer": (
            f"/admin/sites/{handed.id}/transfer",
            {"membership": f"{factories.active_membership().id}", "sure": "1"},
        ),
        "admin.create_site_import": (f"/admin/sites/{filled.id}/import", {"sure": "y", "file": export_of(filled)}),
        "admin.create_site_template": (
            "/admin/site-templates",
            {"title_en": "Ours", "list_order": "5", "file": export_of(filled)},
        ),
        "admin.create_template_of_site": (f"/admin/sites/{filled.id}/template", {"title_en": "It", "list_order": "5"}),
        "admin.update_site_template": (
            f"/admin/site-templates/{own_template.id}",
            {"title_en": "New", "list_order": "6", "active": "y", "version": f"{own_template.version}"},
        ),
        "admin.update_site_template_place": ("/admin/site-templates/places/event", {"list_order": "7"}),
        "admin.create_site_template_copy": (f"/admin/site-templates/{own_template.id}/copies", {}),
        "admin.create_site_template_deletion": (f"/admin/site-templates/{own_template.id}/deletion", {}),
        "admin.create_site": (
            f"/admin/memberships/{factories.active_membership().id}/sites",
            {"site_title": "Further", "site_url": "further"},
        ),
        "admin.create_site_step": (f"/admin/sites/{shown.id}/steps/suspend", {}),
        "admin.create_site_deletion": (f"/admin/sites/{put_away.id}/deletion", {}),
        "admin.create_step": (f"/admin/memberships/{to_steer.id}/steps/hold", {}),
        "admin.create_membership_change": (changing, {"offer": offer}),
        "admin.withdraw_membership_change": (f"{changing}/withdrawal", {}),
        "admin.create_cancellation": (f"/admin/memberships/{membership.id}/cancellation", {"at_once": "1"}),
        "admin.create_confirmation": (f"/admin/payments/{payment.id}/confirmation", {}),
        "admin.create_invoice_mail": (f"/admin/invoices/{invoice.id}/mail", {}),
        "admin.create_refund": (f"/admin/payments/{given.payment_id}/refunds", {"share": "other", "amount": "1"}),
        "admin.create_settlement": (f"/admin/payments/{given.payment_id}/refunds/{given.id}/settlement", {"sent": "1"}),
        "admin.create_refund_question": (f"/admin/payments/{given.payment_id}/refunds/{given.id}/question", {}),
        "admin.create_voiding": (f"/admin/payments/{void.id}/voiding", {}),
        "admin.create_credit": (
            f"/admin/customers/{membership.customer_id}/credit",
            {"amount": "5", "currency": "EUR", "reason": "sorry"},
        ),
        "admin.create_retry": (f"/admin/deliveries/{one.id}/retry", {}),
        "admin.create_retries": ("/admin/deliveries/retries", {"handler": two.handler, "count": "1"}),
        "admin.create_provisioning": (f"/admin/sites/{waiting.id}/provisioning", {}),
        "admin.create_bulk": (f"/admin/bulk/payments?action=export&id={payment.id}", {"count": "1"}),
        "admin.create_stop": (f"/admin/jobs/{waiting_job.id}/stop", {}),
        "admin.create_undo": (f"/admin/jobs/{ended_job.id}/undo", {}),
        "admin.create_processing": (f"/admin/inbound-events/{told.id}/processing", {}),
        "admin.create_confirmation_link": (f"/admin/customers/{asked_twice.id}/confirmation-link", {}),
        "admin.create_confirmed": (f"/admin/customers/{asked_twice.id}/confirmed", {}),
        "admin.create_email_retry": (f"/admin/emails/{mail.id}/retry", {}),
        "admin.create_test_email": ("/admin/emails/test", {}),
        "admin.update_email_text": ("/admin/emails/texts/test/en", {"subject": "Ours", "body": "Ours.", "seen": ""}),
        "admin.update_legal": ("/admin/legal/terms/en", {"body": "Ours.", "seen": "0"}),
        "admin.create_decision": (f"/admin/declarations/{declared.id}/decision", {"decision": "nothing"}),
        "admin.create_product": ("/admin/products", {**facts, "slug": "gold"}),
        "admin.update_product": (f"/admin/products/{plan.id}", {**facts, "slug": "premium", "version": "1"}),
        "admin.create_copy": (f"/admin/products/{plan.id}/copies", {}),
        "admin.update_sale": (f"/admin/products/{plan.id}/sale", {}),
        "admin.create_discount_code": ("/admin/discount-codes", {"code": "NEW", "value": "5"}),
        "admin.update_discount_code": (
            f"/admin/discount-codes/{ten.id}",
            {"code": "TEN", "value": "5", "version": "1"},
        ),
        "admin.create_code_copy": (f"/admin/discount-codes/{ten.id}/copies", {}),
        "admin.update_code_switch": (f"/admin/discount-codes/{ten.id}/switch", {"on": "0"}),
        "admin.update_picture": (f"/admin/products/{plan.id}/picture", {"remove": "1"}),
        "admin.update_place": (f"/admin/products/{other.id}/place", {"by": "-1"}),
        "admin.create_note": (f"/admin/notes/payments/{payment.id}", {"body": "Called."}),
        "admin.update_note": (f"/admin/notes/{kept.id}", {"body": "Called back.", "version": "1"}),
        "admin.delete_note": (f"/admin/notes/{gone.id}/deletion", {}),
        "admin.create_view": ("/admin/views", {"noun": "payments", "query": "status=paid", "name": "Paid"}),
        "admin.update_view": (f"/admin/views/{one_view.id}", {"name": "Mine"}),
        "admin.delete_view": (f"/admin/views/{other_view.id}/deletion", {}),
        "admin.create_customer_two_step_removal": (
            f"/admin/customers/{locked_out.id}/two-step/removal",
            {"reason": "She showed her passport."},
        ),
        "admin.create_acting": (f"/admin/customers/{membership.customer_id}/acting", {"reason": "asked to"}),
        "admin.end_acting": ("/admin/acting/end", {}),
        "admin.update_callback": ("/admin/hooks/wu_event/switch", {"subject": f"10 {__name__}:listen", "on": "0"}),
        "admin.update_add_on": ("/admin/add-ons/sample/switch", {"on": "0"}),
        "admin.create_deletion": (f"/admin/products/{other.id}/deletion", {}),
        "admin.create_colleague": ("/admin/staff", {"name": "Ben", "email": "ben@example.com", "role": "support"}),
        "admin.create_invitation": (f"/admin/staff/{ben.id}/invitation", {}),
        "admin.create_sign_out": (f"/admin/staff/{ben.id}/sessions/end", {}),
        "admin.create_two_step_removal": (f"/admin/staff/{ben.id}/two-step/removal", {}),
        "admin.update_colleague": (f"/admin/staff/{ben.id}", {"name": "Benjamin", "role": "manager"}),
        "admin.update_access": (f"/admin/staff/{ben.id}/access", {"allowed": "0"}),
        "admin.update_logo": ("/admin/settings/look/logo", {"remove": "1"}),
        "admin.update_settings": ("/admin/settings/languages", {"default_locale": "de", "state": state}),
        "admin.update_gateways": ("/admin/settings/gateways", {"off": "manual"}),
        "admin.update_gateway": ("/admin/settings/gateways/manual", {"title_en": "Wire", "state": offered}),
    }
    writing = {
        one.endpoint for one in app.url_map.iter_rules() if "POST" in one.methods and one.endpoint[:6] == "admin."
    }
    assert writing - WRITES_NOTHING - NEEDS_A_VENDOR == set(asked)
    for endpoint, (path, form) in asked.items():
        before = db.session.scalar(select(func.count()).select_from(AuditEntry)) or 0
        shown_once = endpoint == "admin.create_api_key"  # a secret goes into no cookie, so not to another page
        assert signed_in.post(path, data=form).status_code == (200 if shown_once else 303), endpoint
        db.session.rollback()
        assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == before + 1, endpoint
    assert_said(app)


def assert_said(app: Flask) -> None:
    """All that was kept is said in words."""
    with app.test_request_context():
        kept = db.session.scalars(select(AuditEntry)).all()
        unsaid = {one.action for one in kept if log_words.action(one.action) == one.action}
        unsaid |= {f"{one.object_type}.{name}" for one in kept for name in one.after if facts.label(one, name) == name}
    assert not unsaid, " ".join(sorted(unsaid))


def test_a_page_of_the_log_costs_the_same_for_one_and_for_many(
    look: Look, operator: User, statements: Statements
) -> None:
    with unit_of_work(f"operator:{operator.id}"):
        for _ in range(60):
            audit.note(operator, "settings.edit", before={}, after={"name": "x"})
    statements.clear()
    look("/admin/audit")
    assert len(statements) <= 12
