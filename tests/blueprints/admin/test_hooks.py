"""The hook inspector: what every hook does, the same whichever process answers, and the switches."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.addons import work_off
from tests.blueprints.admin import rows
from tests.conftest import Statements
from tests.looking import Look
from tests.pages import Browser
from tests.waiting import in_context
from webapp import addons, hooks
from webapp.addons import Addon
from webapp.domain import hook_figures, hook_switches
from webapp.extensions import db
from webapp.flows import watching
from webapp.gateways import gateways
from webapp.models import AuditEntry, Customer, Delivery, DeliveryStatus, HookFigure
from webapp.transactions import unit_of_work

HOOK = "wu_customer_post_create"
heard: list[int] = []


def arrive() -> Customer:
    """Somebody new, and everybody who listens is told."""
    customer = factories.customer()
    with unit_of_work("test"):
        hooks.do_action(HOOK, customer)
    return customer


def hear(customer: Customer) -> None:
    heard.append(customer.id)


def stumble(customer: Customer) -> None:
    raise RuntimeError("the shelf is empty")


def tell(customer: Customer) -> None:
    heard.append(customer.id)


@pytest.fixture(autouse=True)
def silence(app: Flask) -> None:
    """Nothing counted before, nothing heard."""
    heard.clear()
    hook_figures.Gathered().collect()


@pytest.fixture
def write(app: Flask) -> Callable[[], None]:
    """What each process does every few seconds."""
    return watching.Watch(app).round


def figure(callback: str = "") -> HookFigure:
    db.session.rollback()
    found = select(HookFigure).where(HookFigure.hook == HOOK, HookFigure.callback.endswith(callback or ""))
    return db.session.scalars(found.where(HookFigure.callback != "") if callback else found).first() or HookFigure()


def test_every_declared_hook_is_listed_with_its_meaning(look: Look) -> None:
    root = look("/admin/hooks")
    listed = {one.text.split()[0] for one in root.all("th", scope="row")}
    assert listed == {hook.name for _kind, hook in hooks.registry.hooks()}
    assert "A customer was recorded." in root.text
    assert rows.count(root) == f"{len(listed)} of {len(listed)} hooks"


def test_our_meanings_are_in_the_readers_language_and_an_add_ons_as_it_wrote_them(look: Look) -> None:
    hooks.declare_action("acme_points_given", args=("points",), when="Points were given.")
    german = {"Accept-Language": "de"}
    listed = look("/admin/hooks", **german)
    assert "Ein Kunde wurde angelegt." in listed.text
    assert "Das Ereignis customer.created wurde festgehalten." in listed.text
    assert [one.text for one in listed.one("main").all("span", lang="en")] == ["Points were given."]
    assert "Ein Kunde wurde angelegt." in look(f"/admin/hooks/{HOOK}", **german).text


def test_it_is_narrowed_by_a_part_of_the_name_and_by_who_listens(look: Look) -> None:
    hooks.add_action(HOOK, hear)
    names = [one.text.split()[0] for one in look("/admin/hooks?search=CUSTOMER_POST").all("th", scope="row")]
    assert names == [HOOK, "wu_customer_post_update"]
    listened = [one.text.split()[0] for one in look("/admin/hooks?which=listened").all("th", scope="row")]
    assert HOOK in listened
    assert "wu_domain_ssl_verified" not in listened
    assert look("/admin/hooks?search=nothing").by_id("list").one("h2").text == "No match"


def test_a_hook_shows_who_listens_in_their_order(look: Look) -> None:
    hooks.remove_all_actions(HOOK)
    hooks.add_action(HOOK, hear, priority=20)
    hooks.add_action(HOOK, stumble, priority=5)
    hooks.add_action(HOOK, tell, background=True)
    root = look(f"/admin/hooks/{HOOK}")
    cells = [[cell.text for cell in row.all("th", "td")] for row in root.by_id("listener-rows").all("tr")[1:]]
    assert [row[0].split()[0] for row in cells] == ["stumble", "tell", "hear"]
    assert [row[1] for row in cells] == ["5", "10", "20"]
    assert [row[3] for row in cells] == ["in the foreground", "in the background", "in the foreground"]
    assert cells[0][2] == "the product"


def test_calls_times_and_the_last_error_are_those_of_all_processes(look: Look, write: Callable[[], None]) -> None:
    """Two processes are two of what gathers: each adds what it counted."""
    hooks.add_action(HOOK, hear)
    hooks.add_action(HOOK, stumble)
    arrive()
    write()
    arrive()
    write()
    assert (figure("hear").calls, figure("hear").errors, figure("hear").timed) == (2, 0, 2)
    assert (figure("stumble").calls, figure("stumble").errors) == (2, 2)
    assert 0 < figure("hear").worst <= figure("hear").microseconds
    assert figure().calls == 2
    root = look(f"/admin/hooks/{HOOK}")
    assert "the shelf is empty" in root.one("pre").text
    assert "Traceback" in root.one("pre").text


def test_nothing_new_is_nothing_to_write(app: Flask, write: Callable[[], None], statements: Statements) -> None:
    write()
    assert [one for one in statements if not one.startswith("SELECT")] == []


def test_what_could_not_be_written_waits_for_the_next_time(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    hooks.add_action(HOOK, hear)
    arrive()
    watch = watching.Watch(app)
    with monkeypatch.context() as patch:
        patch.setattr(watch.gathered, "write", lambda session: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            watch.write()
    arrive()
    watch.round()
    assert figure("hear").calls == 2


def test_a_turn_that_fails_does_not_end_the_watch(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    watch = watching.Watch(app)
    monkeypatch.setattr(watch.gathered, "collect", lambda: 1 / 0)
    watch.round()
    assert [one.msg for one in caplog.records] == ["watch.failed"]


def test_the_first_request_begins_the_watch_and_writes_nothing(
    app: Flask, monkeypatch: pytest.MonkeyPatch, statements: Statements
) -> None:
    watch = watching.Watch(app)
    monkeypatch.setattr(watching, "EVERY", 60.0)
    watch.begin()
    assert [one.split()[0] for one in statements] == ["SELECT"]
    watch.begin()
    assert len(statements) == 1
    watch.stop.set()


def test_a_sale_writes_no_figure(app: Flask, statements: Statements) -> None:
    hooks.add_action(HOOK, hear)
    arrive()
    assert [one for one in statements if "hook_figures" in one or "hook_switches" in one] == []


def test_what_a_worker_calls_is_counted_where_it_is_called(app: Flask, write: Callable[[], None]) -> None:
    hooks.add_action(HOOK, tell, background=True)
    hooks.add_action(HOOK, stumble, background=True)
    customer = arrive()
    write()
    assert figure("tell").id is None
    work_off(app, __name__)
    write()
    assert heard == [customer.id]
    assert (figure("tell").calls, figure("tell").errors) == (1, 0)
    assert (figure("stumble").calls, figure("stumble").errors) == (1, 1)
    assert "the shelf is empty" in figure("stumble").last_error


# -- switches --------------------------------------------------------------------------------------------------
def switch(browser: Browser, name: str) -> None:
    """Press what the page shows for this callback."""
    page = browser.get(f"/admin/hooks/{HOOK}")
    (place,) = [index for index, form in enumerate(page.forms) if name in form["fields"].get("subject", "")]
    browser.submit(place)


def test_a_callback_that_is_switched_off_is_not_called_until_it_is_on_again(browser: Browser) -> None:
    hooks.add_action(HOOK, hear)
    switch(browser, ":hear")
    assert "The callback is no longer called." in browser.page.text
    arrive()
    assert heard == []
    switch(browser, ":hear")
    arrive()
    assert len(heard) == 1
    kept = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(one.action, one.after["on"]) for one in kept] == [("hooks.switch", False), ("hooks.switch", True)]


def test_another_process_holds_to_it_from_its_next_look(app: Flask, write: Callable[[], None]) -> None:
    hooks.add_action(HOOK, hear)
    (callback,) = [one for one in hooks.registry.actions[HOOK].callbacks if one.function is hear]
    with unit_of_work("test"):
        hook_switches.turn(hook_switches.of_callback(hooks.registry.actions[HOOK], callback), on=False)
    assert not callback.off
    write()
    assert callback.off


def test_of_two_who_switch_it_first_at_once_the_second_finds_it_done(app: Flask) -> None:
    subject = hook_switches.of_addon("shop")

    def switch() -> None:
        with unit_of_work("operator:2"):
            hook_switches.turn(subject, on=False)

    with ThreadPoolExecutor(1) as thread:
        with unit_of_work("operator:1"):
            hook_switches.turn(subject, on=False)
            second = thread.submit(in_context(app, switch))
            assert wait([second], 0.3).not_done == {second}
        second.result(20)
    assert hook_switches.switched_off(db.session()) == {subject}
    assert db.session.scalars(select(AuditEntry.actor)).all() == ["operator:1"]


def test_what_waits_for_a_worker_waits_while_its_callback_is_off(app: Flask, browser: Browser, clock: Any) -> None:
    hooks.add_action(HOOK, tell, background=True)
    arrive()
    switch(browser, ":tell")
    work_off(app, __name__)
    waiting = db.session.scalars(select(Delivery).where(Delivery.handler == __name__)).one()
    assert (heard, waiting.status, waiting.attempts_made) == ([], DeliveryStatus.PENDING, 0)
    switch(browser, ":tell")
    clock.tick(seconds=120)
    work_off(app, __name__)
    assert len(heard) == 1


def test_a_filter_that_is_switched_off_leaves_the_value(app: Flask) -> None:
    hooks.add_filter("wu_cart_total", lambda total: 5)
    (callback,) = hooks.registry.filters["wu_cart_total"].callbacks[-1:]
    callback.off = True
    assert hooks.apply_filters("wu_cart_total", 7, None) == 7


def test_a_callback_that_is_not_there_cannot_be_switched(signed_in: FlaskClient) -> None:
    assert signed_in.post(f"/admin/hooks/{HOOK}/switch", data={"subject": "10 x:y", "on": "0"}).status_code == 404
    assert signed_in.get("/admin/hooks/wu_custmer_post_create").status_code == 404
    assert signed_in.post("/admin/add-ons/nobody/switch", data={"on": "0"}).status_code == 404


# -- add-ons ---------------------------------------------------------------------------------------------------
@pytest.fixture
def shop(app: Flask, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, make_settings: Any) -> Any:
    """One that works, and one that does not."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "corner_shop.py").write_text(
        "from webapp.endpoints import register_endpoint\n"
        "from webapp.gateways.base import Base\n"
        "__version__ = '3.1'\n"
        "class Cash(Base):\n    id = title = description = 'cash'\n"
        "def greet(customer):\n    customer.meta['greeted'] = True\n"
        "def pay(gateways):\n    return {**gateways, 'cash': Cash}\n"
        "def register(app, hooks):\n"
        "    hooks.add_action('wu_customer_post_create', greet)\n"
        "    hooks.add_filter('wu_payment_gateways', pay)\n"
        "    register_endpoint(app, addon='corner', path='crm', secret='s', handlers={})\n"
    )
    (tmp_path / "broken_shop.py").write_text("raise RuntimeError('closed for good')\n")
    before, addresses = app.extensions["addons"], addons.endpoints.snapshot(app)
    yield addons.load(app, make_settings(addons=("corner_shop", "broken_shop")))
    app.extensions["addons"] = before
    addons.endpoints.restore(app, addresses)
    addons.endpoints.close(app, set())


