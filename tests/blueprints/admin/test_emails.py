"""What was written to people, and how it is worded: read, sent again, put in the operator's words."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.blueprints.admin import rows
from tests.conftest import Statements
from tests.integrations.mailbox import mail_server, written
from tests.looking import Look
from tests.templates.conftest import Element
from webapp.domain import mail_texts, mails
from webapp.domain.mail_kinds.kind import KINDS
from webapp.domain.mail_rendering import Source
from webapp.extensions import db
from webapp.flows import bulk as bulk_flow
from webapp.flows import mailing
from webapp.models import AuditEntry, Customer, EmailVerification, Event, Mail, MailStatus, MailText, Role, User
from webapp.transactions import unit_of_work

TEXT = "/admin/emails/texts/password_reset/en"


def write(to: str = "ada@example.com", kind: str = "password_reset", **changes: Any) -> Mail:
    values = {"name": "Ada", "link": "https://localhost/password/abc"}
    with unit_of_work("test"):
        values = {name: value for name, value in values.items() if name in KINDS[kind].names}
        mails.send(kind, **{"to": to, "locale": "en", "values": values, **changes})
    return written()[-1]


def ended(mail: Mail, status: MailStatus, error: str = "") -> Mail:
    with unit_of_work("test") as session:
        row = session.get_one(Mail, mail.id)
        row.move_to(status, reason=error)
        row.last_error = error
        if status is MailStatus.SENT:
            row.secrets = ""
    return written()[-1]


def listed(page: Element) -> list[int]:
    """The rows, by the order in which their mails were written: the first is 1."""
    order = [str(mail.id) for mail in written()]
    return [order.index(name) + 1 for name in rows.names(page)]


# -- the list --------------------------------------------------------------------------------------------------------
def test_every_mail_is_listed_with_what_became_of_it(look: Look) -> None:
    ended(write("gone@example.com"), MailStatus.FAILED, "550 no such mailbox")
    write("ada@example.com", kind="test")
    page = look("/admin/emails")
    assert listed(page) == [2, 1]
    assert "550 no such mailbox" in page.text
    assert "MAIL_URL is not set" in page.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("search=gone@example.com", [1]),
        ("search=gone@", [1]),
        ("search=test+message", [2]),
        ("search=2", [2]),
        ("status=failed", [1]),
        ("kind=test", [2]),
        ("kind=nothing", []),
    ],
)
def test_the_list_is_narrowed(look: Look, query: str, found: list[int]) -> None:
    ended(write("gone@example.com"), MailStatus.FAILED, "550")
    write("ada@example.com", kind="test")
    query = query.replace("search=2", f"search={written()[-1].id}")
    assert listed(look(f"/admin/emails?{query}")) == found


def test_a_customers_mails_are_found_by_the_customer(look: Look) -> None:
    person = factories.customer(user=factories.user(email="ada@elsewhere.example"))
    write("ada@example.com", customer_id=person.id)
    write("bob@example.com")
    assert listed(look("/admin/emails?search=ada@elsewhere")) == [1]
    assert listed(look(f"/admin/emails?customer={person.id}")) == [1]


def test_a_page_costs_the_same_for_one_and_for_many(look: Look, statements: Statements) -> None:
    for number in range(60):
        write(f"person{number}@example.com")
    statements.clear()
    look("/admin/emails")
    assert len(statements) <= 12
    statements.clear()
    look(f"/admin/emails/{written()[0].id}")
    assert len(statements) <= 12


def test_many_are_sent_at_once(signed_in: FlaskClient, operator: User) -> None:
    one = ended(write("a@example.com", kind="test"), MailStatus.KEPT)
    two = ended(write("b@example.com", kind="test"), MailStatus.DEAD, "away")
    three = ended(write("c@example.com", kind="test"), MailStatus.SENT)
    path = f"/admin/bulk/emails?action=emails.send&id={one.id}&id={two.id}&id={three.id}"
    assert "Send 3 messages now" in signed_in.get(path).text
    assert signed_in.post(path, data={"count": "3"}).status_code == 303
    bulk_flow.work_off()
    assert [str(mail.status) for mail in written()] == ["pending", "pending", "sent"]


# -- one mail --------------------------------------------------------------------------------------------------------
def test_a_mail_is_shown_in_a_frame_in_which_nothing_runs(look: Look, signed_in: FlaskClient) -> None:
    mail = write("ada@example.com", kind="test")
    page = look(f"/admin/emails/{mail.id}")
    [frame] = page.all("iframe")
    assert frame.attrs["sandbox"] == ""
    assert frame.attrs["src"] == f"/admin/emails/{mail.id}/html"
    answer = signed_in.get(str(frame.attrs["src"]))
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    assert "this message shows that Parzelle can send mail" in answer.text
    assert "frame-ancestors 'none'" in signed_in.get("/admin/emails").headers["Content-Security-Policy"]


def test_a_link_that_works_once_is_not_for_the_staff(signed_in: FlaskClient) -> None:
    mail = write()
    for path in (f"/admin/emails/{mail.id}", f"/admin/emails/{mail.id}/html"):
        assert "password/abc" not in signed_in.get(path).text
    assert "hidden link" in signed_in.get(f"/admin/emails/{mail.id}").text


@pytest.mark.parametrize(("role", "reads"), [(Role.OWNER, True), (Role.MANAGER, False), (Role.READ_ONLY, False)])
def test_where_no_mail_is_sent_an_owner_reads_the_link(client: FlaskClient, role: Role, reads: bool) -> None:
    mail = ended(write(), MailStatus.KEPT)
    factories.signed_in(client, factories.operator(role=role))
    for path in (f"/admin/emails/{mail.id}", f"/admin/emails/{mail.id}/html"):
        assert ("password/abc" in client.get(path).text) == reads


def test_a_mail_that_failed_is_sent_again(signed_in: FlaskClient) -> None:
    mail = ended(write(kind="test"), MailStatus.FAILED, "550 no such mailbox")
    assert "550 no such mailbox" in signed_in.get(f"/admin/emails/{mail.id}").text
    with mail_server() as server:
        assert signed_in.post(f"/admin/emails/{mail.id}/retry").status_code == 303
        mailing.work_off()
        assert len(server.mails) == 1
    assert "sent" in signed_in.get(f"/admin/emails/{mail.id}").text


def test_without_a_mail_server_nothing_is_offered_that_would_send_nothing(signed_in: FlaskClient) -> None:
    mail = ended(write(kind="test"), MailStatus.KEPT)
    page = signed_in.get(f"/admin/emails/{mail.id}").text
    assert ("/retry" in page, "It can be sent once MAIL_URL is set." in page) == (False, True)
    with mail_server():
        page = signed_in.get(f"/admin/emails/{mail.id}").text
    assert ("/retry" in page, "It can be sent once MAIL_URL is set." in page) == (True, False)


def test_a_link_that_was_forgotten_is_not_offered_again(signed_in: FlaskClient) -> None:
    mail = ended(write(), MailStatus.SENT)
    assert "/retry" not in signed_in.get(f"/admin/emails/{mail.id}").text
    assert signed_in.post(f"/admin/emails/{mail.id}/retry").status_code == 409


def test_a_test_message_goes_to_who_asks(signed_in: FlaskClient) -> None:
    assert signed_in.post("/admin/emails/test").status_code == 303
    [mail] = written()
    assert (mail.kind, mail.to_address) == ("test", "olga@example.com")


# -- the texts -------------------------------------------------------------------------------------------------------
def test_every_kind_is_listed_in_every_language(look: Look) -> None:
    page = look("/admin/emails/texts")
    assert len(rows.names(page)) == len(KINDS)
    links = {str(one.attrs["href"]) for one in page.all("a")}
    assert {f"/admin/emails/texts/{kind}/{locale}" for kind in KINDS for locale in ("en", "de")} <= links


def save(client: FlaskClient, body: str, *, seen: str = "", subject: str = "Own", **more: str) -> Any:
    return client.post(TEXT, data={"subject": subject, "body": body, "seen": seen, **more})


def test_a_text_is_put_in_the_operators_words(look: Look, signed_in: FlaskClient) -> None:
    page = look(TEXT)
    assert "somebody, most likely you" in page.text
    assert "{{ link }}" in page.text
    assert save(signed_in, "Hi {{ name }}, [go]({{ link }})").status_code == 303
    assert write().text.startswith("Hi Ada, go (secret-")
    assert "Text of a message changed" in look(TEXT).text
    [entry] = db.session.scalars(select(AuditEntry))
    assert entry.after["body"] == "Hi {{ name }}, [go]({{ link }})"


def test_our_text_is_used_again_when_it_is_saved(look: Look, signed_in: FlaskClient) -> None:
    save(signed_in, "Hi {{ link }}")
    page = look(f"{TEXT}?ours=1")
    assert "somebody, most likely you" in page.text
    ours = mail_texts.default("password_reset", "en")
    assert save(signed_in, ours.body, subject=ours.subject, seen="1").status_code == 303
    assert db.session.scalars(select(MailText)).all() == []


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("{{ nmae }}", "There is no placeholder {{ nmae }}"),
        ("", "Enter a text."),
        ("{{", "Line 1"),
        ("Hi", "Keep {{ link }}"),
    ],
)
def test_a_text_that_does_not_work_is_refused_with_all_that_was_typed(
    signed_in: FlaskClient, body: str, says: str
) -> None:
    answer = save(signed_in, body, subject="Kept subject")
    assert answer.status_code == 422
    assert says in answer.text
    assert "Kept subject" in answer.text
    assert db.session.scalars(select(MailText)).all() == []


def test_the_slower_of_two_sees_what_the_other_saved(signed_in: FlaskClient) -> None:
    save(signed_in, "First {{ link }}")
    answer = save(signed_in, "Second {{ link }}")
    assert answer.status_code == 409
    assert "Somebody else saved this while you were editing" in answer.text
    assert "Olga Peters" in answer.text
    assert "First {{ link }}" in answer.text
    assert "Second {{ link }}" in answer.text
    assert save(signed_in, "Second {{ link }}", seen="1").status_code == 303


def test_a_preview_shows_what_is_typed_and_writes_nothing(signed_in: FlaskClient) -> None:
    answer = signed_in.post(f"{TEXT}/preview", data={"subject": "S", "body": "**Typed** {{ name }}"})
    assert "<strong>Typed</strong> Ada Lovelace" in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("sandbox;")
    assert "somebody, most likely you" in signed_in.get(f"{TEXT}/preview").text
    failed = signed_in.post(f"{TEXT}/preview", data={"subject": "S", "body": "<b>{{ x }}"})
    assert failed.status_code == 422
    assert "There is no placeholder" in failed.text
    assert written() == []


def test_a_test_of_a_text_saves_nothing_and_goes_to_who_writes_it(signed_in: FlaskClient) -> None:
    answer = save(signed_in, "Typed {{ name }}", test="1")
    assert answer.status_code == 200
    assert "not saved yet" in answer.text
    [mail] = written()
    assert (mail.to_address, mail.subject) == ("olga@example.com", "Own")
    assert mail.text.startswith("Typed Ada Lovelace")
    assert db.session.scalars(select(MailText)).all() == []


@pytest.mark.parametrize("path", ["/admin/emails/texts/nothing/en", "/admin/emails/texts/test/xx", "/admin/emails/9"])
def test_what_there_is_not_is_not_found(signed_in: FlaskClient, path: str) -> None:
    assert signed_in.get(path).status_code == 404


def test_saving_over_a_text_that_was_reset_meanwhile_is_a_clash(signed_in: FlaskClient) -> None:
    save(signed_in, "First {{ link }}")
    with unit_of_work("test"):
        mail_texts.change(KINDS["password_reset"], "en", mail_texts.default("password_reset", "en"), version=1)
    assert save(signed_in, "Second {{ link }}", seen="1").status_code == 409
    assert mail_texts.preview(KINDS["password_reset"], "en", Source("S", "B")).text.startswith("B")


# -- addresses that are not confirmed --------------------------------------------------------------------------------
def test_the_staff_sends_the_link_again_or_knows_that_the_address_is_right(signed_in: FlaskClient) -> None:
    person = factories.customer(email_verification=EmailVerification.PENDING)
    page = f"/admin/customers/{person.id}"
    assert "The e-mail address is not confirmed yet" in signed_in.get(page).text
    assert signed_in.post(f"{page}/confirmation-link").status_code == 303
    [event] = db.session.scalars(select(Event))
    assert event.type == "email.verification_requested"
    assert signed_in.post(f"{page}/confirmed").status_code == 303
    db.session.rollback()
    assert db.session.get_one(Customer, person.id).email_verification == EmailVerification.VERIFIED
    assert "not confirmed yet" not in signed_in.get(page).text
    assert signed_in.post(f"{page}/confirmed").status_code == 409


def test_whoever_words_a_text_is_told_when_ours_has_changed_since(look: Look, signed_in: FlaskClient) -> None:
    """A link that was added to ours later is missed in theirs: they see what is new, and take it or keep their own."""
    page, listed_at = "/admin/emails/texts/invoice/en", "/admin/emails/texts"
    ours = mail_texts.default("invoice", "en")
    mine = {"subject": "Your bill", "body": ours.body.replace("here is your invoice", "here is the bill"), "seen": ""}
    assert signed_in.post(page, data=mine).status_code == 303
    assert look(page).all(id="our-text") == []
    with unit_of_work("test") as session:
        own = session.scalars(select(MailText)).one()
        own.based_on = mail_texts.fingerprint(Source("Before", "the link was there"))
        version = own.version
    told = look(page).by_id("our-text")
    assert next(one.text for one in told.all("del")) == "- Your bill"
    assert any("here is your invoice" in one.text for one in told.all("ins"))
    assert "ours has changed" in look(listed_at).by_id("texts").text
    assert signed_in.post(page, data={**mine, "seen": str(version + 1)}).status_code == 303
    assert look(page).all(id="our-text") == []
    assert "ours has changed" not in look(listed_at).by_id("texts").text
