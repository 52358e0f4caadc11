"""The order form: what it asks, in which words, and what stands directly above its button."""

from __future__ import annotations

from typing import Any

import pytest

from tests.templates.conftest import Element
from tests.templates.shop import TRIAL_ENDS, Render, a_cart, a_form, an_order, eur, line

ORDER_BUTTON = "Order with obligation to pay"

# id, label, type, autocomplete, hint: the table of the checkout's fields
FIELDS = [
    (
        "email_address",
        "E-mail address",
        "email",
        "email",
        "We send the order confirmation and sign-in link here.",
    ),
    (
        "password",
        "Create password",
        "password",
        "new-password",
        "At least 12 characters. A sentence works well.",
    ),
    ("full_name", "Full name", "text", "name", "As it should appear on the invoice"),
    ("company_name", "Company", "text", "organization", None),
    ("tax_id", "VAT ID (optional)", "text", "off", "For example DE123456789"),
    ("billing_country", "Country", None, "billing country", "Determines the VAT"),
    ("billing_address_line_1", "Street and number (optional)", "text", "billing address-line1", None),
    ("billing_zip_code", "Postcode (optional)", "text", "billing postal-code", None),
    ("billing_city", "Town or city (optional)", "text", "billing address-level2", None),
    ("site_title", "Site name", "text", "off", "You can change this later."),
    ("site_url", "Site address", "text", "off", "Letters, digits, hyphens; 3–40 characters"),
    ("discount_code", "Voucher code", "text", "off", None),
]


def order_page(page: Render, errors: dict[str, list[str]] | None = None, **more: Any) -> Element:
    with a_form(errors) as form:
        root: Element = page("checkout/register.html", **an_order(form, **more))
    return root


def test_the_page_is_sound(page: Render, faults_of_page: Render) -> None:
    assert faults_of_page(order_page(page)) == []


@pytest.mark.ux("C2", "C13", "C14", "C15", "C16", "C17", "C18", "C19", "C20", "C21", "C22", "C23", "W10")
@pytest.mark.parametrize(("id", "label", "kind", "autocomplete", "hint"), FIELDS)
def test_a_field_has_its_label_its_token_and_its_hint(
    page: Render, id: str, label: str, kind: str | None, autocomplete: str, hint: str | None
) -> None:
    root = order_page(page)
    control = root.by_id(id)

    assert root.one("label", for_=id).text == label
    assert control.attrs.get("type") == kind
    assert control.attrs["autocomplete"] == autocomplete
    assert control.attrs["name"] == id
    assert [one.text for one in root.all(id=f"{id}-hint")] == ([hint] if hint else [])


@pytest.mark.ux("C2")
def test_an_address_is_optional_only_for_an_order_that_is_free(page: Render) -> None:
    mark = order_page(page).one("label", for_="billing_city").one("span")
    assert mark.attrs["class"].split() == ["field__optional", "when-free"]
    assert order_page(page).by_id("summary").attrs["data-collects"] == "yes"
    assert order_page(page, cart=a_cart(collects_payment=False)).by_id("summary").attrs["data-collects"] == "no"


@pytest.mark.ux("C13", "C23")
def test_keyboards_and_capitals_fit_what_is_typed(page: Render) -> None:
    root = order_page(page)

    assert root.by_id("email_address").attrs["inputmode"] == "email"
    assert root.by_id("email_address").attrs["autocapitalize"] == "none"
    assert root.by_id("password").attrs["minlength"] == "12"
    assert root.by_id("tax_id").attrs["autocapitalize"] == "characters"
    assert root.by_id("site_url").attrs["spellcheck"] == "false"
    assert "inputmode" not in root.by_id("billing_zip_code").attrs


@pytest.mark.ux("C18", "O9")
def test_the_countries_that_are_served_are_offered_and_the_chosen_one_is_kept(page: Render) -> None:
    with a_form(billing_country="DE") as form:
        options = page("checkout/register.html", **an_order(form)).by_id("billing_country").all("option")

    assert [one.text for one in options] == ["Choose a country", "Austria", "Germany"]
    assert [one.attrs["value"] for one in options if "selected" in one.attrs] == ["DE"]


