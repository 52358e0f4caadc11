"""Money given back and invoices opened, in a browser."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.office import Office, Open
from webapp.domain import payments
from webapp.models import Payment
from webapp.transactions import unit_of_work


def settle(office: Office) -> Payment:
    payment: Payment = office["payment"]
    with unit_of_work("operator:1"):
        payments.confirm_by_hand(payments.locked(payment.id), actor="operator:1")
    return payment


def test_an_operator_gives_a_part_back_and_opens_the_credit_note(enter: Open, office: Office) -> None:
    payment = settle(office)
    page = enter(f"/admin/payments/{payment.id}")
    page.get_by_role("link", name="Give money back …").click()
    expect(page.get_by_role("radio", name="All that is left €29.99")).to_be_checked()
    page.get_by_role("radio", name="Another amount").check()
    page.get_by_label("Amount", exact=True).fill("40")
    page.get_by_role("button", name="Give it back").click()
    expect(page.get_by_role("link", name="At most")).to_be_visible()
    page.get_by_label("Amount", exact=True).fill("10")
    page.get_by_label("Reason").fill("late")
    page.get_by_role("button", name="Give it back").click()
    expect(page.get_by_text("Send the money now")).to_be_visible()
    page.get_by_role("button", name="It was sent").click()
    expect(page.get_by_text("The money has been given back.")).to_be_visible()
    documents = page.locator("#invoice-rows tbody tr")
    expect(documents).to_have_count(2)
    for link in documents.get_by_role("link").all():
        answer = page.request.get(str(link.get_attribute("href")))
        assert (answer.status, answer.body()[:5]) == (200, b"%PDF-")


def test_invoices_are_found_by_typing(enter: Open, office: Office) -> None:
    settle(office)
    page = enter("/admin/invoices")
    page.get_by_label("Search").fill("love")
    expect(page.locator("#list-count")).to_have_text("Showing 1–1 of 1")
