"""What is written to people: worded once, never by what a value says, and in the operator's words where they work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests import factories
from tests.integrations.mailbox import written
from webapp import hooks
from webapp.domain import erasure, mail_links, mail_texts, mails, network
from webapp.domain.mail_kinds.kind import KINDS, NAME, declare
from webapp.domain.mail_rendering import FOLDER, Layout, Source, both, fill, render
from webapp.errors import Conflict, Invalid
from webapp.languages import languages
from webapp.models import MailStatus, MailText
from webapp.transactions import unit_of_work

LAYOUT = Layout("en", "Parzelle", ("Parzelle",))
ALL = [(kind, locale) for kind in KINDS.values() for locale in ("en", "de")]


def write(**changes: Any) -> None:
    values: dict[str, Any] = {"name": "Ada", "link": "https://localhost/password/abc"}
    facts = {"to": "ada@example.com", "locale": "en", "values": values, **changes}
    with unit_of_work("test"):
        mails.send("password_reset", **facts)


def reword(body: str, subject: str = "Own", *, kind: str = "password_reset", version: int | None = None) -> None:
    with unit_of_work("test"):
        mail_texts.change(KINDS[kind], "en", Source(subject, body), version=version)


# -- wording ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("kind", "locale"), ALL, ids=lambda one: getattr(one, "slug", one))
def test_every_kind_has_a_text_in_both_languages_that_can_be_filled_in(app: Flask, kind: Any, locale: str) -> None:
    assert (FOLDER / locale / f"{kind.slug}.md").exists()
    words = mail_texts.preview(kind, locale, mail_texts.default(kind.slug, locale))
    assert words.subject
    assert f'lang="{locale}"' in words.html
    assert "{" not in words.text
    assert "  \n" not in words.text


def test_every_language_we_speak_has_its_mails(app: Flask) -> None:
    assert {folder.name for folder in FOLDER.iterdir() if folder.is_dir()} == set(languages())


def test_each_text_belongs_to_a_kind() -> None:
    assert {file.stem for file in FOLDER.glob("*/*.md")} == set(KINDS)


def test_one_source_becomes_text_and_html() -> None:
    text, html = both(fill("# Hello {{ name }}\n\nOne **two**\nthree\n\n- a\n- b\n\n1. c\n2. d\n", {"name": "Ada"}))
    assert text == "Hello Ada\n\nOne two\nthree\n\n- a\n- b\n\n1. c\n2. d"
    assert "<h1>Hello Ada</h1>" in html
    assert "<strong>two</strong><br />" in html


def test_a_link_that_is_a_paragraph_is_a_button_and_its_address_is_in_the_text() -> None:
    text, html = both(
        fill("[Go on]({{ link }})\n\nRead [this]({{ link }}) too.", {"link": "https://a.example/x?y=1&z"})
    )
    assert text == "Go on:\nhttps://a.example/x?y=1&z\n\nRead this (https://a.example/x?y=1&z) too."
    assert '<a href="https://a.example/x?y=1&amp;z" class="button">Go on</a>' in html


@pytest.mark.parametrize("value", ["<b>x</b>", "[x](https://evil.example)", "**x**", "# x", "![x](y)", "\u2062x\u2063"])
def test_a_value_is_written_as_it_is(value: str) -> None:
    text, html = both(fill("Hello {{ name }}", {"name": value}))
    shown = value.replace("\u2062", "").replace("\u2063", "")
    assert text == f"Hello {shown}"
    assert html == f"<p>Hello {shown.replace('<', '&lt;').replace('>', '&gt;')}</p>\n"


def test_lines_of_a_value_stay_lines() -> None:
    text, html = both(fill("{{ name }}", {"name": "a\nb"}))
    assert text == "a\nb"
    assert html == "<p>a<br>\nb</p>\n"


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "vbscript:x"])
def test_a_link_leads_nowhere_harmful(address: str) -> None:
    _text, html = both(fill("[x]({{ link }})", {"link": address}))
    assert "script:" not in html
    assert "data:" not in html


def test_no_line_break_gets_into_a_subject() -> None:
    words = render(Source("Hello {{ name }}", "x"), {"name": "A\r\nBcc: evil@example.com\u2028B"}, LAYOUT)
    assert words.subject == "Hello A Bcc: evil@example.com B"


# -- recording -------------------------------------------------------------------------------------------------------
def test_a_mail_is_recorded_with_its_words(app: Flask) -> None:
    write(locale="de")
    [mail] = written()
    assert mail.status == MailStatus.PENDING
    assert mail.locale == "de"
    assert mail.subject == "Neues Passwort für Parzelle festlegen"
    assert mail.text.startswith("Guten Tag Ada,")
    assert "-- \nFragen?" in mail.text


def test_nothing_is_recorded_when_the_unit_leaves_nothing_behind(app: Flask) -> None:
    with pytest.raises(ZeroDivisionError), unit_of_work("test"):
        mails.send("test", to="a@example.com", locale="en", values={"name": ""})
        _ = 1 / 0
    assert written() == []


def test_what_is_written_once_is_written_once(app: Flask) -> None:
    write(once="reset:1")
    write(once="reset:1")
    write(once="reset:2")
    assert len(written()) == 2


def test_a_mail_without_all_its_values_is_a_mistake_of_ours(app: Flask) -> None:
    with pytest.raises(ValueError, match="link, name"):
        write(values={"name": "Ada"})


def test_a_language_that_nobody_speaks_becomes_the_networks(app: Flask) -> None:
    with unit_of_work("test"):
        network.change({"default_locale": "de"})
    write(locale="xx")
    write(locale=None)
    assert [mail.locale for mail in written()] == ["de", "de"]


def test_a_secret_link_is_not_readable_where_mails_are_kept(app: Flask) -> None:
    write()
    [mail] = written()
    for kept in (mail.text, mail.html, mail.secrets):
        assert "password/abc" not in kept
    assert "https://localhost/password/abc" in mails.revealed(mail.text, mail.secrets)


# -- the operator's words --------------------------------------------------------------------------------------------
def test_the_operators_words_win(app: Flask) -> None:
    reword("Dear {{ name }}: [here]({{ link }}), {{ network_name }}.", "For {{ name }}")
    write()
    [mail] = written()
    assert mail.subject == "For Ada"
    assert mail.text.startswith("Dear Ada: here (secret-")
    assert mail.problem == ""


def test_words_in_one_language_leave_the_other_as_it_is(app: Flask) -> None:
    reword("English {{ link }}")
    write(locale="de")
    assert written()[0].text.startswith("Guten Tag")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("{{ nmae }}", "no placeholder {{ nmae }}"),
        ("{{ name", "Line 1 cannot be read"),
        ("a\n{% if name %}b", "Line 2 cannot be read"),
        ("{% for x in name %}{{ x }}{% endfor %}", "nothing else in braces"),
        ("{{ name.__class__ }}", "nothing else in braces"),
        ("{{ name * 9999 }}", "nothing else in braces"),
        ("{{ name|center(9) }}", "nothing else in braces"),
        ("{% include 'x' %}", "nothing else in braces"),
        (" ", "Enter a text"),
        ("x" * 20_001, "at most 20000"),
    ],
)
def test_words_that_do_not_work_are_refused_when_they_are_saved(app: Flask, body: str, says: str) -> None:
    with pytest.raises(Invalid, match=says) as refused:
        reword(body)
    assert refused.value.field == "body"


NO_USE, BY_ITSELF = "of no use without its link", "stand by itself"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("Ask us on the phone.", NO_USE),
        ("{% if name %}{{ link }}{% endif %}", NO_USE),
        ("{{ link|replace('example.com', 'evil.example') }}", NO_USE),
        ("{% if link %}[Go](https://evil.example){% endif %}", NO_USE),
        ("{{ link }} {{ link|upper }}", BY_ITSELF),
        ("{{ link }} {{ link if name else name }}", BY_ITSELF),
        ("{{ link }} {% if name == 'Ada' %}https://evil.example/?{{ link }}{% endif %}", BY_ITSELF),
        ("{% if name == 'Ada' %}https://evil.example/?{% endif %}{{ link }}", BY_ITSELF),
        ("{{ name }}{{ link }}", BY_ITSELF),
        ("[Go](https://evil.example/?{{ link }})", BY_ITSELF),
        ("[Go](https://evil.example/?({{ link }}))", BY_ITSELF),
        ("[Go](https://evil.example/?[x]({{ link }}))", BY_ITSELF),
        ("[Go](https://evil.example/?[{{ name }}]({{ link }}))", BY_ITSELF),
        ("[Go]({{ link }}/elsewhere)", BY_ITSELF),
    ],
)
@pytest.mark.parametrize("kind", ["password_reset", "email_verification", "sign_in_changed"])
def test_the_link_that_a_message_is_for_can_neither_be_left_out_nor_led_elsewhere(
    app: Flask, kind: str, body: str, says: str
) -> None:
    with pytest.raises(Invalid, match=says) as refused:
        reword(body, kind=kind)
    assert refused.value.field == "body"


@pytest.mark.parametrize(
    "body",
    [
        "{{ link }}",
        "Hello {{ name }},\n\n[Your way into {{ network_name }}]({{ link }})",
        "Go to <{{ link }}>, or **{{ link }}**. ({{ link }})",
        "{% if name %}Hello {{ name }}, see {{ link }}.{% endif %}\n\n[Go][way]\n\n[way]: {{ link }}",
    ],
)
def test_it_may_be_said_in_many_ways(app: Flask, body: str) -> None:
    reword(body)
    write()
    assert "https://localhost/password/abc" in mails.revealed(written()[0].text, written()[0].secrets)


@pytest.mark.parametrize("locale", ["en", "de"])
def test_our_own_words_keep_it(app: Flask, locale: str) -> None:
    needed = [(kind, one) for kind in KINDS.values() for one in kind.placeholders if one.needed]
    assert {one.name for one in KINDS["password_changed"].placeholders if one.needed} == {"link"}
    for kind, one in needed:
        mail_links.check(mail_texts.default(kind.slug, locale).body, one.name)


@pytest.mark.parametrize(
    "body",
    [
        "{{ name" + "|replace('', 'xxxxxxxxxx')" * 12 + " }}",
        "{{ name" + "|trim" * 300 + " }}",
        "{{ " + "(" * 500 + "name" + ")" * 500 + " }}",
        "{% if name %}" * 150 + "{% endif %}" * 150,
    ],
    ids=["huge", "long chain", "brackets", "conditions"],
)
def test_no_words_keep_us_busy_or_bring_us_down(app: Flask, body: str) -> None:
    with pytest.raises(Invalid) as refused:
        reword(body)
    assert refused.value.field == "body"


def test_a_few_filters_after_each_other_are_fine(app: Flask) -> None:
    reword("Dear {{ name" + "|trim|title" * 8 + " }}, {{ link }}")


def test_words_that_no_longer_work_give_way_to_ours_and_say_why(app: Flask) -> None:
    with unit_of_work("test") as session:
        session.add(MailText(kind="password_reset", locale="en", subject="x", body="Hi {{ gone }}"))
    write()
    [mail] = written()
    assert mail.text.startswith("Hello Ada,")
    assert "gone" in mail.problem


def test_the_slower_of_two_editors_is_told(app: Flask) -> None:
    reword("First {{ link }}")
    with pytest.raises(Conflict):
        reword("Second {{ link }}")
    reword("Second {{ link }}", version=1)
    with pytest.raises(Conflict):
        reword("Third {{ link }}", version=1)


def test_our_words_come_back(app: Flask) -> None:
    reword("Own {{ link }}")
    with unit_of_work("test"):
        assert mail_texts.reset(KINDS["password_reset"], "en")
    write()
    assert written()[0].text.startswith("Hello Ada,")


# -- callbacks -------------------------------------------------------------------------------------------------------
def test_wu_email_content_changes_what_is_written(app: Flask) -> None:
    person, seen = factories.customer(), []

    def add_line(text: str, slug: str, customer: Any) -> str:
        seen.append((slug, customer.id, "**Ada**" in text.replace("\u2062", "").replace("\u2063", "")))
        return text + "\n\nPS: **Come** by."

    hooks.add_filter("wu_email_content", add_line)
    write(values={"name": "**Ada**", "link": "https://localhost/x"}, customer_id=person.id)
    [mail] = written()
    assert seen == [("password_reset", person.id, True)]
    assert "PS: Come by." in mail.text
    assert "<strong>Come</strong>" in mail.html
    assert "Hello **Ada**" in mail.html


@pytest.mark.parametrize("answer", [None, 1 / 2])
def test_a_callback_that_answers_with_no_text_changes_nothing(app: Flask, answer: Any) -> None:
    hooks.add_filter("wu_email_content", lambda text: answer)
    write()
    assert written()[0].text.startswith("Hello Ada,")


def test_a_callback_that_fails_keeps_no_mail_back(app: Flask) -> None:
    hooks.add_filter("wu_email_content", lambda text: 1 / 0)
    write()
    assert written()[0].text.startswith("Hello Ada,")


def test_an_add_on_brings_kinds_and_texts_of_its_own(
    app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "acme_hello.md").write_text("Subject: Hi {{ name }}\n\nAcme says hello to {{ name }}.\n")
    declare("acme_hello", "Acme", NAME, when="Now.", folder=tmp_path)
    monkeypatch.setattr(mail_texts, "default", mail_texts.default.__wrapped__)
    try:
        with unit_of_work("acme"):
            mails.send("acme_hello", to="ada@example.com", locale="de", values={"name": "Ada"})
    finally:
        del KINDS["acme_hello"]
    assert written()[0].subject == "Hi Ada"
    assert "Acme says hello to Ada." in written()[0].text


def test_who_deletes_their_account_leaves_no_mail_behind(app: Flask) -> None:
    person = factories.customer()
    write(customer_id=person.id)
    write(user_id=person.user_id)
    write(to=person.email.upper())
    write()
    with unit_of_work("test") as session:
        erasure.delete_account(session.merge(person))
    assert len(written()) == 1