def test_a_country_nobody_serves_is_not_chosen(page: Render) -> None:
    with a_form(billing_country="XX") as form:
        options = page("checkout/register.html", **an_order(form)).by_id("billing_country").all("option")
    assert [one.attrs["value"] for one in options if "selected" in one.attrs] == [""]


@pytest.mark.ux("C20")
def test_a_german_postcode_gets_the_keyboard_of_figures(page: Render) -> None:
    with a_form(billing_country="DE") as form:
        root = page("checkout/register.html", **an_order(form))
    assert root.by_id("billing_zip_code").attrs["inputmode"] == "numeric"


@pytest.mark.ux("C2", "C12")
@pytest.mark.parametrize("name", ["products", "period", "customer_type", "gateway"])
def test_a_choice_is_a_named_group_of_radios(page: Render, name: str) -> None:
    root = order_page(page)
    radios = root.all("input", name=name)

    assert {radio.attrs["type"] for radio in radios} == {"radio"}
    assert radios[0].attrs["id"] == name
    assert len([radio for radio in radios if "checked" in radio.attrs]) == 1
    assert root.by_id(f"{name}-legend").tag == "legend"


@pytest.mark.ux("C10")
def test_a_plan_says_its_price_and_interval_in_its_label(page: Render) -> None:
    label = order_page(page).one("label", for_="products-premium")
    assert label.text == "Premium €29.99 DATA per month, DATA incl. VAT"


@pytest.mark.ux("C11")
def test_one_billing_period_is_not_asked(page: Render) -> None:
    root = order_page(page, periods=[])
    assert [(one.attrs["type"], one.attrs["value"]) for one in root.all("input", name="period")] == [
        ("hidden", "1-month")
    ]


@pytest.mark.ux("C26", "C27", "O5", "X8")
def test_nothing_is_ticked_for_the_buyer(page: Render) -> None:
    boxes = order_page(page).all("input", type="checkbox")
    assert {box.attrs["name"] for box in boxes} == {"early_start", "analytics_consent", "news"}
    assert [box.attrs["name"] for box in boxes if "checked" in box.attrs] == []


def test_what_only_one_kind_of_customer_is_asked_says_so_without_style(page: Render) -> None:
    root = order_page(page)

    business = root.one("div", class_="business-only stack")
    assert {one.attrs["name"] for one in business.all("input")} == {"company_name", "tax_id"}
    assert business.all("p")[0].text == "Only for businesses:"
    person = root.one("div", class_="person-only stack stack--tight")
    assert [one.attrs["name"] for one in person.all("input")] == ["early_start"]


@pytest.mark.ux("O1")
def test_the_summary_stands_directly_above_the_order_button(page: Render) -> None:
    live = order_page(page).by_id("summary-live")
    panel = live.parent
    assert panel is not None
    summary, button = [child for child in panel.children if isinstance(child, Element)]

    assert (summary.attrs["id"], button.attrs["id"]) == ("summary-live", "order-button")
    assert [child.attrs["id"] for child in live.children if isinstance(child, Element)] == ["summary"]
    assert "".join(child for child in panel.children if isinstance(child, str)).strip() == ""


@pytest.mark.ux("P1", "L1")
def test_the_order_button_says_exactly_what_the_law_says(page: Render) -> None:
    root = order_page(page)
    button = root.by_id("order-button")

    assert button.children == [ORDER_BUTTON]
    assert button.attrs["type"] == "submit"
    assert button.attrs["data-processing-label"] == "Processing …"
    assert [one.text for one in root.all("button") if one.text == ORDER_BUTTON] == [ORDER_BUTTON]


@pytest.mark.ux("C1", "P2", "H13")
def test_the_order_is_sent_by_the_browser_itself(page: Render) -> None:
    form = order_page(page).by_id("checkout-form")

    assert (form.attrs["method"], form.attrs["action"]) == ("post", "/register/premium")
    assert "novalidate" in form.attrs
    assert not {"hx-post", "hx-boost"} & set(form.attrs)


def test_enter_in_a_field_presses_the_order_button_and_not_the_voucher_s(page: Render) -> None:
    submits = order_page(page).by_id("checkout-form").all("button", type="submit")
    assert submits[0].attrs["class"] == "default-submit"
    assert submits[0].attrs["aria-hidden"] == "true"