def test_an_add_on_is_shown_with_what_it_registered(look: Look, shop: list[Addon]) -> None:
    text = look("/admin/add-ons").text
    for words in ("corner_shop", "3.1", HOOK, "greet", "/hooks/corner/crm", "cash", "loaded"):
        assert words in text, words


def test_one_that_failed_is_shown_with_its_traceback(look: Look, shop: list[Addon]) -> None:
    root = look("/admin/add-ons")
    assert "closed for good" in root.one("pre").text
    assert "broken_shop" in root.text


def test_an_add_on_that_is_switched_off_does_nothing(app: Flask, signed_in: FlaskClient, shop: list[Addon]) -> None:
    signed_in.post("/admin/add-ons/corner_shop/switch", data={"on": "0"})
    assert dict(arrive().meta) == {}
    assert signed_in.post("/hooks/corner/crm", json={}).status_code == 503
    assert "switched off" in signed_in.get("/admin/add-ons").text
    assert "cash" in signed_in.get("/admin/add-ons").text
    assert "cash" not in gateways.all()
    assert signed_in.post("/webhooks/cash", json={}).status_code == 503
    assert signed_in.post("/webhooks/nothing", json={}).status_code == 404
    signed_in.post("/admin/add-ons/corner_shop/switch", data={"on": "1"})
    assert dict(arrive().meta) == {"greeted": True}
    assert signed_in.post("/hooks/corner/crm", json={}).status_code == 401


def test_the_command_says_the_same(app: Flask, shop: list[Addon], write: Callable[[], None]) -> None:
    arrive()
    with unit_of_work("test"):
        hook_switches.turn(hook_switches.of_addon("corner_shop"), on=False)
    write()
    said = app.test_cli_runner().invoke(args=["hooks", "list"]).output
    assert "add-on  corner_shop  version 3.1" in said
    assert "add-on  broken_shop  failed" in said
    assert "corner_shop:greet  add-on corner_shop  off  1 calls, 0 errors" in said


def test_the_list_costs_the_same_however_much_is_written_down(
    look: Look, write: Callable[[], None], statements: Statements
) -> None:
    arrive()
    write()
    statements.clear()
    look("/admin/hooks")
    assert len(statements) <= 8
