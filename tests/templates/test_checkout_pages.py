"""The pages around the order: plans, paying again, the result, the pretend bank, signing in."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from wtforms import EmailField, Form, HiddenField, PasswordField

from tests.templates.conftest import Element, environment, parse
from tests.templates.shop import TRANSFER, Render, a_form, a_result, an_order, eur, plan

HEADINGS = {
    "paid": "Order received",
    "pending": "Payment pending",
    "transfer": "Payment pending",
    "unknown": "Payment not confirmed yet",
    "void": "This order has ended",
}


def paying(**more: Any) -> dict[str, Any]:
    context: dict[str, Any] = {
        "payment": SimpleNamespace(membership=SimpleNamespace(plan=SimpleNamespace(name="Premium"))),
        "order_number": "000042",
        "total": eur(12899),
        "gateways": [{"id": "card", "title": "DATA Card", "description": ""}],
        "chosen": "card",
        "action": "/pay/ref",
        "register_url": "/register",
        "errors": [],
    }
    return context | more


def front(**more: Any) -> dict[str, Any]:
    plans = [plan("free", 0), plan("premium", 29900, monthly=eur(2492), setup_fee=eur(9900))]
    periods = [{"value": "1-month", "label": "DATA Monthly"}, {"value": "1-year", "label": "DATA Yearly"}]
    return {"plans": plans, "periods": periods, "period": "1-year"} | more


def test_the_front_page_shows_plans_with_full_prices(page: Render, faults_of_page: Render) -> None:
    root = page("checkout/front.html", **front())

    assert faults_of_page(root) == []
    premium = root.all("li", class_="plan")[1]
    assert "€299.00 DATA per month equals €24.92 a month plus €99.00 once for the set-up" in premium.text
    assert premium.one("a").text == "Choose Premium"
    assert root.one(aria_current="true").text == "DATA Yearly"


def test_an_empty_front_page_says_so(page: Render, faults_of_page: Render) -> None:
    root = page("checkout/front.html", **front(plans=[], periods=[]))
    assert "No plan is on offer yet" in root.one("main").text
    assert faults_of_page(root) == []


@pytest.mark.ux("P12")
def test_a_declined_payment_can_be_tried_again_at_once(page: Render, faults_of_page: Render) -> None:
    root = page("checkout/pay.html", **paying(declined=True))

    problem = root.by_id("payment-problem")
    assert problem.text == "Your payment was declined and nothing was charged. Use another card or ask your bank."
    assert (problem.attrs["tabindex"], "autofocus" in problem.attrs) == ("-1", True)
    assert root.by_id("pay-form").all("button", type="submit")[0].text == "Continue to payment"
    assert "checked" in root.by_id("gateway").attrs
    assert faults_of_page(root) == []


@pytest.mark.ux("P17")
def test_who_left_the_vendor_s_page_was_not_charged(page: Render) -> None:
    assert "You have not been charged." in page("checkout/pay.html", **paying(left=True)).one("main").text


def test_a_payment_method_must_be_chosen(page: Render) -> None:
    errors = [("gateway", "Choose how you want to pay.")]
    root = page("checkout/pay.html", **paying(chosen="", errors=errors, declined=True))

    assert root.by_id("gateway-error").text == "Choose how you want to pay."
    assert root.one("title").text.startswith("Error: ")
    assert [one.attrs["id"] for one in root if "autofocus" in one.attrs] == ["error-summary"]


@pytest.mark.ux("P16")
def test_an_order_that_ended_can_be_placed_again(page: Render, faults_of_page: Render) -> None:
    root = page("checkout/pay.html", **paying(closed=True))
    assert root.one("main").one("a").attrs["href"] == "/register"
    assert faults_of_page(root) == []


@pytest.mark.ux("T1")
@pytest.mark.parametrize("state", HEADINGS)
def test_the_result_is_named_in_title_and_heading(page: Render, faults_of_page: Render, state: str) -> None:
    root = page("checkout/thank_you.html", **a_result(state, transfer=TRANSFER))

    assert root.one("h1").text == root.one("title").text == HEADINGS[state]
    assert root.one("meta", name="robots").attrs["content"] == "noindex"
    assert faults_of_page(root) == []


@pytest.mark.ux("T2")
def test_the_buyer_sees_what_was_bought_and_what_comes_next(page: Render) -> None:
    text = page("checkout/thank_you.html", **a_result(site_ready=True, settled=True)).one("main").text

    for fact in (
        "000042",
        "Premium",
        "€128.99",
        "Visa •••• 4242",
        "€29.99 · 23 December 2026",
        "ready",
        "ada@example.com",
    ):
        assert fact in text
    assert "Open your site" in text


@pytest.mark.ux("T5")
def test_a_stranger_with_the_address_sees_nothing_personal(page: Render) -> None:
    nothing: dict[str, Any] = {"payment": None, "membership": None, "site": None, "site_url": None}
    text = page("checkout/thank_you.html", **a_result(**nothing)).one("main").text

    assert "ada" not in text.lower()
    assert "000042" not in text
    assert "Sign in" in text


@pytest.mark.ux("P14", "H12")
def test_the_result_asks_for_itself_until_it_is_settled(page: Render) -> None:
    open_ = page("checkout/thank_you.html", **a_result("pending")).by_id("state").attrs
    assert (open_["hx-get"], open_["hx-trigger"], open_["data-poll-seconds"]) == (
        "/thank-you/ref",
        "every 3s",
        "60",
    )
    assert open_["data-says"] == "Payment pending"

    for context in (a_result(settled=True), a_result("void")):
        assert "hx-get" not in page("checkout/thank_you.html", **context).by_id("state").attrs


@pytest.mark.ux("T3")
def test_a_mistyped_address_is_put_right_where_it_is_noticed(page: Render, faults_of_page: Render) -> None:
    context = a_result(errors=[("email_address", "Enter an e-mail address like name@example.com.")])
    context["email_form"].email_address.errors = ["Enter an e-mail address like name@example.com."]
    root = page("checkout/thank_you.html", **context)

    assert root.by_id("error-summary").one("a").attrs["href"] == "#email_address"
    assert "open" in root.by_id("wrong-address").attrs
    assert root.by_id("wrong-address").one("form").attrs["action"] == "/thank-you/ref/email-address"
    assert faults_of_page(root) == []


@pytest.mark.ux("P14")
def test_a_long_wait_ends_in_words(page: Render) -> None:
    root = page("checkout/thank_you.html", **a_result("pending"))
    ended = root.by_id(root.by_id("state").attrs["data-poll-ended"])
    assert "hidden" in ended.attrs
    assert ended.text.endswith("we will e-mail you.")
    waiting = page("checkout/thank_you.html", **a_result("transfer", transfer=TRANSFER))
    assert waiting.by_id("poll-ended").text.endswith("when the money has arrived.")


@pytest.mark.ux("T5")
def test_a_site_that_failed_does_not_hide_the_paid_order(page: Render) -> None:
    text = page("checkout/thank_you.html", **a_result(site_failed=True)).one("main").text
    assert "Order received" in text
    assert "Your payment arrived, but your site is not ready yet." in text


@pytest.mark.ux("P15")
def test_nobody_is_asked_to_pay_twice_while_nothing_is_known(page: Render) -> None:
    root = page("checkout/thank_you.html", **a_result("unknown"))
    assert "Do not pay again; check the order status." in root.one("main").text
    assert [one.text for one in root.one("main").all("form") if "pay" in one.attrs["action"]] == []
    assert [one.text for one in root.one("main").all("a") if "pay" in one.attrs["href"]] == []


def bank(status: str = "open", **more: Any) -> dict[str, Any]:
    charge = SimpleNamespace(
        amount=eur(12899),
        description="DATA Premium",
        reference="sb_1",
        status=status,
        store_credential=True,
        return_url="/back",
    )
    return {"charge": charge, "url": "/sandbox/pay/sb_1"} | more


def test_the_bank_has_exactly_its_buttons(page: Render, faults_of_page: Render) -> None:
    root = page("sandbox/page.html", **bank())

    buttons = [(one.text, one.attrs["value"]) for one in root.all("button")]
    assert buttons[:3] == [
        ("Approve", "approve"),
        ("Decline", "decline"),
        ("Approve, but tell us late", "late"),
    ]
    assert root.one("label", for_="later_charges_fail").text == "Later charges to this card fail"
    assert "checked" not in root.by_id("later_charges_fail").attrs
    assert "no real money" in root.one("header").text
    assert [fault for fault in faults_of_page(root) if "skip link" not in fault and "alert" not in fault] == []


@pytest.mark.parametrize(("status", "word"), [("succeeded", "approved"), ("declined", "declined")])
def test_what_the_bank_decided_stays_decided(page: Render, status: str, word: str) -> None:
    main = page("sandbox/page.html", **bank(status)).one("main")
    assert word in main.text
    assert main.all("form") == []


class SignIn(Form):
    email_address = EmailField()
    password = PasswordField()
    next = HiddenField()

    def hidden_tag(self) -> str:
        return str(self.next())


@pytest.mark.ux("K1", "W17")
def test_signing_in_lets_a_password_manager_help(page: Render, faults_of_page: Render) -> None:
    root = page("auth/login.html", form=SignIn(data={"email_address": "ada@example.com", "password": "x"}), errors=[])

    assert root.by_id("email_address").attrs["autocomplete"] == "username"
    assert root.by_id("email_address").attrs["value"] == "ada@example.com"
    assert root.by_id("password").attrs["autocomplete"] == "current-password"
    assert not root.by_id("password").attrs.get("value")
    assert faults_of_page(root) == []


MARKED = environment(lambda text: f"«{text}»")
DATA = re.compile(
    r"DATA[\w .,]*|Premium|Free\b|Set-up fee|Visa •••• 4242|€[\d.,-]+|\d+ [A-Z]\w+ \d{4}|000042|sb_1"
    r"|\.example\.org|https://ada\.example\.org/|Parzelle|AT|DE"
)


def untranslated(root: Element) -> list[str]:
    """Words on a page that no catalogue could reach: neither marked by it nor given in the context."""
    said = ("aria-label", "title", "placeholder", "data-says")
    texts = [root.text, *(element.attrs[name] for element in root for name in said if name in element.attrs)]
    return [word for text in texts for word in re.findall("[A-Za-z]{2,}", DATA.sub("", unmarked(text)))]


def unmarked(text: str) -> str:
    """Without what came from the catalogue; inserted words are marked inside what they are inserted into."""
    while text != (text := re.sub(r"«[^«»]*»", "", text)):
        pass
    return text.replace("«", "").replace("»", "") if text.count("«") == text.count("»") == 0 else text


@pytest.mark.parametrize("name", ["register", "front", "pay", "closed", *HEADINGS, "bank"])
def test_every_word_goes_through_the_catalogue(name: str) -> None:
    with a_form() as form:
        pages: dict[str, tuple[str, dict[str, Any]]] = {
            "register": ("checkout/register.html", an_order(form)),
            "front": ("checkout/front.html", front()),
            "pay": ("checkout/pay.html", paying(declined=True, left=True)),
            "closed": ("checkout/pay.html", paying(closed=True)),
            "bank": ("sandbox/page.html", bank()),
            **{state: ("checkout/thank_you.html", a_result(state, transfer=TRANSFER)) for state in HEADINGS},
        }
        template, context = pages[name]
        html = MARKED.get_template(template).render(**context)
    assert untranslated(parse(html)) == []
