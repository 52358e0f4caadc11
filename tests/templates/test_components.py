"""Every macro of components/: what it renders, and that labels, hints and errors are tied together."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from markupsafe import Markup
from wtforms import (
    BooleanField,
    EmailField,
    Form,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
)

from webapp import charts
from webapp.domain.limits import Limit, Use
from webapp.money import Money

COMPONENTS = Path(__file__).parents[2] / "webapp" / "templates" / "components"
Render = Callable[..., Any]

# Untyped, because the stubs of WTForms do not know yet that a choice may be its value alone.
PLACES: Any = ["", "DE", "AT"]
PLANS: Any = ["a", "b"]


class Sample(Form):
    email_address = EmailField("E-mail address", description="Where we write to")
    password = PasswordField("Create password")
    site_url = StringField("Site address")
    billing_country = SelectField("Country", choices=PLACES)
    plan = RadioField("Plan", choices=PLANS)
    news = BooleanField("News (optional)")


def a_form(errors: dict[str, list[str]] | None = None, **data: Any) -> Sample:
    form = Sample(data=data)
    for name, sentences in (errors or {}).items():
        form[name].errors = sentences
    return form


FORMS = (
    '{% from "components/forms.html" import field, password, select, checkbox, choices, choice %}'
    '{% from "components/forms.html" import error_summary, hidden, hidden_fields %}'
)


@pytest.mark.ux("C2", "C4", "W14")
def test_a_field_ties_label_hint_and_error_to_its_control(snippet: Render, faults: Render) -> None:
    form = a_form(
        {"email_address": ["Enter an e-mail address like name@example.com."]},
        email_address="nobody",
    )
    root = snippet(FORMS + "{{ field(form.email_address, optional=true) }}", form=form)

    control = root.one("input")
    assert root.one("label").attrs["for"] == control.attrs["id"] == "email_address"
    assert root.one("label").text == "E-mail address (optional)"
    assert control.attrs["aria-describedby"] == "email_address-hint email_address-error"
    assert control.attrs["aria-invalid"] == "true"
    assert control.attrs["value"] == "nobody"
    assert root.by_id("email_address-hint").text == "Where we write to"
    assert root.by_id("email_address-error").text == "Enter an e-mail address like name@example.com."
    assert faults(root) == []


def test_a_field_in_order_is_not_marked_invalid_and_its_error_is_empty(
    snippet: Render,
) -> None:
    root = snippet(FORMS + "{{ field(form.site_url) }}", form=a_form())

    assert "aria-invalid" not in root.one("input").attrs
    assert root.by_id("site_url-error").children == []
    assert root.one("input").attrs["aria-describedby"] == "site_url-error"


@pytest.mark.ux("C23")
def test_a_suffix_is_visible_text_and_read_with_the_control(snippet: Render, faults: Render) -> None:
    root = snippet(
        FORMS + '{{ field(form.site_url, suffix=".example.org", status=true) }}',
        form=a_form(),
    )

    assert root.by_id("site_url-suffix").text == ".example.org"
    assert "site_url-suffix" in root.one("input").attrs["aria-describedby"].split()
    assert root.by_id("site_url-status").attrs["role"] == "status"
    assert faults(root) == []


@pytest.mark.ux("C3", "H4")
def test_a_live_check_runs_after_a_change_only_and_sends_no_other_entry(
    snippet: Render,
) -> None:
    source = '{{ field(form.site_url, check_url="/check", check_with=["billing_country"]) }}'
    control = snippet(FORMS + source, form=a_form()).one("input")

    assert control.attrs["hx-trigger"] == "change delay:250ms"
    assert control.attrs["hx-sync"] == "closest form:abort"
    assert control.attrs["hx-target"] == "#site_url-error"
    assert control.attrs["hx-params"] == "csrf_token,field,site_url,billing_country"
    assert control.attrs["hx-vals"] == '{"field": "site_url"}'


@pytest.mark.ux("C4", "C14", "W11")
def test_a_password_is_never_filled_in_and_its_button_is_outside_the_label(snippet: Render, faults: Render) -> None:
    root = snippet(
        FORMS + "{{ password(form.password) }}",
        form=a_form(password="a secret sentence"),
    )

    assert not root.one("input").attrs.get("value")
    show = root.one("button")
    assert (
        show.attrs["type"],
        show.attrs["aria-controls"],
        show.attrs["aria-pressed"],
    ) == (
        "button",
        "password",
        "false",
    )
    assert not show.inside("label")
    assert faults(root) == []


def test_a_select_keeps_what_was_chosen(snippet: Render, faults: Render) -> None:
    form = a_form({"billing_country": ["Choose a country."]}, billing_country="AT")
    root = snippet(
        FORMS + "{{ select(form.billing_country, hint='Determines the VAT') }}",
        form=form,
    )

    assert [option.attrs["value"] for option in root.all("option") if "selected" in option.attrs] == ["AT"]
    assert root.one("select").attrs["aria-describedby"] == "billing_country-hint billing_country-error"
    assert root.one("select").attrs["aria-invalid"] == "true"
    assert faults(root) == []


def test_a_checkbox_is_unticked_unless_asked_and_has_its_error(snippet: Render, faults: Render) -> None:
    root = snippet(FORMS + "{{ checkbox(form.news) }}", form=a_form({"news": ["Tick this."]}))

    assert "checked" not in root.one("input").attrs
    assert root.one("input").attrs["aria-invalid"] == "true"
    assert root.by_id("news-error").text == "Tick this."
    assert faults(root) == []


CHOICES = (
    FORMS + '{% call choices(form.plan, "Plan", hint="You can change later.") %}'
    '{{ choice(form.plan, "a", "Starter", "€5 a month", first=true) }}'
    '{% call choice(form.plan, "b", "Premium", "€9 a month") %}<p>More room</p>{% endcall %}{% endcall %}'
)


def test_choices_are_a_named_group_of_radios(snippet: Render, faults: Render) -> None:
    root = snippet(CHOICES, form=a_form(plan="b"))

    group = root.one("fieldset")
    assert group.attrs["aria-labelledby"] == root.one("legend").attrs["id"]
    assert group.attrs["aria-describedby"] == "plan-hint plan-error"
    assert [radio.attrs["value"] for radio in root.all("input") if "checked" in radio.attrs] == ["b"]
    assert root.all("label")[1].text == "Premium €9 a month"
    assert root.all("input")[1].attrs["aria-describedby"] == "plan-b--more"
    assert faults(root) == []


def test_an_error_of_a_group_leads_to_its_first_radio(snippet: Render) -> None:
    form = a_form({"plan": ["Choose a plan."]})
    root = snippet(FORMS + '{{ error_summary([("plan", "Choose a plan.")]) }}' + CHOICES, form=form)

    assert root.one("a").attrs["href"] == "#plan"
    assert root.by_id("plan").attrs["type"] == "radio"
    assert root.one("fieldset").attrs["aria-invalid"] == "true"


@pytest.mark.ux("C4", "H6")
def test_an_error_summary_takes_focus_and_links_every_error(snippet: Render, faults: Render) -> None:
    root = snippet(FORMS + '{{ error_summary([("a", "Enter A."), (none, "The shop is closed.")]) }}')

    summary = root.by_id("error-summary")
    assert (summary.attrs["tabindex"], "data-takes-focus" in summary.attrs) == (
        "-1",
        True,
    )
    assert root.one("h2").text == "There is a problem"
    assert [item.text for item in root.all("li")] == ["Enter A.", "The shop is closed."]
    assert len(root.all("a")) == 1
    assert faults(root) == []


def test_hidden_fields_are_rendered_together(snippet: Render) -> None:
    class Quiet(Form):
        order_token = HiddenField()

        def hidden_tag(self) -> Markup:
            return Markup(self.order_token())

    root = snippet(FORMS + "{{ hidden_fields(form) }}", form=Quiet(data={"order_token": "t1"}))
    assert root.one("input").attrs["value"] == "t1"
    assert snippet(FORMS + "{{ hidden(form.order_token) }}", form=Quiet(data={"order_token": "t2"})).one(value="t2")


def test_no_errors_no_summary(snippet: Render) -> None:
    assert snippet(FORMS + "{{ error_summary([]) }}").children == []


ACTIONS = '{% from "components/actions.html" import button, copyable, dialog, opener %}'


@pytest.mark.ux("P10")
def test_a_button_that_writes_says_that_it_works(snippet: Render) -> None:
    root = snippet(ACTIONS + '{{ button("Save changes", "primary", processing="Saving …", attrs={"name": "go"}) }}')

    save = root.one("button")
    assert (
        save.attrs["type"],
        save.attrs["data-processing-label"],
        save.attrs["name"],
    ) == (
        "submit",
        "Saving …",
        "go",
    )
    assert save.text == "Save changes"


def test_a_button_with_an_address_is_a_link(snippet: Render) -> None:
    link = snippet(ACTIONS + '{{ button("Back", href="/?a=1&b=2") }}').one("a")

    assert link.attrs["href"] == "/?a=1&b=2"
    assert "type" not in link.attrs


def test_an_identifier_can_be_copied_and_says_which(snippet: Render, faults: Render) -> None:
    root = snippet(ACTIONS + '{{ copyable("PZ-7", "the order number") }}')

    assert root.one("code").text == "PZ-7"
    assert root.one("button").attrs["aria-label"] == "Copy the order number"
    assert root.one("button").attrs["data-copy"] == "PZ-7"
    assert faults(root) == []


@pytest.mark.ux("W20")
def test_a_dialog_has_a_name_and_its_opener_works_without_script(snippet: Render, faults: Render) -> None:
    source = '{{ opener("Stop", "sure", "/stop") }}{% call dialog("sure", "Stop it?") %}<p>Gone.</p>{% endcall %}'
    root = snippet(ACTIONS + source)

    assert root.one("a").attrs["href"] == "/stop"
    assert root.by_id(root.one("dialog").attrs["aria-labelledby"]).text == "Stop it?"
    assert faults(root) == []


STATUS = '{% from "components/status.html" import badge, notice, empty, stepper, timeline, announce %}'


@pytest.mark.ux("N9", "W7")
@pytest.mark.parametrize("tone", ["neutral", "success", "warning", "error", "info", "pending", "paused"])
def test_a_status_is_a_word_with_a_shape_and_a_colour(snippet: Render, tone: str) -> None:
    root = snippet(STATUS + "{{ badge('on hold', tone) }}", tone=tone)

    assert root.one("span").text == "on hold"
    assert root.one("span").attrs["class"] == f"badge badge--{tone}"
    assert root.one("svg").attrs["aria-hidden"] == "true"


@pytest.mark.ux("W7")
def test_shapes_of_statuses_differ_without_colour(snippet: Render) -> None:
    tones = ["neutral", "success", "warning", "error", "info", "pending", "paused"]
    shapes = [
        str(snippet(STATUS + "{{ badge('x', tone) }}", tone=tone).all("path", "circle")[-1].attrs) for tone in tones
    ]
    assert len(set(shapes)) == len(tones)


def test_a_notice_that_must_be_read_takes_focus(snippet: Render) -> None:
    source = "{% call notice('error', title='Declined', id='p', focus=true) %}Ask the bank.{% endcall %}"
    notice = snippet(STATUS + source).by_id("p")

    assert (notice.attrs["tabindex"], "data-takes-focus" in notice.attrs) == (
        "-1",
        True,
    )
    assert notice.text == "Declined Ask the bank."


@pytest.mark.ux("N4")
@pytest.mark.parametrize("kind", ["nothing", "no-match", "failed"])
def test_an_empty_state_says_why_and_what_next(snippet: Render, kind: str) -> None:
    root = snippet(
        STATUS + "{% call empty('No sites yet', kind) %}<a href='/new'>Add a site</a>{% endcall %}",
        kind=kind,
    )

    assert root.one("h2").text == "No sites yet"
    assert root.one("a").text == "Add a site"


def test_a_stepper_marks_the_current_step(snippet: Render) -> None:
    source = "{{ stepper([('Order', 'done'), ('Payment', 'current'), ('Done', 'ahead')], 'Steps') }}"
    root = snippet(STATUS + source)

    assert root.one(aria_current="step").text.endswith("Payment")
    assert root.all("li")[0].text == "Order (done)"


def test_a_timeline_tells_when_what_and_who(snippet: Render, some_day: datetime) -> None:
    entry = {
        "when": some_day,
        "title": "Paid",
        "text": "€29.99",
        "actor": "Sandbox",
        "tone": "success",
    }
    root = snippet(STATUS + "{{ timeline([entry]) }}", entry=entry)

    assert root.one("time").attrs["datetime"] == "2026-12-23T09:30:00+00:00"
    assert root.one("li").text == "Paid €29.99 23 Dec 2026, 09:30 UTC · Sandbox"


@pytest.mark.ux("H7", "W19")
def test_an_announcement_changes_the_text_of_the_region_and_not_the_region(
    snippet: Render,
) -> None:
    said = snippet(STATUS + "{{ announce('New total: €5.00') }}").one("span")

    assert (said.attrs["id"], said.attrs["hx-swap-oob"]) == ("status-text", "innerHTML")
    assert snippet(STATUS + "{{ announce(none) }}").children == []


FIGURES = '{% from "components/figures.html" import money, when, figure, facts, fact %}'


def test_money_and_days_are_shown_with_their_exact_meaning(snippet: Render, some_day: datetime) -> None:
    root = snippet(
        FIGURES + "{{ money(price, 'large') }} {{ when(day) }}",
        price=Money(120000, "EUR"),
        day=some_day,
    )

    assert root.one("span").text == "€1,200.00"
    assert root.one("time").attrs["title"] == "09:30:00 +0000"
    assert root.one("time").text == "23 December 2026"


@pytest.mark.ux("N12")
def test_facts_are_a_list_of_terms(snippet: Render) -> None:
    source = (
        "{% call facts() %}{{ fact('Plan', '<b>') }}{% call fact('Site') %}<a href='/'>x</a>{% endcall %}{% endcall %}"
    )
    root = snippet(FIGURES + source)

    assert [term.text for term in root.all("dt")] == ["Plan", "Site"]
    assert root.all("dd")[0].text == "<b>"
    assert root.all("dd")[1].one("a").text == "x"


def test_a_figure_shows_its_change(snippet: Render) -> None:
    root = snippet(FIGURES + "{{ figure('Revenue', '€10', 'up 2 %', 'success') }}")
    assert [p.text for p in root.all("p")] == ["Revenue", "€10", "up 2 %"]


LISTS = (
    '{% from "components/lists.html" import table, filter_bar, filter_date, filter_select, bulk_bar, chips, pager,'
    " tabs, mover %}"
)
COLUMNS = [
    {"label": "Name", "sort_url": "?sort=-name", "sorted": "ascending"},
    {"label": "Amount", "align": "end"},
]


@pytest.mark.ux("N3", "N10")
def test_a_table_scrolls_in_a_named_region_of_its_own(snippet: Render, faults: Render) -> None:
    source = (
        "{% call(row) table('sites', 'Sites', columns, rows) %}<th scope='row'>{{ row }}</th><td>1</td>{% endcall %}"
    )
    root = snippet(LISTS + source, columns=COLUMNS, rows=["alpha", "beta"])

    region = root.one(role="region")
    assert (region.attrs["tabindex"], region.attrs["aria-labelledby"]) == (
        "0",
        "sites-caption",
    )
    assert root.one("caption").text == "Sites"
    assert [head.attrs["scope"] for head in root.all("th")] == [
        "col",
        "col",
        "row",
        "row",
    ]
    assert len(root.all(aria_sort="ascending")) == 1
    assert root.one("a").inside("th")
    assert faults(root) == []


@pytest.mark.ux("H8")
def test_filters_work_without_script_and_search_while_typing_with_it(snippet: Render, faults: Render) -> None:
    source = (
        "{% call filter_bar('/admin/sites', '#sites', 'al') %}"
        "{{ filter_select('status', 'Status', [('', 'Any'), ('active', 'Active')], 'active') }}"
        "{{ filter_date('from', 'From', '2027-01-31') }}{% endcall %}"
    )
    root = snippet(LISTS + source)

    assert (root.one("form").attrs["method"], root.one("form").attrs["action"]) == (
        "get",
        "/admin/sites",
    )
    search = root.by_id("search")
    assert search.attrs["hx-trigger"] == "input changed delay:300ms, search"
    assert (search.attrs["hx-replace-url"], search.attrs["value"]) == ("true", "al")
    assert [option.text for option in root.all("option") if "selected" in option.attrs] == ["Active"]
    assert root.by_id("filter-from").attrs["value"] == "2027-01-31"
    assert root.one("button").attrs["type"] == "submit"
    assert faults(root) == []


@pytest.mark.ux("N2")
def test_an_active_filter_can_be_taken_away_by_name(snippet: Render) -> None:
    root = snippet(LISTS + "{{ chips([('status suspended', '/sites')], '/all') }}")

    assert root.all("a")[0].attrs["aria-label"] == "Remove filter: status suspended"
    assert (root.all("a")[1].text, root.all("a")[1].attrs["href"]) == (
        "Clear all",
        "/all",
    )


def test_pages_are_newer_and_older(snippet: Render) -> None:
    root = snippet(LISTS + "{{ pager(none, '/?after=9', 'Showing 1–50 of 1,204') }}")

    assert [(link.text, link.attrs["rel"]) for link in root.all("a")] == [("Older", "next")]
    assert root.one("nav").attrs["aria-label"] == "Pages"


@pytest.mark.ux("N5")
def test_what_is_done_to_many_rows_is_a_form_of_its_own_before_them(snippet: Render, faults: Render) -> None:
    bulk = {
        "url": "/admin/bulk/sites",
        "kept": {"status": "published"},
        "actions": [{"value": "sites.suspend", "label": "Suspend"}],
        "all": "Select all 1,204 matching",
        "all_count": "1,204",
    }
    rows = [{"id": 7, "slug": "ada"}]
    root = snippet(
        LISTS + "{{ bulk_bar(bulk) }}{% call(one) table('rows', 'Sites', [{'label': 'Address'}], rows, pick) %}"
        "<th scope='row'>{{ one.slug }}</th>{% endcall %}",
        bulk=bulk,
        rows=rows,
        pick=lambda row: row["slug"],
    )
    assert root.by_id("bulk").attrs["method"] == "get"
    assert root.one("button").text == "Suspend …"
    (box,) = root.all("input", name="id")
    assert (box.attrs["form"], box.attrs["value"], box.attrs["aria-label"]) == ("bulk", "7", "Select ada")
    assert root.by_id("rows-pick").attrs["data-selects-all"] == "#rows [name='id']"
    assert faults(root) == []


def test_tabs_are_links_and_one_is_current(snippet: Render) -> None:
    items = [
        {"label": "Facts", "url": "/a", "current": True},
        {"label": "Payments", "url": "/b", "current": False},
    ]
    root = snippet(LISTS + "{{ tabs(items, 'Customer') }}", items=items)
    assert root.one(aria_current="page").text == "Facts"


CHART = '{% from "components/chart.html" import chart %}'


def test_a_chart_is_a_picture_with_a_name_and_a_text_and_its_figures_in_a_table(
    app: Flask, snippet: Render, faults: Render
) -> None:
    drawing = charts.bars("New and lost", ["Oct", "Nov"], [charts.Series("New", [4, 9]), charts.Series("Lost", [1, 2])])
    root = snippet(CHART + "{{ chart('moves', drawing) }}", drawing=drawing)

    picture = root.one(role="img")
    assert root.by_id(picture.attrs["aria-labelledby"]).text == "New and lost"
    assert root.by_id(picture.attrs["aria-describedby"]).text.startswith("New: lowest 4 (Oct), highest 9 (Nov)")
    assert len([one for one in picture if one.attrs.get("class", "").startswith("chart__bar")]) == 4
    assert [head.text for head in root.all("th")] == ["When", "New", "Lost", "Oct", "Nov"]
    assert [cell.text for cell in root.all("td")] == ["4", "1", "9", "2"]
    assert root.one("details").one("summary").text == "Show the figures: New and lost"
    assert faults(root) == []


PLANS_SHOWN = '{% from "components/plans.html" import plan_button, plan_card, plan_choice, plan_contact %}'


def test_a_plan_looks_the_same_where_it_is_chosen_and_where_it_is_made(snippet: Render, faults: Render) -> None:
    plan = {
        "slug": "premium",
        "name": "Premium",
        "features": ["One site"],
        "price": Money(29900, "EUR"),
        "period_text": "per year",
        "monthly": Money(2492, "EUR"),
        "setup_fee": Money(9900, "EUR"),
    }
    card = snippet(PLANS_SHOWN + "{% call plan_card(plan, 'h2') %}Go{% endcall %}", plan=plan)
    chosen = snippet(
        PLANS_SHOWN + "{{ plan_choice(form.plan, plan, true, 'incl. 19% VAT') }}", plan=plan, form=a_form()
    )

    said = ["€299.00 per year", "equals €24.92 a month", "plus €99.00 once for the set-up", "One site"]
    assert [text for text in said if text not in card.text or text not in chosen.text] == []
    assert (card.one("h2").text, chosen.one("input").attrs["value"]) == ("Premium", "premium")
    assert "incl. 19% VAT" in chosen.one("label").text
    assert faults(chosen) == []


def test_what_is_sold_on_request_leads_to_whom_one_asks(snippet: Render, faults: Render) -> None:
    contact = {"label": "Call us", "url": "https://example.com/call"}
    plan = {"slug": "agency", "name": "Agency", "features": ["One site"], "contact": contact}
    card = snippet(PLANS_SHOWN + "{% call plan_card(plan) %}{{ plan_button(plan, '/x') }}{% endcall %}", plan=plan)
    beside = snippet(PLANS_SHOWN + "{{ plan_contact(plan) }}", plan=plan)
    for root in (card, beside):
        assert "On request" in root.text
        assert (root.one("a").text, root.one("a").attrs["href"]) == ("Call us", "https://example.com/call")
        assert (root.all("input"), faults(root)) == ([], [])


def test_an_amount_that_buyers_name_is_said_to_be_theirs(snippet: Render) -> None:
    plan = {"slug": "gift", "name": "Gift", "features": [], "is_named": True, "price": Money(500, "EUR")}
    text = snippet(PLANS_SHOWN + "{% call plan_card(plan) %}{{ plan_button(plan, '/x') }}{% endcall %}", plan=plan).text
    assert "from €5.00" in text
    assert "You decide how much you pay." in text
    plan["price"] = Money(0, "EUR")
    free = snippet(PLANS_SHOWN + "{{ plan_choice(form.plan, plan, true) }}", plan=plan, form=a_form()).text
    assert "You decide" in free


@pytest.mark.ux("N8", "N11", "W5")
def test_a_row_is_moved_by_buttons_that_name_it(snippet: Render, faults: Render) -> None:
    root = snippet(LISTS + "{{ mover('place-7', 'Premium', '/move', '#list') }}")

    assert [(one.attrs["aria-label"], one.attrs["value"]) for one in root.all("button")] == [
        ("Move up: Premium", "-1"),
        ("Move down: Premium", "1"),
    ]
    assert root.one("form").attrs["action"] == root.one("form").attrs["hx-post"] == "/move"
    assert faults(root) == []


STORY = '{% from "story.html" import ahead, story, why %}'


def test_what_happened_and_what_comes_say_why_an_amount_is_due(snippet: Render, faults: Render) -> None:
    line = {"title": "Premium", "quantity": 2, "each": Money(1000, "EUR"), "subtotal": Money(2000, "EUR")}
    reckoning = {
        "lines": [{**line, "discount": Money(500, "EUR")}],
        "code": "SUMMER",
        "taxes": [("VAT 19%", Money(285, "EUR"))],
        "inclusive": False,
        "total": Money(1785, "EUR"),
        "reverse_charge": False,
        "credit": Money(85, "EUR"),
        "asked": Money(1700, "EUR"),
    }
    when = datetime(2027, 1, 31, 10, tzinfo=UTC)
    entry = {"when": when, "title": "Payment received", "url": "/receipt", "reckoning": reckoning}
    step = {"when": when, "words": "Charged", "reckoning": reckoning}
    calls = "{{ ahead([step]) }}{{ story([entry]) }}{{ why(entry.reckoning) }}"
    root = snippet(STORY + calls, step=step, entry=entry)
    assert root.one("a").attrs["href"] == "/receipt"
    for words in ("2 × Premium", "SUMMER", "VAT 19%", "€17.85", "Paid with credit", "€17.00"):
        assert root.text.count(words) == 3, words
    assert faults(root) == []


def test_how_much_is_used_is_said_in_words_and_drawn_for_the_eye(snippet: Render, faults: Render) -> None:
    uses = [Use(Limit.PAGES, 4, 5), Use(Limit.SITES, 3, 1), Use(Limit.VISITS, 7, None)]
    root = snippet('{% from "components/limits.html" import uses_list %}{{ uses_list(uses) }}', uses=uses)
    for words in ("4 of 5", "3 of 1", "over the limit"):
        assert words in root.text
    bars = root.all("svg")
    assert [one.attrs["aria-hidden"] for one in bars] == ["true", "true"]
    assert "uses__bar--near" in bars[0].attrs["class"]
    assert "uses__bar--over" in bars[1].attrs["class"]
    assert faults(root) == []


def test_every_macro_is_rendered_by_a_test_here() -> None:
    """Private parts of a component are reached through the ones that pages use."""
    source = Path(__file__).read_text()
    macros = [name for path in COMPONENTS.glob("*.html") for name in re.findall(r"macro (\w+)\(", path.read_text())]
    inner = {"label_of", "notes_of", "error_of", "control", "icon", "mark", "key", "fees_of", "more_of"}
    assert [name for name in macros if name not in inner and f"{name}(" not in source] == []