@pytest.mark.ux("L6", "L22", "L23")
def test_the_terms_open_beside_the_form_and_need_no_tick(page: Render) -> None:
    consent = order_page(page).by_id("consent-section")

    assert "Our terms apply. Read the withdrawal information and the privacy notice." in consent.text
    assert {(link.text, link.attrs["target"]) for link in consent.all("a")} == {
        ("terms", "_blank"),
        ("privacy notice", "_blank"),
    }
    assert not consent.all(id="terms")


def test_elsewhere_the_terms_are_ticked_and_nothing_is_begun_early(page: Render) -> None:
    root = order_page(page, network={"name": "Parzelle", "consumer_law": "none"})
    assert root.by_id("terms").attrs["type"] == "checkbox"
    assert not root.all(id="early_start")


@pytest.mark.ux("W16")
def test_a_known_customer_is_asked_for_no_account(page: Render) -> None:
    root = order_page(page, customer={"display_name": "Ada", "email": "ada@example.com"})

    assert not root.all(id="email_address")
    assert not root.all(id="password")
    assert "You are signed in as Ada (ada@example.com)." in root.by_id("details-section").text


@pytest.mark.ux("C24")
def test_a_voucher_waits_behind_a_closed_disclosure_with_its_own_button(page: Render) -> None:
    voucher = order_page(page).by_id("voucher")

    assert "open" not in voucher.attrs
    apply = voucher.by_id("apply-voucher")
    assert (apply.text, apply.attrs["name"], apply.attrs["hx-params"]) == (
        "Apply",
        "refresh",
        "not password,password_conf,account_password",
    )
    assert voucher.by_id("discount_code").attrs["data-enter-presses"] == "apply-voucher"


def test_a_refused_voucher_is_shown_with_its_reason(page: Render) -> None:
    voucher = order_page(page, {"discount_code": ["This code is not valid for this plan."]}).by_id("voucher")
    assert "open" in voucher.attrs
    assert voucher.by_id("discount_code-error").text == "This code is not valid for this plan."


@pytest.mark.ux("C4", "W14")
def test_a_refused_order_keeps_its_entries_and_names_every_fault(page: Render, faults_of_page: Render) -> None:
    with a_form({"products": ["Choose a plan."]}, full_name="Ada", password="a long secret sentence") as form:
        root = page("checkout/register.html", **an_order(form, errors=[("products", "Choose a plan.")]))

    assert root.one("title").text == "Error: Checkout – Parzelle"
    assert root.by_id("error-summary").one("a").attrs["href"] == "#products"
    assert root.by_id("products").attrs["type"] == "radio"
    assert root.by_id("full_name").attrs["value"] == "Ada"
    assert not root.by_id("password").attrs.get("value")
    assert faults_of_page(root) == []


@pytest.mark.ux("C1")
def test_without_script_the_summary_can_be_asked_for(page: Render) -> None:
    update = order_page(page).one("noscript").one("button")
    assert (update.text, update.attrs["name"]) == ("Update the summary", "refresh")


@pytest.mark.ux("O1", "L7")
def test_the_summary_says_all_that_is_paid_and_when(page: Render) -> None:
    summary = order_page(page).by_id("summary")

    assert "Premium · €29.99 DATA per month" in summary.text
    assert "Due today €128.99 DATA incl. VAT" in summary.text
    assert summary.one("span", class_="money money--huge").text == "€128.99"
    assert [item.text for item in summary.all("ul")[-1].all("li")] == [
        "Next charge: €29.99 on 23 December 2026.",
        "DATA renews",
        "There are no further costs.",
    ]


@pytest.mark.ux("O7", "W15")
def test_each_part_of_the_summary_leads_back_to_where_it_is_changed(page: Render) -> None:
    root = order_page(page)
    links = root.by_id("summary").all("a")

    assert [link.text for link in links] == [
        "Change plan",
        "Change details",
        "Change site",
        "Change payment method",
    ]
    assert all(root.by_id(link.attrs["href"].removeprefix("#")).attrs["tabindex"] == "-1" for link in links)


