"""What each role of the staff may open: every route of the admin, by what it says that it needs."""

from __future__ import annotations

import itertools
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import factories
from tests.blueprints.admin import rows
from tests.blueprints.admin.test_guards import routes
from webapp.blueprints import access
from webapp.domain.staff import CAPABILITIES, Capability, may
from webapp.models import STAFF, MembershipStatus, PaymentStatus, Role

WRITES = {
    "admin.update_gateways": Capability.SETTINGS_EDIT,
    "admin.update_gateway": Capability.SETTINGS_EDIT,
    "admin.update_gateway_keys": Capability.SETTINGS_EDIT,
    "admin.test_gateway": Capability.SETTINGS_EDIT,
    "admin.register_webhook": Capability.SETTINGS_EDIT,
    "admin.create_api_key": Capability.API_KEYS_EDIT,
    "admin.create_api_key_end": Capability.API_KEYS_EDIT,
    "admin.create_exchange_rate": Capability.SETTINGS_EDIT,
    "admin.create_rate_fetch": Capability.SETTINGS_EDIT,
    "admin.create_reconciliation": Capability.NOTICES_PROCESS,
    "admin.create_site_template": Capability.PRODUCTS_EDIT,
    "admin.create_template_of_site": Capability.PRODUCTS_EDIT,
    "admin.update_site_template": Capability.PRODUCTS_EDIT,
    "admin.update_site_template_place": Capability.PRODUCTS_EDIT,
    "admin.create_site_template_copy": Capability.PRODUCTS_EDIT,
    "admin.create_site_template_deletion": Capability.PRODUCTS_EDIT,
    "admin.create_checkout_form": Capability.SETTINGS_EDIT,
    "admin.create_checkout_form_change": Capability.SETTINGS_EDIT,
    "admin.update_checkout_field": Capability.SETTINGS_EDIT,
    "admin.update_checkout_form_settings": Capability.SETTINGS_EDIT,
    "admin.create_checkout_form_publication": Capability.SETTINGS_EDIT,
    "admin.create_checkout_form_copy": Capability.SETTINGS_EDIT,
    "admin.create_checkout_form_deletion": Capability.SETTINGS_EDIT,
    "admin.create_tax_rate": Capability.SETTINGS_EDIT,
    "admin.update_tax_rate": Capability.SETTINGS_EDIT,
    "admin.create_tax_rate_copy": Capability.SETTINGS_EDIT,
    "admin.create_tax_rate_deletion": Capability.SETTINGS_EDIT,
    "admin.create_colleague": Capability.STAFF_EDIT,
    "admin.create_invitation": Capability.STAFF_EDIT,
    "admin.create_sign_out": Capability.STAFF_EDIT,
    "admin.create_two_step_removal": Capability.STAFF_EDIT,
    "admin.update_access": Capability.STAFF_EDIT,
    "admin.update_colleague": Capability.STAFF_EDIT,
    "admin.create_release": Capability.ATTENTION_TAKE,
    "admin.create_taking": Capability.ATTENTION_TAKE,
    "admin.update_aside": Capability.ATTENTION_TAKE,
    "admin.update_digest": Capability.ATTENTION_VIEW,
    "admin.update_setup": Capability.SETTINGS_EDIT,
    "admin.update_skip": Capability.SETTINGS_EDIT,
    "admin.create_question": Capability.NOTICES_PROCESS,
    "admin.create_bulk": Capability.JOBS_START,
    "admin.create_cancellation": Capability.MEMBERSHIPS_CANCEL,
    "admin.create_step": Capability.MEMBERSHIPS_STEER,
    "admin.update_membership_limits": Capability.MEMBERSHIPS_STEER,
    "admin.update_site_limits": Capability.SITES_EDIT,
    "admin.update_site_address": Capability.SITES_EDIT,
    "admin.create_domain_check": Capability.SITES_PROVISION,
    "admin.create_domain_removal": Capability.SITES_EDIT,
    "admin.create_site_transfer": Capability.SITES_TRANSFER,
    "admin.create_site_import": Capability.SITES_EDIT,
    "admin.create_site": Capability.SITES_EDIT,
    "admin.create_site_step": Capability.SITES_SUSPEND,
    "admin.create_site_deletion": Capability.SITES_DELETE,
    "admin.create_membership_change": Capability.MEMBERSHIPS_STEER,
    "admin.withdraw_membership_change": Capability.MEMBERSHIPS_STEER,
    "admin.create_confirmation": Capability.PAYMENTS_CONFIRM,
    "admin.create_copy": Capability.PRODUCTS_EDIT,
    "admin.create_confirmation_link": Capability.CUSTOMERS_CONFIRM,
    "admin.create_confirmed": Capability.CUSTOMERS_CONFIRM,
    "admin.create_email_retry": Capability.EMAILS_SEND,
    "admin.create_test_email": Capability.EMAILS_SEND,
    "admin.preview_email_text": Capability.EMAILS_EDIT,
    "admin.update_email_text": Capability.EMAILS_EDIT,
    "admin.update_legal": Capability.LEGAL_EDIT,
    "admin.create_decision": Capability.DECLARATIONS_DECIDE,
    "admin.create_deletion": Capability.PRODUCTS_EDIT,
    "admin.create_note": Capability.NOTES_WRITE,
    "admin.update_note": Capability.NOTES_WRITE,
    "admin.delete_note": Capability.NOTES_WRITE,
    "admin.create_view": Capability.VIEWS_SAVE,
    "admin.update_view": Capability.VIEWS_SAVE,
    "admin.delete_view": Capability.VIEWS_SAVE,
    "admin.create_customer_two_step_removal": Capability.CUSTOMERS_LET_IN,
    "admin.create_acting": Capability.CUSTOMERS_ACT_AS,
    "admin.end_acting": Capability.CUSTOMERS_ACT_AS,
    "admin.create_product": Capability.PRODUCTS_EDIT,
    "admin.create_processing": Capability.NOTICES_PROCESS,
    "admin.create_provisioning": Capability.SITES_PROVISION,
    "admin.create_invoice_mail": Capability.EMAILS_SEND,
    "admin.create_credit": Capability.CUSTOMERS_CREDIT,
    "admin.create_refund": Capability.PAYMENTS_REFUND,
    "admin.create_refund_question": Capability.NOTICES_PROCESS,
    "admin.create_settlement": Capability.PAYMENTS_REFUND,
    "admin.create_voiding": Capability.PAYMENTS_REFUND,
    "admin.create_retries": Capability.DELIVERIES_RETRY,
    "admin.create_retry": Capability.DELIVERIES_RETRY,
    "admin.create_stop": Capability.JOBS_START,
    "admin.create_undo": Capability.JOBS_START,
    "admin.update_add_on": Capability.HOOKS_SWITCH,
    "admin.update_callback": Capability.HOOKS_SWITCH,
    "admin.preview_look": Capability.SETTINGS_EDIT,
    "admin.preview_product": Capability.PRODUCTS_EDIT,
    "admin.test_connection": Capability.SETTINGS_EDIT,
    "admin.update_logo": Capability.SETTINGS_EDIT,
    "admin.create_code_copy": Capability.DISCOUNT_CODES_EDIT,
    "admin.create_discount_code": Capability.DISCOUNT_CODES_EDIT,
    "admin.update_code_switch": Capability.DISCOUNT_CODES_EDIT,
    "admin.update_discount_code": Capability.DISCOUNT_CODES_EDIT,
    "admin.update_picture": Capability.PRODUCTS_EDIT,
    "admin.update_place": Capability.PRODUCTS_EDIT,
    "admin.update_product": Capability.PRODUCTS_EDIT,
    "admin.update_sale": Capability.PRODUCTS_EDIT,
    "admin.update_settings": Capability.SETTINGS_EDIT,
}


