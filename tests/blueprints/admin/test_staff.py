"""The staff: invited, given a role, let out and in again; never by themselves, and never without an owner left."""

from __future__ import annotations

import contextvars
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.blueprints.admin import rows
from tests.conftest import Statements
from tests.looking import Look
from tests.pages import Browser
from webapp import clock
from webapp.blueprints.admin import staff_words
from webapp.domain import colleagues, network
from webapp.domain.sessions import Origin
from webapp.domain.staff import Capability
from webapp.errors import Conflict, NotFound
from webapp.extensions import db
from webapp.models import STAFF, AuditEntry, Mail, Role, SecurityEvent, TotpSecret, User
from webapp.transactions import unit_of_work

HERE = Origin("203.0.113.0", "Firefox")
BEN = {"name": "Ben Other", "email": "ben@example.com", "role": "support"}


def person(email: str = "ben@example.com") -> User:
    db.session.rollback()
    return db.session.scalars(select(User).where(User.email == email)).one()


def link_on(page: Any) -> str:
    found = re.search(r"http://localhost(/password/[\w-]+)", page.text)
    assert found is not None
    return found[1]


def invite(browser: Browser, **values: str) -> Any:
    browser.get("/admin/staff/new")
    return browser.submit(rows.form_of(browser.page, "/admin/staff"), **{**BEN, **values})


def sign_in(client: FlaskClient, email: str, password: str) -> int:
    answer = client.post("/login", data={"email_address": email, "password": password})
    return answer.status_code


def test_a_colleague_is_invited_by_mail_and_signs_in_with_their_role(browser: Browser, app: Flask) -> None:
    page = invite(browser)
    assert "The invitation is on its way." in page.text
    path = link_on(page)
    assert path not in browser.get(f"/admin/staff/{person().id}").text  # shown once
    mail = db.session.scalars(select(Mail)).one()
    assert (mail.kind, mail.to_address, mail.user_id) == ("staff_invitation", "ben@example.com", person().id)
    assert path.rpartition("/")[2] not in mail.text
    ben = app.test_client()
    assert ben.post(path, data={"new_password": factories.PASSWORD}).status_code == 303
    assert sign_in(ben, "ben@example.com", factories.PASSWORD) == 303
    assert ben.get("/admin/customers").status_code == 200
    assert ben.get("/admin/staff").status_code == 200
    assert ben.post("/admin/staff", data=BEN).status_code == 403
    assert ben.get(path).status_code == 410


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ({"name": " "}, "name"),
        ({"email": "ben"}, "email"),
        ({"email": "OLGA@example.com"}, "email"),
        ({"email": "buyer@example.com"}, "email"),
        ({"role": "customer"}, "role"),
        ({"role": "king"}, "role"),
    ],
)
def test_who_cannot_be_invited_is_said_beside_the_field(browser: Browser, typed: dict[str, str], place: str) -> None:
    factories.customer(user=factories.user(email="buyer@example.com"))
    page = invite(browser, **typed)
    assert browser.response.status_code == 422
    assert f'href="#{place}"' in page.html
    assert page.fields["name"] == typed.get("name", "Ben Other")
    assert db.session.scalars(select(Mail)).all() == []


def test_an_invitation_sent_again_ends_the_one_before(browser: Browser, client: FlaskClient) -> None:
    first = link_on(invite(browser))
    page = browser.submit(rows.form_of(browser.page, "/invitation"))
    second = link_on(page)
    assert [client.get(one).status_code for one in (first, second)] == [410, 200]


def test_the_list_and_the_page_of_roles_are_read_by_all_staff(client: FlaskClient, operator: User, look: Look) -> None:
    factories.operator(name="Ben Other", email="ben@example.com", role=Role.SUPPORT, disabled_at=clock.now())
    text = look("/admin/staff").text
    for words in ("Olga Peters", "Ben Other", "Support", "no access"):
        assert words in text
    root = look("/admin/staff/roles")
    rights = root.by_id("roles").all("tr")[1:]
    assert len(rights) == len(Capability)
    assert "Payments: confirm yes yes –no –no" in [one.text for one in rights]
    reader = factories.signed_in(client, factories.operator(role=Role.READ_ONLY))
    page = reader.get(f"/admin/staff/{operator.id}").text
    assert 'action="/admin/staff/' not in page