@pytest.mark.ux("L8")
def test_a_trial_says_what_is_free_and_what_follows(page: Render) -> None:
    cart = a_cart(
        line_items=[line("Studio", 4900, later=True)],
        total=eur(4900),
        due_today=eur(0),
        trial_ends_at=TRIAL_ENDS,
    )
    summary = order_page(page, cart=cart, summary={"trial_line": "DATA Free until then.", "tax": {"net": None}}).by_id(
        "summary"
    )

    assert "Studio (after the trial) €49.00" in summary.text
    assert "Due today €0.00" in summary.text
    assert "DATA Free until then." in summary.text
    assert "Next charge" not in summary.text


@pytest.mark.ux("O4")
def test_a_discount_is_a_line_with_its_duration(page: Render) -> None:
    cart = a_cart(discount_total=eur(1000), total=eur(11899), due_today=eur(11899))
    summary = order_page(page, cart=cart, summary={"discount_line": "DATA for 3 months", "tax": {"net": None}}).by_id(
        "summary"
    )
    assert "Discount €-10.00 DATA for 3 months" in summary.text


@pytest.mark.ux("O3")
def test_a_business_sees_net_and_tax_apart(page: Render) -> None:
    apart = {"tax": {"net": eur(10000), "rows": [("DATA VAT", eur(1900))]}}
    assert "Net €100.00 DATA VAT €19.00" in order_page(page, summary=apart).by_id("summary").text
    assert "Net" not in order_page(page).by_id("summary").text


def test_a_vat_id_that_is_looked_up_has_the_summary_ask_for_itself(page: Render) -> None:
    looked_up = {"tax": {"net": None, "note": "DATA looking", "is_waiting": True}}
    note = order_page(page, summary=looked_up).by_id("tax-note")
    assert note.text == "DATA looking"
    assert note.attrs["hx-trigger"] == "load delay:500ms"
    found = {"tax": {"net": None, "note": "DATA found", "is_waiting": False}}
    assert "hx-trigger" not in order_page(page, summary=found).by_id("tax-note").attrs


def live(jinja: Any, form: Any, **more: Any) -> str:
    template = jinja.get_template("checkout/register.html")
    return "".join(template.blocks["live"](template.new_context(an_order(form, **more))))


@pytest.mark.ux("C31")
def test_a_change_swaps_what_depends_on_it_and_nothing_that_is_typed_into(jinja: Any, snippet: Render) -> None:
    with a_form() as form:
        root = snippet("{{ html|safe }}", html=live(jinja, form))

    swapped = {one.attrs["id"]: one.attrs["hx-swap-oob"] for one in root if "hx-swap-oob" in one.attrs}
    assert swapped == {
        "plan-choices": "true",
        "period-choices": "true",
        "currency-choices": "true",
        "named-amounts": "true",  # the page had other fields, or none
        "addon-choices": "true",
        "gateway-choices": "true",
        "discount_code-error": "innerHTML",
        "status-text": "innerHTML",
    }
    assert {one.attrs["type"] for one in root.all("input")} == {"radio", "hidden"}
    assert root.by_id("status-text").text == "Due today: €128.99"


def test_a_voucher_s_refusal_is_said_aloud(jinja: Any, snippet: Render) -> None:
    with a_form({"discount_code": ["This code is not valid for this plan."]}) as form:
        root = snippet("{{ html|safe }}", html=live(jinja, form))
    assert root.by_id("status-text").text == "This code is not valid for this plan."


@pytest.mark.ux("H13")
def test_the_page_itself_swaps_nothing(page: Render) -> None:
    assert [one for one in order_page(page) if "hx-swap-oob" in one.attrs] == []


def test_the_summary_asks_for_itself_when_the_price_may_have_changed(page: Render) -> None:
    root = order_page(page)

    summary = root.by_id("summary-live").attrs
    assert summary["hx-target"] == "#summary"
    assert summary["hx-trigger"] == "change from:closest form target:[data-reprices]"
    assert (summary["hx-sync"], summary["hx-params"]) == ("this:replace", "not password,password_conf,account_password")
    reprices = {one.attrs["name"] for one in root if "data-reprices" in one.attrs}
    assert reprices == {"products", "period", "customer_type", "billing_country", "tax_id"}
