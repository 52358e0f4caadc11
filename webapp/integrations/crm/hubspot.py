"""HubSpot, contacts API: https://developers.hubspot.com/docs/api-reference/crm-contacts-v3/guide

Contacts are written by batch upsert on the e-mail address, which can be repeated. Plan, status and sign-up
date are properties of ours, made the first time HubSpot says that it does not know them.
"""

from __future__ import annotations

import re
import threading
import time
from typing import Any
from urllib.parse import quote

from webapp.integrations.crm.base import Contact, ContactGone
from webapp.outgoing import PermanentFailure, TryLater
from webapp.settings import Settings
from webapp.vendors.addresses import base_url, credential
from webapp.vendors.answers import Answer
from webapp.vendors.http import VendorHttp

PROPERTIES = [
    {"name": name, "label": label, "type": kind, "fieldType": field, "groupName": "contactinformation"}
    for name, label, kind, field in (
        ("parzelle_plan", "Plan", "string", "text"),
        ("parzelle_status", "Membership status", "string", "text"),
        ("parzelle_signup_date", "Sign-up date", "date", "date"),
    )
]
# Properties made a moment ago are not made again, however many threads are told that they are missing.
MADE_JUST_NOW = 60.0
TEN_SECONDS, AN_HOUR = 10.0, 3600.0


def from_settings(settings: Settings, **options: Any) -> HubSpot | None:
    """None when HUBSPOT_ACCESS_TOKEN is not set. `options`: of its connection."""
    token = credential(settings.env, "HUBSPOT_ACCESS_TOKEN")
    if not token:
        return None
    base = base_url(settings, "HUBSPOT_API_BASE", "https://api.hubapi.com")
    return HubSpot(connect(base, token, **options), settings.env.get("HUBSPOT_API_VERSION") or "v3")


def connect(base: str, token: str, **options: Any) -> VendorHttp:
    headers = {"Authorization": f"Bearer {token}"}
    return VendorHttp("hubspot", base, headers=headers, secrets=[token], pause=pause_after, **options)


def pause_after(answer: Answer) -> float:
    """A 429 without Retry-After: let the window it names pass; after the daily one, ask every hour."""
    said = answer.json()
    if isinstance(said, dict) and said.get("policyName") == "DAILY":
        return AN_HOUR
    window = answer.headers.get("X-HubSpot-RateLimit-Interval-Milliseconds", "")
    return int(window) / 1000 if re.fullmatch(r"\d{1,7}", window) else TEN_SECONDS


class HubSpot:
    """`version` is `v3`, or a dated one like `2026-03`, which stands elsewhere in the path."""

    vendor = "hubspot"

    def __init__(self, http: VendorHttp, version: str = "v3") -> None:
        where = "/crm/v3/{}/contacts" if version == "v3" else f"/crm/{{}}/{version}/contacts"
        self._http = http
        self._contacts, self._properties = where.format("objects"), where.format("properties")
        self._making, self._made_at = threading.Lock(), float("-inf")

    def close(self) -> None:
        self._http.close()

    def look(self) -> None:
        """Read one contact, to see whether we are let in."""
        self._http.call("GET", self._contacts, query={"limit": "1"})

    def upsert(self, contact: Contact) -> str:
        entry = {"id": contact.email, "idProperty": "email", "properties": properties_of(contact)}
        answer = self._write("POST", f"{self._contacts}/batch/upsert", {"inputs": [entry]})
        known = existing_id(answer)
        if known is not None:
            self.update(known, contact)
            return known
        return self._id_in(answer)

    def update(self, contact_id: str, contact: Contact) -> None:
        path = f"{self._contacts}/{quote(contact_id, safe='')}"
        answer = self._write("PATCH", path, {"properties": properties_of(contact)})
        if answer.status == 404:
            raise ContactGone(contact_id)
        other = existing_id(answer)
        if other is not None:
            raise PermanentFailure(
                f"hubspot: contact {other} has the e-mail address of {contact_id} already: merge the two",
                http_status=answer.status,
                answer=self._http.excerpt(answer),
            )
        if answer.status >= 400:
            raise self._http.failure(answer, "the change of a contact")

    def _write(self, method: str, path: str, body: dict[str, Any]) -> Answer:
        answer = self._http.call(method, path, json_body=body, expect={400, 404, 409})
        if lacks_properties(answer) and self._make_properties():
            answer = self._http.call(method, path, json_body=body, expect={400, 404, 409})
            if lacks_properties(answer):
                raise TryLater("hubspot does not know its new properties yet", http_status=answer.status)
        return answer

    def _make_properties(self) -> bool:
        """Whether any is new."""
        with self._making:
            if time.monotonic() - self._made_at < MADE_JUST_NOW:
                return True
            answers = [self._make_property(one) for one in PROPERTIES]
            self._made_at = time.monotonic()
            return any(answer.status != 409 for answer in answers)

    def _make_property(self, definition: dict[str, str]) -> Answer:
        return self._http.call("POST", self._properties, json_body=definition, expect={409})

    def _id_in(self, answer: Answer) -> str:
        excerpt = self._http.excerpt(answer)
        if answer.status == 409:  # somebody made the contact in this very moment: the next time it is found
            raise TryLater("hubspot got the contact meanwhile", http_status=409, answer=excerpt)
        if answer.status >= 400:
            raise self._http.failure(answer, "a contact")
        contact_id = first_id(answer.json())
        if contact_id:
            return contact_id
        if answer.status == 207 and "RATE_LIMIT" not in excerpt:
            raise PermanentFailure("hubspot refuses the contact", http_status=207, answer=excerpt)
        raise TryLater("hubspot named no contact in its answer", http_status=answer.status, answer=excerpt)


def first_id(said: Any) -> str:
    """The id of the one contact in `results`; "" when the answer has another shape."""
    results = said.get("results") if isinstance(said, dict) else None
    first = results[0] if isinstance(results, list) and results else None
    contact_id = str(first.get("id", "")) if isinstance(first, dict) else ""
    return contact_id if re.fullmatch("[0-9]+", contact_id) else ""


def properties_of(contact: Contact) -> dict[str, str]:
    """HubSpot's names, all values text. A name we do not know is left out: "" would clear what is there."""
    first, _, last = contact.name.strip().rpartition(" ")
    names = {"firstname": first or last, "lastname": last if first else ""}
    return {
        "email": contact.email,
        **(names if contact.name else {}),
        "parzelle_plan": contact.plan,
        "parzelle_status": contact.status,
        "parzelle_signup_date": contact.signup_date.isoformat(),
    }


def lacks_properties(answer: Answer) -> bool:
    """Whether it refuses because it does not know a property of ours."""
    text = answer.text if answer.status in (207, 400) else ""
    return "VALIDATION_ERROR" in text and any(one["name"] in text for one in PROPERTIES)


def existing_id(answer: Answer) -> str | None:
    """The contact that has this e-mail address already, when that is why it refuses."""
    found = re.search(r"Existing ID: (\d+)", answer.text) if answer.status in (207, 409) else None
    return found.group(1) if found else None