def test_every_right_and_role_has_words() -> None:
    pairs = [one.value.split(".") for one in Capability]
    assert {noun for noun, _verb in pairs} <= set(staff_words.NOUNS)
    assert {verb for _noun, verb in pairs} <= set(staff_words.VERBS)
    assert set(staff_words.ROLES) == set(staff_words.ABOUT) == set(STAFF)


def test_a_change_of_role_holds_from_the_next_page_on(browser: Browser, app: Flask, look: Look) -> None:
    ben = factories.operator(email="ben@example.com", name="Ben", role=Role.OWNER)
    his = factories.signed_in(app.test_client(), ben)
    assert his.get("/admin/staff/new").status_code == 200
    browser.get(f"/admin/staff/{ben.id}")
    page = browser.submit(rows.form_of(browser.page, f"/admin/staff/{ben.id}"), name="Benjamin", role="read-only")
    assert "Changes saved." in page.text
    assert (person().name, person().role) == ("Benjamin", Role.READ_ONLY)
    assert his.get("/admin/staff/new").status_code == 403
    assert "Role: Owner → Read-only" in look(f"/admin/staff/{ben.id}").text


def test_who_has_no_access_is_out_at_once_and_no_way_in_works(
    browser: Browser, app: Flask, client: FlaskClient
) -> None:
    invite(browser, email="new@example.com")
    waiting = link_on(browser.page)
    ben = factories.operator(email="ben@example.com", role=Role.MANAGER, last_login_at=clock.now())
    his = factories.signed_in(app.test_client(), ben)
    for who in (ben, person("new@example.com")):
        browser.get(f"/admin/staff/{who.id}")
        page = browser.submit(rows.form_of(browser.page, "/access"))
        assert "They are signed out and cannot sign in any more." in page.text
    assert his.get("/admin/customers").headers["Location"].startswith("/login")
    assert sign_in(app.test_client(), "ben@example.com", factories.PASSWORD) == 422
    assert app.test_client().get(waiting).status_code == 410
    browser.get(f"/admin/staff/{ben.id}")
    page = browser.submit(rows.form_of(browser.page, "/access"))
    assert "They may sign in again." in page.text
    assert sign_in(app.test_client(), "ben@example.com", factories.PASSWORD) == 303
    assert his.get("/admin/customers").status_code == 303  # the session that was ended stays so


def test_a_session_of_somebody_disabled_is_worth_nothing_even_if_it_is_left_open(app: Flask) -> None:
    ben = factories.operator(disabled_at=clock.now())
    assert factories.signed_in(app.test_client(), ben).get("/admin/customers").status_code == 303


def test_a_colleague_is_signed_out_everywhere(browser: Browser, app: Flask) -> None:
    ben = factories.operator(email="ben@example.com")
    his = factories.signed_in(app.test_client(), ben)
    browser.get(f"/admin/staff/{ben.id}")
    browser.submit(rows.form_of(browser.page, "/sessions/end"))
    assert his.get("/admin/customers").status_code == 303
    assert sign_in(his, "ben@example.com", factories.PASSWORD) == 303


def test_two_step_sign_in_is_removed_by_an_owner_who_has_been_asked(browser: Browser) -> None:
    ben = factories.operator(email="ben@example.com", two_step_at=clock.now())
    factories.save(lambda: TotpSecret(user_id=ben.id, secret="x", last_step=1))
    browser.get(f"/admin/staff/{ben.id}/two-step/removal")
    assert "only when you know that it is really them" in browser.page.text
    page = browser.submit(rows.form_of(browser.page, "/two-step/removal"))
    assert "Their two-step sign-in is removed." in page.text
    assert person().two_step_at is None
    assert db.session.scalars(select(TotpSecret)).all() == []
    assert db.session.scalars(select(SecurityEvent.kind)).all() == ["two_step_removed"]
    assert db.session.scalars(select(Mail.kind)).all() == ["sign_in_changed"]


