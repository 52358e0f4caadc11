"""What an operator types about a template of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import RequestEntityTooLarge
from wtforms import BooleanField, FileField, HiddenField, StringField

from webapp.blueprints.admin.checkout_form_fields import Refusing
from webapp.domain import own_templates, pictures, site_zip
from webapp.domain.own_templates import CATEGORY_LONGEST, DESCRIPTION_LONGEST, TITLE_LONGEST, Facts
from webapp.domain.pictures import Picture
from webapp.errors import Invalid
from webapp.languages import languages
from webapp.models import SiteTemplate

WORDS = {
    "title": (_l("Title (%(language)s)"), TITLE_LONGEST),
    "description": (_l("Description (%(language)s)"), DESCRIPTION_LONGEST),
    "category": (_l("Category (%(language)s)"), CATEGORY_LONGEST),
}


class TemplateForm(Refusing):
    """With a field for each of its words and languages: `title_en`. `version`: of what was looked at."""

    version = HiddenField("")
    file = FileField(_l("Export of a site"))
    with_placeholders = BooleanField(_l("Put placeholders where the site names itself or its owner"), default=True)
    screenshot = FileField(_l("Screenshot"))
    no_screenshot = BooleanField(_l("Remove the screenshot"))
    list_order = StringField(_l("Place in lists"), default="100")
    active = BooleanField(_l("Offer it"), default=True)

    @classmethod
    def blank(cls, title: str = "") -> Self:
        return cls(formdata=None)._with_words({"title": {"en": title}})

    @classmethod
    def of(cls, row: SiteTemplate) -> Self:
        facts = {"version": str(row.version), "list_order": str(row.list_order), "active": row.active}
        words = {"title": row.titles, "description": row.descriptions, "category": row.categories}
        return cls(formdata=None, **facts)._with_words(words)

    @classmethod
    def sent(cls) -> Self:
        return cls()._with_words({})

    def _with_words(self, words: Mapping[str, Mapping[str, str]]) -> Self:
        for name, (label, most) in WORDS.items():
            for code, language in languages().items():
                field = StringField(
                    str(label) % {"language": language}, render_kw={"maxlength": str(most), "autocomplete": "off"}
                )
                self.join(f"{name}_{code}", field, words.get(name, {}).get(code, ""))
        return self

    def facts(self) -> Facts:
        """Raises Invalid for its fields."""
        words = {name: {code: str(self[f"{name}_{code}"].data or "") for code in languages()} for name in WORDS}
        typed = (self.list_order.data or "").strip()
        if not typed.isascii() or not typed.isdigit() or len(typed) > 7:
            number = own_templates.ORDER_AT_MOST
            raise Invalid(_("Enter a whole number of at most %(max)d.", max=number), field="list_order")
        return Facts(
            titles=words["title"],
            descriptions=words["description"],
            categories=words["category"],
            list_order=int(typed),
            active=bool(self.active.data),
            preview=chosen_screenshot(),
            no_preview=bool(self.no_screenshot.data),
        )


def chosen_screenshot() -> Picture | None:
    """Drawn anew. Raises Invalid."""
    try:
        file = request.files.get("screenshot")
    except RequestEntityTooLarge:
        raise site_zip.wrong(site_zip.too_large()) from None
    if file is None or not file.filename:
        return None
    return own_templates.read_screenshot(file.stream.read(pictures.BYTES_AT_MOST + 1))


def context() -> dict[str, Any]:
    """What each page with this form shows beside it."""
    return {"languages": languages(), "most": own_templates.BYTES_AT_MOST, "words": tuple(WORDS)}