def test_every_view_of_the_admin_says_what_it_needs(app: Flask) -> None:
    views = {name: view for name, view in app.view_functions.items() if name.startswith("admin.")}
    assert [name for name, view in views.items() if getattr(view, "needs", None) not in set(Capability)] == []


def test_every_view_that_writes_is_declared_here(app: Flask) -> None:
    """Looking must not be enough to change something; a new one is added to the table above."""
    found = {
        rule.endpoint: access.need_of(app.view_functions[rule.endpoint])
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("admin.") and "POST" in (rule.methods or ())
    }
    assert found == WRITES


@pytest.mark.parametrize("role", STAFF)
def test_a_role_is_let_in_where_it_may_and_nowhere_else(app: Flask, client: FlaskClient, role: Role) -> None:
    """No row has the id 1: whether one is there is not told to those who may not look."""
    factories.signed_in(client, factories.operator(role=role))
    for method, path in routes(app):
        with app.test_request_context(path, method=method) as context:
            needs = access.need_of(app.view_functions[context.request.endpoint or ""])
        answer = client.open(path, method=method).status_code
        assert (answer == 403) == (needs not in CAPABILITIES[role]), (role, method, path, answer)


def test_nobody_may_anything_without_a_role_of_the_staff(app: Flask) -> None:
    assert not any(may(factories.user(), one) for one in Capability)
    assert all(may(factories.operator(), one) for one in Capability)


def test_each_role_may_all_that_the_one_below_it_may() -> None:
    order = (Role.CUSTOMER, Role.READ_ONLY, Role.SUPPORT, Role.MANAGER, Role.OWNER)
    assert all(CAPABILITIES[low] <= CAPABILITIES[high] for low, high in itertools.pairwise(order))


def test_who_only_looks_sees_no_button_and_changes_nothing(client: FlaskClient) -> None:
    factories.signed_in(client, factories.operator(role=Role.READ_ONLY))
    membership = factories.active_membership()
    payment = factories.payment(membership=membership)
    [delivery] = rows.dead()
    for path in (
        f"/admin/memberships/{membership.id}",
        f"/admin/payments/{payment.id}",
        f"/admin/deliveries/{delivery.id}",
    ):
        writing = re.findall(r'<form method="post" action="(/admin/[^"]*)"', client.get(path).text)
        assert writing == [], path
    refused = client.post(f"/admin/memberships/{membership.id}/cancellation", data={"at_once": "1"})
    assert (refused.status_code, "You do not have access to this page" in refused.text) == (403, True)
    assert client.post(f"/admin/payments/{payment.id}/confirmation").status_code == 403
    assert rows.fresh(membership).status == MembershipStatus.ACTIVE
    assert rows.fresh(payment).status == PaymentStatus.PENDING
