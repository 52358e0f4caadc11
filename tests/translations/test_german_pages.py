"""What German law and ux.md ask of a rendered German page, to the letter (L24)."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests import factories
from tests.conftest import TurnedClock
from tests.templates.conftest import Element, parse
from webapp import clock as product_clock
from webapp.models import Payment, PaymentStatus

GERMAN = {"Accept-Language": "de"}
SPACE = "\N{NO-BREAK SPACE}"


@pytest.fixture
def order_form(client: FlaskClient) -> Element:
    factories.product("premium", amount_minor=120000)
    return parse(client.get("/register/premium", headers=GERMAN).text)


@pytest.mark.ux("L1", "L24")
def test_the_order_button_says_exactly_what_the_law_asks(order_form: Element) -> None:
    buttons = [one.text for one in order_form.all("button") if "zahlungspflichtig" in one.text.lower()]
    assert buttons == ["Zahlungspflichtig bestellen"]


@pytest.mark.ux("L5")
def test_the_early_start_is_asked_for_word_for_word(order_form: Element) -> None:
    assert (
        "Ich verlange ausdrücklich, dass Sie vor Ablauf der 14-tägigen Widerrufsfrist beginnen. Mir ist bekannt, dass "
        "ich bei einem Widerruf die bis dahin erbrachte Leistung anteilig bezahle und dass das Widerrufsrecht mit "
        "vollständiger Erbringung erlischt."
    ) in order_form.text


@pytest.mark.ux("L8")
@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", "Kostenlos bis 7. Januar 2027. Danach 49,00 € pro Monat, wenn Sie nicht vorher kündigen."),
        ("en", "Free until 7 January 2027. Then €49.00 per month unless you cancel before."),
    ],
)
def test_a_trial_says_until_when_and_what_follows(
    client: FlaskClient, clock: TurnedClock, language: str, said: str
) -> None:
    clock.use("2026-12-24T10:00Z")
    factories.product("studio", amount_minor=4900, trial_duration=14, trial_duration_unit="day")
    summary = parse(client.get("/register/studio", headers={"Accept-Language": language}).text).by_id("summary")
    assert said in summary.text


@pytest.mark.ux("O8")
def test_amounts_are_kept_on_one_line(client: FlaskClient) -> None:
    factories.product("premium", amount_minor=120000)
    assert f"1.200,00{SPACE}€" in client.get("/register/premium", headers=GERMAN).text


def test_a_refused_form_says_so_in_its_title(client: FlaskClient) -> None:
    factories.product("premium")
    for language, word in (("de", "Fehler: "), ("en", "Error: ")):
        answer = client.post("/login", data={"email_address": ""}, headers={"Accept-Language": language})
        assert answer.status_code == 422
        assert parse(answer.text).one("title").text.startswith(word)


def test_the_summary_of_what_is_wrong_is_german_too(client: FlaskClient) -> None:
    page = parse(client.post("/login", data={"email_address": ""}, headers=GERMAN).text)
    assert "Es gibt ein Problem" in page.text
    assert "Geben Sie Ihre E-Mail-Adresse ein." in page.text


@pytest.mark.ux("L4")
def test_cancelling_at_once_is_confirmed_in_the_words_of_the_law(client: FlaskClient) -> None:
    membership = factories.active_membership()
    factories.signed_in(client, factories.operator())
    page = parse(client.get(f"/admin/memberships/{membership.id}/cancellation?at_once=1", headers=GERMAN).text)
    assert "Jetzt kündigen" in [one.text for one in page.all("button")]


def test_one_english_word_for_two_things_has_two_german_ones(client: FlaskClient) -> None:
    """A "State" is a Bundesland in an address only, and what is "Paid" has a price only where prices are meant."""
    payment = factories.payment(membership=factories.active_membership(), status=PaymentStatus.COMPLETED)
    factories.save(lambda: paid(payment))
    factories.signed_in(client, payment.customer)
    receipt = parse(client.get(f"/account/payments/{payment.reference}", headers=GERMAN).text)
    assert "Bezahlt am" in [one.text for one in receipt.all("dt")]
    factories.signed_in(client, factories.operator())
    hook = parse(client.get("/admin/hooks/wu_checkout_completed", headers=GERMAN).text)
    assert [one.text for one in hook.all("th", scope="col")][-1] == "Status"


def paid(payment: Payment) -> Payment:
    payment.completed_at = product_clock.now()
    return payment
