"""Reading pages as a person without script does: their text, their links, and their forms as they stand."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


class Page(HTMLParser):
    """A page taken apart. `forms`: action and fields as a browser would send them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.text_parts: list[str] = []
        self.forms: list[dict[str, Any]] = []
        self.links: list[tuple[str, str]] = []
        self.ids: set[str] = set()
        self.buttons: list[str] = []
        self._select: str | None = None
        self._area: str | None = None
        self._capture: list[str] | None = None
        self._silent = 0
        self.feed(html)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.text_parts).split())

    @property
    def fields(self) -> dict[str, str]:
        """Of the form with the most of them: what the page is about."""
        found: dict[str, str] = max((form["fields"] for form in self.forms), key=len)
        return found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if "id" in values:
            self.ids.add(values["id"])
        if tag in ("script", "style"):
            self._silent += 1
        if tag == "form":
            self.forms.append({"action": values.get("action", ""), "method": values.get("method", "get"), "fields": {}})
        elif tag == "a":
            self.links.append((values.get("href", ""), ""))
            self._capture = []
        elif tag == "button":
            self._capture = []
        elif tag in ("input", "select", "textarea", "option") and self.forms:
            self._field(tag, values)

    def _field(self, tag: str, values: dict[str, str]) -> None:
        fields, name = self.forms[-1]["fields"], values.get("name", "")
        if tag == "option" and self._select is not None:
            if "selected" in values or self._select not in fields:
                fields[self._select] = values.get("value", "")
        elif tag == "select":
            self._select = name
        elif tag == "textarea":
            self._area, fields[name] = name, ""
        elif tag == "input" and name and values.get("type", "text") not in ("submit", "button"):
            kind = values.get("type", "text")
            if kind not in ("radio", "checkbox"):
                fields[name] = values.get("value", "")
            elif "checked" in values:
                fields[name] = values.get("value", "on")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._silent -= 1
        if tag == "select":
            self._select = None
        if tag == "textarea" and self._area is not None:
            self._area = None
        if tag == "a" and self._capture is not None and self.links:
            self.links[-1] = (self.links[-1][0], " ".join("".join(self._capture).split()))
            self._capture = None
        if tag == "button" and self._capture is not None:
            self.buttons.append(" ".join("".join(self._capture).split()))
            self._capture = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self.forms[-1]["fields"][self._area] += data.removeprefix("\r").removeprefix("\n")
        if not self._silent:
            self.text_parts.append(data)
            if self._capture is not None:
                self._capture.append(data)


class Browser:
    """Follows redirects on our own host only, and keeps the page it is on."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.response: TestResponse
        self.page: Page
        self.url = ""

    def get(self, url: str) -> Page:
        return self._arrive(self.client.get(local(url)), url)

    def submit(self, index: int | None = None, *, press: dict[str, str] | None = None, **values: Any) -> Page:
        """Send a form as it stands with `values` changed (None takes a field away), by the button `press`."""
        form = self.page.forms[self._main_form() if index is None else index]
        data = {
            name: value for name, value in {**form["fields"], **values, **(press or {})}.items() if value is not None
        }
        return self._arrive(self.client.post(local(form["action"] or self.url), data=data), form["action"] or self.url)

    def _main_form(self) -> int:
        """The form with the most fields: not the sign-out button of the header."""
        return max(range(len(self.page.forms)), key=lambda one: len(self.page.forms[one]["fields"]))

    def _arrive(self, response: TestResponse, url: str) -> Page:
        for _ in range(8):
            if response.status_code not in (301, 302, 303, 307, 308):
                break
            url = response.headers["Location"]
            response = self.client.get(local(url))
        self.response, self.url = response, local(url)
        self.page = Page(response.get_data(as_text=True))
        return self.page


def local(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")
