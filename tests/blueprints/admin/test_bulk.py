"""Actions on many rows: what is chosen, the question before, the job's page, and the file of an export."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.blueprints.admin import rows
from tests.conftest import Statements, TurnedClock
from tests.looking import Look
from tests.pages import Browser
from webapp.blueprints.admin.bulk import LISTINGS
from webapp.blueprints.admin.bulk_words import WORDS
from webapp.domain.bulk_actions import ACTIONS, EXPORT
from webapp.domain.exports import SHEETS
from webapp.extensions import db
from webapp.flows import bulk as flow
from webapp.models import (
    BulkItem,
    BulkJob,
    BulkOutcome,
    BulkStatus,
    Delivery,
    InboundEvent,
    Role,
    Site,
    SiteStatus,
    User,
)

RETRY = "/admin/bulk/deliveries?action=deliveries.retry"


def job(user: User | None = None, **values: Any) -> BulkJob:
    """Of the only operator there is, if of nobody else."""
    owner = user or db.session.scalars(select(User).where(User.role == Role.OWNER)).first()
    assert owner is not None
    facts = {"action": "deliveries.retry", "noun": "deliveries", "total": 3, "options": {}, **values}
    if facts.get("status", BulkStatus.WAITING) != BulkStatus.WAITING:
        facts.setdefault("finished_at", factories.clock.now())
    return factories.save(lambda: BulkJob(user_id=owner.id, **facts))


def ids_of(job_id: int) -> list[int]:
    db.session.rollback()
    query = select(BulkItem.object_id).where(BulkItem.job_id == job_id).order_by(BulkItem.id)
    return list(db.session.scalars(query))


def last_job() -> BulkJob:
    db.session.rollback()
    return db.session.scalars(select(BulkJob).order_by(BulkJob.id.desc()).limit(1)).one()


def test_whatever_can_be_done_to_many_has_words_and_a_list() -> None:
    assert set(WORDS) == {*ACTIONS, EXPORT}
    assert {one for listing in LISTINGS.values() for one in listing.actions} == set(ACTIONS)
    assert {listing.model.__tablename__ for listing in LISTINGS.values()} == set(SHEETS)
    assert all(ACTIONS[one].model is listing.model for listing in LISTINGS.values() for one in listing.actions)


# -- choosing --------------------------------------------------------------------------------------------------------
@pytest.mark.ux("N5")
def test_each_row_has_a_box_that_names_it_and_the_bar_stands_before_the_table(look: Look) -> None:
    payment = factories.payment(membership=factories.active_membership())
    root = look("/admin/payments?status=pending")
    (box,) = root.all("input", name="id")
    assert (box.attrs["value"], box.attrs["form"]) == (str(payment.id), "bulk")
    assert box.attrs["aria-label"] == f"Select {payment.order_number}: {payment.customer.display_name}"
    order = [one.attrs["id"] for one in root.by_id("list") if one.attrs.get("id") in ("bulk", "rows")]
    assert order == ["bulk", "rows"]
    assert [one.text for one in root.by_id("bulk").all("button")] == [
        "Confirm that the money arrived …",
        "Export as CSV …",
    ]
    assert root.by_id("bulk").one("input", name="status").attrs["value"] == "pending"
    assert "bulk-all" not in [one.attrs.get("id") for one in root.all("input")]


@pytest.mark.ux("N6")
def test_the_question_says_whose_memberships_they_are(look: Look) -> None:
    customer = factories.customer(display_name="Ada Lovelace")
    membership = factories.active_membership(customer=customer, plan=factories.product(name="Premium"))
    root = look(f"/admin/bulk/memberships?action=memberships.cancel&id={membership.id}")
    assert f"{membership.id}: Premium – Ada Lovelace" in [one.text for one in root.all("li")]


def test_all_that_match_are_offered_where_the_page_holds_only_some(look: Look) -> None:
    rows.deliveries_at_once(60)
    root = look("/admin/deliveries")
    assert root.one("label", for_="bulk-all").text == "Select all 60 matching"
    rows.deliveries_at_once(1000)
    assert look("/admin/deliveries").one("label", for_="bulk-all").text == "Select all matching, more than 1,000"


@pytest.mark.parametrize(
    ("role", "offered"),
    [
        (Role.READ_ONLY, []),
        (Role.SUPPORT, ["Send again …"]),
        (Role.MANAGER, ["Send again …", "Export as CSV …"]),
    ],
)
def test_only_what_a_role_may_is_offered(client: FlaskClient, look: Look, role: Role, offered: list[str]) -> None:
    rows.dead(1)
    factories.signed_in(client, factories.operator(role=role))
    root = look("/admin/deliveries")
    assert [one.text for bar in root.all("form", id="bulk") for one in bar.all("button")] == offered
    assert bool(root.all("input", name="id")) == bool(offered)


# -- the question ----------------------------------------------------------------------------------------------------
@pytest.mark.ux("N6")
def test_the_question_says_what_how_many_which_and_what_follows(look: Look) -> None:
    dead = rows.dead(12)
    root = look(RETRY + "".join(f"&id={one.id}" for one in dead))
    assert root.one("h1").text == "Send 12 deliveries again?"
    assert [one.text for one in root.one(class_="panel narrow").all("li")] == [
        *(str(one.id) for one in reversed(dead[2:])),
        "and 2 more",
    ]
    assert "They go out at once under the same key." in root.one(class_="panel narrow").text
    keep, do = root.one(class_="dialog__actions").all("a", "button")
    assert (keep.text, "autofocus" in keep.attrs) == ("Leave them as they are", True)
    assert do.text == "Send 12 deliveries again"
    assert root.all("input", name="typed") == []


def test_nothing_that_is_selected_is_said_so(look: Look) -> None:
    rows.dead(1)
    root = look(RETRY + "&status=dead")
    assert root.one(class_="empty empty--nothing").one("h2").text == "Nothing is selected"
    assert rows.link(root, "Back to the list") == "/admin/deliveries?status=dead"


def test_what_is_chosen_becomes_a_job_in_the_order_of_the_list(browser: Browser) -> None:
    first, _second, third = rows.dead(3)
    browser.get(f"{RETRY}&id={first.id}&id={third.id}")
    page = browser.submit()
    assert page.text.count("Send 2 deliveries again") >= 1
    assert browser.url == f"/admin/jobs/{last_job().id}"
    assert ids_of(last_job().id) == [third.id, first.id]


def test_all_that_match_become_a_job_and_nothing_else_does(browser: Browser) -> None:
    rows.delivery()
    dead = rows.dead(3)
    browser.get(f"{RETRY}&status=dead&all=1")
    browser.submit()
    assert sorted(ids_of(last_job().id)) == [one.id for one in dead]
    assert last_job().options["filters"] == {"status": "dead"}


@pytest.mark.ux("N6")
def test_for_many_the_number_is_typed(browser: Browser) -> None:
    rows.dead(21)
    browser.get(f"{RETRY}&all=1")
    page = browser.submit(typed="20")
    assert browser.response.status_code == 422
    assert "Enter 21 to confirm." in page.text
    browser.submit(typed="21")
    assert last_job().total == 21


@pytest.mark.ux("N6")
def test_a_number_that_has_changed_is_asked_about_again(browser: Browser) -> None:
    rows.dead(2)
    browser.get(f"{RETRY}&all=1&status=dead")
    rows.dead(1)
    page = browser.submit()
    assert browser.response.status_code == 409
    assert "The number has changed in the meantime. Look at it again." in page.text
    assert "Send 3 deliveries again?" in page.text
    assert db.session.scalars(select(BulkJob)).all() == []


@pytest.mark.parametrize(
    ("path", "role", "status"),
    [
        ("/admin/bulk/deliveries?action=payments.confirm&id=1", Role.OWNER, 404),
        ("/admin/bulk/deliveries?action=nonsense&id=1", Role.OWNER, 404),
        ("/admin/bulk/nonsense?action=export&id=1", Role.OWNER, 404),
        ("/admin/bulk/payments?action=payments.confirm&id=1", Role.SUPPORT, 403),
        ("/admin/bulk/payments?action=export&id=1", Role.SUPPORT, 403),
        ("/admin/bulk/payments?action=export&id=x&id=99999999999999999999", Role.OWNER, 200),
    ],
)
def test_what_is_not_there_or_not_theirs_begins_nothing(
    client: FlaskClient, app: Any, path: str, role: Role, status: int
) -> None:
    factories.signed_in(client, factories.operator(role=role))
    assert client.get(path).status_code == status
    answer = client.post(path, data={"count": "1"}).status_code
    assert answer == (409 if status == 200 else status)
    assert db.session.scalars(select(BulkJob)).all() == []


def test_the_question_costs_no_more_for_many(signed_in: FlaskClient, statements: Statements) -> None:
    rows.dead(60)
    statements.clear()
    signed_in.get(f"{RETRY}&all=1")
    assert len(statements) <= 12


# -- the job ---------------------------------------------------------------------------------------------------------
def test_a_job_under_way_shows_how_far_it_is_and_looks_again_by_itself(look: Look) -> None:
    one = job(done=1, skipped=1)
    root = look(f"/admin/jobs/{one.id}")
    assert root.one("progress").attrs["value"] == "2"
    assert root.one("progress").attrs["max"] == "3"
    assert root.by_id("job").attrs["hx-trigger"] == "every 2s"
    assert "2 of 3" in root.text
    fragment = look(f"/admin/jobs/{one.id}", **{"HX-Request": "true"})
    assert fragment.all("html") == []
    assert fragment.by_id("job")


@pytest.mark.ux("N7", "M14")
def test_a_job_that_has_ended_says_what_was_done_and_what_was_not(look: Look) -> None:
    ended = job(action="sites.suspend", noun="sites", total=12, done=11, failed=1, status=BulkStatus.DONE)
    reason = {"outcome": BulkOutcome.FAILED, "name": "alpha", "reason": "It is locked by another job."}
    factories.save(lambda: BulkItem(job_id=ended.id, object_id=7, **reason))
    root = look(f"/admin/jobs/{ended.id}")
    assert "hx-trigger" not in root.by_id("job").attrs
    sentence = "11 sites suspended, 1 failed: alpha: It is locked by another job."
    assert root.one(class_="notice__title").text == sentence
    assert root.by_id("job").attrs["data-says"] == sentence
    (row,) = root.by_id("left-rows").one("tbody").all("tr")
    assert [one.text for one in row.all("th", "td")] == ["alpha", "failed", "It is locked by another job."]
    assert rows.link(root, "alpha") == "/admin/sites/7"


@pytest.mark.ux("N7")
def test_what_can_be_taken_back_is_by_one_button(browser: Browser) -> None:
    membership = factories.active_membership()
    facts = {"customer": membership.customer, "membership": membership, "title": "A site"}
    site = factories.save(lambda: Site(slug="up", status=SiteStatus.PUBLISHED, **facts))
    browser.get(f"/admin/bulk/sites?action=sites.suspend&id={site.id}")
    browser.submit()
    flow.work_off()
    assert rows.fresh(site).status == "suspended"
    page = browser.get(browser.url)
    assert "Undo: Resume 1 site" in page.buttons
    browser.submit(rows.form_of(page, "/undo"))
    flow.work_off()
    assert rows.fresh(site).status == "published"


def test_a_job_is_stopped_by_who_began_it(browser: Browser) -> None:
    one = job(done=1)
    page = browser.get(f"/admin/jobs/{one.id}")
    page = browser.submit(rows.form_of(page, "/stop"))
    assert "1 delivery sent again, 2 left alone." in page.text


def test_whoever_began_a_job_is_told_once_that_it_has_ended(look: Look, operator: User) -> None:
    ended = job(operator, done=3, status=BulkStatus.DONE)
    assert rows.link(look("/admin/customers"), "3 deliveries sent again.") == f"/admin/jobs/{ended.id}"
    look(f"/admin/jobs/{ended.id}")
    assert not rows.has_link(look("/admin/customers"), "3 deliveries sent again.")


def test_jobs_are_listed_to_who_began_them_and_to_owners(client: FlaskClient, look: Look, operator: User) -> None:
    manager = factories.operator(role=Role.MANAGER, name="Max")
    own, other = job(manager), job(operator)
    assert rows.names(look("/admin/jobs")) == [str(other.id), str(own.id)]
    factories.signed_in(client, manager)
    assert rows.names(look("/admin/jobs")) == [str(own.id)]
    look(f"/admin/jobs/{other.id}", status=404)
    look(f"/admin/jobs/{other.id}/file", status=404)


def test_a_page_of_jobs_costs_the_same_for_one_and_for_many(
    signed_in: FlaskClient, operator: User, statements: Statements
) -> None:
    rows.many(60, lambda _: job(operator))
    for path in ("/admin/jobs", f"/admin/jobs/{last_job().id}"):
        statements.clear()
        signed_in.get(path)
        assert len(statements) <= 12, path


# -- exports ---------------------------------------------------------------------------------------------------------
def test_an_export_is_a_file_for_who_made_it_and_for_owners(browser: Browser, client: FlaskClient) -> None:
    manager = factories.operator(role=Role.MANAGER)
    factories.signed_in(client, manager)
    payment = factories.payment(
        membership=factories.active_membership(customer=factories.customer(display_name="=HYPERLINK(1)"))
    )
    browser.get(f"/admin/bulk/payments?action=export&id={payment.id}")
    page = browser.submit(bom="y")
    assert browser.client.get(f"{browser.url}/file").status_code == 409
    flow.work_off()
    page = browser.get(browser.url)
    assert ("Fetch the file") in [words for _url, words in page.links]
    answer = browser.client.get(f"{browser.url}/file")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="payments-')
    assert answer.headers["Cache-Control"] == "no-store"
    header, line = answer.get_data(as_text=True).splitlines()
    assert header.startswith("\ufeffOrder number,Reference,")
    assert ",'=HYPERLINK(1)," in line
    assert ",29.99,EUR," in line

    url = f"{browser.url}/file"
    factories.signed_in(client, factories.operator(role=Role.MANAGER))
    assert client.get(url).status_code == 404
    factories.signed_in(client, factories.operator())
    assert client.get(url).status_code == 200


@pytest.mark.parametrize("noun", sorted(LISTINGS))
def test_every_list_that_offers_an_export_can_be_exported(browser: Browser, noun: str) -> None:
    membership = factories.active_membership(customer=factories.registered("ada@example.com"))
    factories.payment(membership=membership)
    facts = {"customer": membership.customer, "membership": membership}
    factories.save(lambda: Site(slug="ada", title="Ada", **facts))
    rows.delivery(membership.customer)
    told = {"gateway": "sandbox", "external_id": "evt_1", "type": "charge.succeeded", "payload": {}}
    factories.save(lambda: InboundEvent(**told))
    browser.get(f"/admin/bulk/{noun}?action=export&all=1")
    browser.submit()
    flow.work_off()
    text = browser.client.get(f"{browser.url}/file").get_data(as_text=True)
    assert len(text.splitlines()) >= 2


def test_a_file_that_is_too_old_is_gone(browser: Browser, clock: TurnedClock, operator: User) -> None:
    ended = job(operator, action="export", noun="payments", status=BulkStatus.DONE, done=1, total=1)
    clock.tick(days=7, seconds=1)
    assert browser.client.get(f"/admin/jobs/{ended.id}/file").status_code == 410
    assert "This file was kept for a week. Make the export again." in browser.get(f"/admin/jobs/{ended.id}").text


def test_retrying_by_the_list_changes_the_rows(browser: Browser) -> None:
    [dead] = rows.dead(1)
    browser.get(f"{RETRY}&id={dead.id}")
    browser.submit()
    flow.work_off()
    assert db.session.get_one(Delivery, dead.id, populate_existing=True).status == "pending"
