"""Who may open which door: every route of the house, for a visitor, two customers, and each role of the staff.

The network admin says at each view what it needs, so those are read off. Every other route is declared here; one that
nobody has declared fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests import estate, factories
from webapp.blueprints.access import need_of
from webapp.domain.staff import CAPABILITIES
from webapp.models import STAFF, Role
from webapp.settings import Settings


class For(Enum):
    """Whom a route is for. THEIRS: one row of a customer's, and nobody else's."""

    EVERYBODY = auto()
    SIGNED_IN = auto()
    CUSTOMERS = auto()
    THEIRS = auto()
    SYSTEMS = auto()  # others' systems, which sign what they send
    STAFF = auto()
    KEYS = auto()  # others' systems, which show a key; who is signed in is nobody there


DECLARED = {
    For.EVERYBODY: """
        api_docs.openapi api_docs.show_docs
        auth.ask_code auth.ask_for_reset auth.confirm auth.create_reset auth.create_session auth.end_session
        auth.passkey_options auth.set_new_password auth.show_confirmation auth.show_new_password auth.sign_in
        auth.sign_in_with_passkey auth.take_code
        invoices.show_pdf
        brand.logo brand.picture brand.preview brand.stylesheet
        checkout.check_field checkout.front checkout.place_order checkout.register checkout.show_summary
        checkout.keep_draft checkout.place_form_order checkout.show_form checkout.show_form_summary
        consumer.check_withdrawal consumer.create_cancellation consumer.create_withdrawal consumer.download_receipt
        consumer.new_cancellation consumer.new_withdrawal consumer.show_receipt
        cookies.choose cookies.show_settings
        language.choose legal.show_page ops.ask_about_tls ops.healthz ops.readyz
        conversions.run pay.change_email pay.come_back pay.pay pay.show_payment pay.thank_you
        paying_here.confirm paying_here.look
        sandbox.create_decision sandbox.show_page site_templates.show_file site_templates.show_page static
    """,
    For.SIGNED_IN: """
        security.add_passkey security.change_email security.change_password security.end_other_sessions
        security.end_session security.new_passkey_options security.prove security.remove_passkey security.renew_codes
        security.resend_confirmation security.resend_email_change security.set_up_two_step security.show
        security.show_email security.show_password security.show_proof security.turn_off_two_step
        security.turn_on_two_step security.undo_email_change
    """,
    For.CUSTOMERS: """
        account.confirm_deletion account.create_deletion account.export_data account.list_messages
        account.list_invoices account.list_payments account.overview
        account.create_set_up account.list_payment_methods
        account.show_data account.show_profile account.update_profile
    """,
    For.THEIRS: """
        account.confirm_cancellation account.create_cancellation account.create_reactivation account.create_reason
        account.show_membership
        account.show_message
        account.show_payment account.undo_cancellation
        account.create_change account.show_change account.withdraw_change
        account.come_back_from_set_up account.confirm_removal account.confirm_set_up account.look_at_set_up
        account.remove_payment_method account.show_set_up account.update_payment_method
        account.create_picture account.delete_picture account.list_pictures account.update_logo
        account.confirm_page_deletion account.create_page account.delete_page account.edit_page account.move_page
        account.preview_page account.preview_saved_page account.show_site account.show_site_file account.update_look
        account.confirm_picture_deletion account.confirm_archiving account.create_archiving
        account.create_restoring account.update_page account.edit_address account.update_address
        account.confirm_transfer account.create_transfer account.withdraw_transfer
        account.export_site account.confirm_import account.create_import account.new_site account.create_site
        account.accept_transfer account.decline_transfer account.show_transfer
        account.choose_template account.update_template account.bring_copy_back
        account.confirm_domain_removal account.create_domain account.create_domain_check account.delete_domain
        account.list_domains account.show_domain account.update_main_address
    """,
    For.SYSTEMS: "addon_hooks.receive_event webhooks.receive_notice webhooks.receive_site_notice",
}
AUDIENCE = {endpoint: audience for audience, names in DECLARED.items() for endpoint in names.split()}
VISITOR, OWNER, STRANGER = "visitor", "customer", "other customer"
WHO = (VISITOR, OWNER, STRANGER, *STAFF)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def audience_of(rule: Rule) -> For | None:
    by_room = {"admin": For.STAFF, "api": For.KEYS}
    return by_room.get(rule.endpoint.partition(".")[0]) or AUDIENCE.get(rule.endpoint)


def doors(app: Flask) -> Iterator[tuple[str, Rule]]:
    """Looking comes before changing, or what is looked at would be gone."""
    for method in METHODS:
        yield from ((method, rule) for rule in app.url_map.iter_rules() if method in (rule.methods or ()))


def test_every_route_is_declared(app: Flask) -> None:
    known = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert {rule.endpoint for rule in app.url_map.iter_rules() if audience_of(rule) is None} == set()
    assert set(AUDIENCE) - known == set(), "declared, and there is none"
    views = {name: view for name, view in app.view_functions.items() if name.startswith("admin.")}
    assert [name for name, view in views.items() if need_of(view) is None] == []


def test_the_table_of_doors_is_not_empty(app: Flask) -> None:
    assert len(list(doors(app))) > 150
    of_pages = [(method, rule) for method, rule in doors(app) if audience_of(rule) is not For.KEYS]
    assert {method for method, _rule in of_pages} == {"GET", "POST"}


LEADS_ON = {"account.come_back_from_set_up", "account.show_set_up"}  # to what became of it
LET_IN, TO_SIGN_IN, REFUSED, NOT_THERE = "let in", "to the sign-in", "refused", "not there"


def expected(app: Flask, rule: Rule, who: str) -> str:
    """What this person must meet at this door."""
    audience = audience_of(rule)
    if audience in (For.EVERYBODY, For.SYSTEMS):
        return LET_IN
    if audience is For.KEYS:
        return REFUSED
    if who == VISITOR:
        return TO_SIGN_IN
    if audience is For.SIGNED_IN:
        return LET_IN
    if audience in (For.CUSTOMERS, For.THEIRS):
        if who not in (OWNER, STRANGER):
            return REFUSED
        return NOT_THERE if audience is For.THEIRS and who == STRANGER else LET_IN
    able = need_of(app.view_functions[rule.endpoint]) in CAPABILITIES[Role(who)] if who in set(Role) else False
    return LET_IN if able else REFUSED


def met(status: int, location: str) -> str:
    if status == 303 and location.startswith("/login?next="):
        return TO_SIGN_IN
    return {401: REFUSED, 403: REFUSED}.get(status, LET_IN)


@pytest.mark.parametrize("who", WHO)
def test_every_door_opens_for_whom_it_should_and_for_nobody_else(app: Flask, settings: Settings, who: str) -> None:
    grounds = estate.build(app, settings)
    people = {OWNER: grounds.owner, STRANGER: grounds.stranger}
    person = people.get(who) or (factories.operator(role=Role(who)) if who != VISITOR else None)
    wrong = []
    client = app.test_client()
    for method, rule in doors(app):
        if person is not None:
            factories.signed_in(client, person)  # anew: one of the doors leads out
        staff_write = method != "GET" and audience_of(rule) is For.STAFF
        path, body = grounds.path(app, rule, nobodys=staff_write), grounds.bodies.get(rule.endpoint)
        answer = client.open(path, method=method, data=body)
        answer.close()
        found, wanted = met(answer.status_code, answer.headers.get("Location", "")), expected(app, rule, who)
        if audience_of(rule) is For.SYSTEMS:
            found = LET_IN if answer.status_code in (400, 401, 404) else f"answered {answer.status_code}"
        if wanted == NOT_THERE:
            found = NOT_THERE if answer.status_code == 404 else f"answered {answer.status_code}"
        if found != wanted or (answer.status_code >= 500 and rule.endpoint != "ops.readyz"):
            wrong.append(f"{method} {rule.rule}: {found} ({answer.status_code}), should be {wanted}")
    assert wrong == []


def test_what_is_a_customers_is_there_for_them(app: Flask, settings: Settings) -> None:
    """Or that a stranger does not find it would prove nothing."""
    grounds = estate.build(app, settings)
    client = factories.signed_in(app.test_client(), grounds.owner)
    theirs = [rule for method, rule in doors(app) if method == "GET" and audience_of(rule) is For.THEIRS]
    assert {rule.endpoint: client.get(grounds.path(app, rule)).status_code for rule in theirs} == {
        rule.endpoint: 303 if rule.endpoint in LEADS_ON else 200 for rule in theirs
    }