def test_what_changes_who_is_let_in_asks_for_the_password_again(left_open: FlaskClient) -> None:
    ben = factories.operator()
    for path in ("/admin/staff/new", f"/admin/staff/{ben.id}/access"):
        answer = left_open.open(path, method="GET" if path.endswith("new") else "POST")
        assert answer.headers["Location"].startswith("/account/security/proof?next=/admin/staff/")
    assert rows.fresh(ben).disabled_at is None


# -- who may not -----------------------------------------------------------------------------------------------------
def test_nobody_changes_their_own_role_or_access(signed_in: FlaskClient, operator: User) -> None:
    factories.operator()
    path = f"/admin/staff/{operator.id}"
    assert signed_in.post(path, data={"name": "Olga", "role": "manager"}).status_code == 409
    assert signed_in.post(f"{path}/access", data={"allowed": "0"}).status_code == 409
    assert signed_in.post(f"{path}/two-step/removal").status_code == 409
    assert (rows.fresh(operator).role, operator.disabled_at) == (Role.OWNER, None)
    assert signed_in.post(path, data={"name": "Olga P.", "role": "owner"}).status_code == 303


@pytest.mark.parametrize("role", [Role.MANAGER, Role.SUPPORT, Role.READ_ONLY])
def test_who_is_no_owner_raises_nobody(client: FlaskClient, app: Flask, role: Role) -> None:
    who = factories.operator(role=role)
    factories.signed_in(client, who)
    other = factories.operator(role=Role.READ_ONLY)
    for one in (who, other):
        assert client.post(f"/admin/staff/{one.id}", data={"name": "X", "role": "owner"}).status_code == 403
    with unit_of_work("test"), pytest.raises(Conflict, match="no longer an owner"):
        colleagues.change(other.id, name="X", role=Role.OWNER, by=who.id)


def test_customers_are_no_staff(signed_in: FlaskClient) -> None:
    buyer = factories.customer().user
    for path in ("", "/access", "/sessions/end", "/two-step/removal", "/invitation"):
        form = {"name": "X", "role": "owner"}
        assert signed_in.post(f"/admin/staff/{buyer.id}{path}", data=form).status_code == 404
    assert signed_in.get(f"/admin/staff/{buyer.id}").status_code == 404
    assert rows.fresh(buyer).role == Role.CUSTOMER


def test_of_owners_who_take_each_others_role_at_once_one_is_left(app: Flask) -> None:
    owners = [factories.operator().id for _ in range(4)]
    others = dict(zip(owners, owners[1:] + owners[:1], strict=True))

    def demote(by: int) -> bool:
        with app.app_context():
            try:
                with unit_of_work(f"operator:{by}"):
                    colleagues.change(others[by], name="X", role=Role.SUPPORT, by=by)
            except Conflict:
                return False
            return True

    db.session.rollback()
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda by: contextvars.Context().run(demote, by), owners))
    db.session.rollback()
    left = db.session.scalars(select(User.id).where(User.role == Role.OWNER)).all()
    assert len(left) >= 1
    assert len(left) == 4 - sum(done)


def test_a_refused_change_is_told_and_leaves_no_entry(signed_in: FlaskClient, operator: User) -> None:
    answer = signed_in.post(f"/admin/staff/{operator.id}/access", data={"allowed": "0"})
    assert "Nobody takes away their own access. Another owner can." in answer.text
    assert db.session.scalars(select(AuditEntry)).all() == []


def test_who_does_not_exist_is_not_found(app: Flask, operator: User) -> None:
    with unit_of_work("test"), pytest.raises(NotFound):
        colleagues.end_sessions(operator.id + 999, by=operator.id, where=HERE)


def test_the_list_costs_the_same_for_few_and_many(look: Look, statements: Statements) -> None:
    for _ in range(20):
        factories.operator()
    network.settings()
    statements.clear()
    look("/admin/staff")
    assert len(statements) <= 12
