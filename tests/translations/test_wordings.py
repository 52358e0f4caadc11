"""The sentences that were agreed upon, word for word in both languages: ux.md's tables, by their IDs."""

from __future__ import annotations

import pytest
from babel.messages.catalog import Catalog

from tools import translations

EARLY_START = (
    "I expressly ask you to begin before the 14-day withdrawal period ends. I know that if I withdraw I pay "
    "proportionately for what was provided, and that the right ends once the service is fully provided.",
    "Ich verlange ausdrücklich, dass Sie vor Ablauf der 14-tägigen Widerrufsfrist beginnen. Mir ist bekannt, dass ich "
    "bei einem Widerruf die bis dahin erbrachte Leistung anteilig bezahle und dass das Widerrufsrecht mit "
    "vollständiger Erbringung erlischt.",
)

WORDINGS = [
    ("C4", "Error:", "Fehler:"),
    ("C4", "There is a problem", "Es gibt ein Problem"),
    ("C10", "Plan", "Tarif"),
    ("C10", "Choose a plan.", "Wählen Sie einen Tarif."),
    ("C11", "Billing period", "Abrechnungszeitraum"),
    ("C11", "Yearly", "Jährlich"),
    ("C11", "%(price)s charged once a year", "%(price)s einmal pro Jahr"),
    ("C12", "I am ordering as", "Ich bestelle als"),
    ("C12", "private person", "Privatperson"),
    ("C12", "business", "Unternehmen"),
    ("C12", "Choose private person or business.", "Wählen Sie Privatperson oder Unternehmen."),
    ("C13", "E-mail address", "E-Mail-Adresse"),
    (
        "C13",
        "We send the order confirmation and sign-in link here.",
        "Hierhin senden wir Bestellbestätigung und Anmeldelink.",
    ),
    (
        "C13",
        "Enter an e-mail address like name@example.com.",
        "Geben Sie eine E-Mail-Adresse ein, zum Beispiel name@example.com.",
    ),
    ("C14", "Create password", "Passwort festlegen"),
    ("C14", "Show", "Anzeigen"),
    ("C14", "At least 12 characters. A sentence works well.", "Mindestens 12 Zeichen. Ein Satz eignet sich gut."),
    ("C14", "Use at least 12 characters.", "Verwenden Sie mindestens 12 Zeichen."),
    (
        "C14",
        "This password appears in known data leaks. Choose another.",
        "Dieses Passwort ist aus Datenlecks bekannt. Wählen Sie ein anderes.",
    ),
    ("C15", "Full name", "Vor- und Nachname"),
    ("C15", "As it should appear on the invoice", "So steht er auf der Rechnung"),
    ("C15", "Enter your full name.", "Geben Sie Ihren Vor- und Nachnamen ein."),
    ("C16", "Company", "Firma"),
    ("C16", "Enter the company name.", "Geben Sie den Firmennamen ein."),
    ("C17", "VAT ID", "USt-IdNr."),
    ("C17", "For example DE123456789", "Zum Beispiel DE123456789"),
    (
        "C17",
        "This VAT ID does not fit the chosen country. Correct it or leave it empty.",
        "Diese USt-IdNr. passt nicht zum gewählten Land. Korrigieren Sie sie oder lassen Sie das Feld leer.",
    ),
    ("C18", "Country", "Land"),
    ("C18", "Determines the VAT", "Bestimmt die Umsatzsteuer"),
    ("C18", "Choose a country.", "Wählen Sie ein Land."),
    ("C19", "Street and number", "Straße und Hausnummer"),
    ("C19", "Enter street and number.", "Geben Sie Straße und Hausnummer ein."),
    ("C20", "Postcode", "Postleitzahl"),
    ("C20", "Enter a postcode with 5 digits.", "Geben Sie eine Postleitzahl mit 5 Ziffern ein."),
    ("C21", "Town or city", "Ort"),
    ("C21", "Enter a town or city.", "Geben Sie den Ort ein."),
    ("C22", "Site name", "Name der Website"),
    ("C22", "You can change this later.", "Später änderbar."),
    ("C22", "Enter a name for your site.", "Geben Sie Ihrer Website einen Namen."),
    ("C23", "Site address", "Adresse der Website"),
    ("C23", "Letters, digits, hyphens; 3–40 characters", "Buchstaben, Ziffern, Bindestriche; 3–40 Zeichen"),
    (
        "C23",
        "This address is taken. Try %(suggestion)s.",
        "Diese Adresse ist vergeben. Versuchen Sie %(suggestion)s.",
    ),
    (
        "C23",
        "Use only letters, digits and hyphens.",
        "Verwenden Sie nur Buchstaben, Ziffern und Bindestriche.",
    ),
    ("C24", "Voucher code", "Gutscheincode"),
    ("C24", "Apply", "Einlösen"),
    ("C24", "This code is not valid for this plan.", "Dieser Code gilt nicht für diesen Tarif."),
    (
        "C26",
        "Confirm the early start. Without it we can set up your site only after 14 days.",
        "Bestätigen Sie den vorzeitigen Beginn. Sonst dürfen wir Ihre Website erst nach 14 Tagen einrichten.",
    ),
    ("C27", "E-mail me product news (optional)", "Neuigkeiten per E-Mail erhalten (optional)"),
    ("C27", "Confirmed by a separate e-mail", "Wird per E-Mail bestätigt"),
    ("P10", "Processing …", "Wird verarbeitet …"),
    ("P14", "We are confirming your payment", "Wir bestätigen Ihre Zahlung"),
    ("P16", "Continue to payment", "Weiter zur Zahlung"),
    ("P17", "You have not been charged.", "Es wurde nichts abgebucht."),
    ("T1", "Order received", "Bestellung eingegangen"),
    ("L1", "Order with obligation to pay", "Zahlungspflichtig bestellen"),
    ("L4", "Cancel now", "Jetzt kündigen"),
    ("L5", *EARLY_START),
    (
        "L6",
        "Our %(terms)s apply. Read the %(withdrawal)s and the %(privacy)s.",
        "Es gelten unsere %(terms)s. Beachten Sie die %(withdrawal)s und die %(privacy)s.",
    ),
    ("L6", "terms", "AGB"),
    ("L6", "withdrawal information", "Widerrufsbelehrung"),
    ("L6", "privacy notice", "Datenschutzhinweise"),
    ("L21", "Accessibility", "Barrierefreiheit"),
    ("M1", "Changes saved.", "Änderungen gespeichert."),
    (
        "M3",
        "You were inactive for a while. Submit again; your entries are still here.",
        "Sie waren länger inaktiv. Senden Sie erneut ab; Ihre Eingaben sind noch da.",
    ),
    (
        "M4",
        "You do not have access to this page. Ask an administrator of %(network)s.",
        "Sie haben keinen Zugriff auf diese Seite. Wenden Sie sich an die Administration von %(network)s.",
    ),
    (
        "M5",
        "Something failed on our side. Your entries are still on this page. Try again; reference {id}.",
        "Bei uns ist ein Fehler aufgetreten. Ihre Eingaben sind noch auf dieser Seite. Versuchen Sie es erneut; "
        "Referenz {id}.",
    ),
    (
        "M6",
        "Your payment was declined and nothing was charged. Use another card or ask your bank.",
        "Die Zahlung wurde abgelehnt, es wurde nichts abgebucht. Nutzen Sie eine andere Karte oder fragen Sie Ihre "
        "Bank.",
    ),
    (
        "M7",
        "We do not know yet whether your payment went through. Do not pay again; check the order status.",
        "Wir wissen noch nicht, ob die Zahlung erfolgt ist. Zahlen Sie nicht erneut; prüfen Sie den Bestellstatus.",
    ),
    (
        "M8",
        "The price changed from %(old)s to %(new)s while you were ordering. You have not ordered yet.",
        "Der Preis hat sich während der Bestellung von %(old)s auf %(new)s geändert. Sie haben noch nicht bestellt.",
    ),
    (
        "M9",
        "Your payment arrived, but your site is not ready yet. We are working on it and will e-mail you.",
        "Ihre Zahlung ist eingegangen, Ihre Website ist aber noch nicht bereit. Wir kümmern uns darum und schreiben "
        "Ihnen.",
    ),
    (
        "M15",
        "You are offline. Your entries stay on this page; try again when you are connected.",
        "Sie sind offline. Ihre Eingaben bleiben auf dieser Seite; versuchen Sie es mit Verbindung erneut.",
    ),
]


@pytest.fixture(scope="module")
def german() -> Catalog:
    (path,) = [path for path in translations.catalogues() if "de" in path.parts]
    return translations.read(path)


@pytest.mark.parametrize(("id", "english", "wording"), WORDINGS, ids=[f"{one[0]}: {one[1][:40]}" for one in WORDINGS])
def test_a_sentence_that_was_agreed_upon_is_said_word_for_word(
    german: Catalog, id: str, english: str, wording: str
) -> None:
    message = german.get(english)
    assert message is not None, f"{id}: no text of the product reads {english!r}"
    assert message.string == wording
