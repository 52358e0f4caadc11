"""What every form of ours is: fields from a form's body, guarded by a token."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import Field
from wtforms.fields.core import UnboundField

from webapp.blueprints.form_fields import Csrf, bound
from webapp.blueprints.form_sentences import Sentences, sentences


class Form(FlaskForm):
    """Reads what a form sends and nothing else: there a field is a text, in JSON it may be anything."""

    class Meta(FlaskForm.Meta):
        csrf_class = Csrf

        def get_translations(self, form: FlaskForm) -> Sentences:
            return sentences

        def bind_field(self, form: FlaskForm, unbound_field: UnboundField, options: dict[str, Any]) -> Field:
            return bound(unbound_field, form, options)

        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            """`formdata` is given, or None for none; Flask-WTF's default stands for what was sent."""
            if formdata is None or isinstance(formdata, MultiDict):
                return formdata
            return request.form if request.method == "POST" else None

    def problems(self) -> list[tuple[str, str]]:
        """(field id, sentence), in the order of the page, for the summary above the form; first, with no id, what
        belongs to no field."""
        own = [one for one in self.every_field() if one.name != "csrf_token"]
        found = [(one.id, str(message)) for one in own for message in one.errors]
        return [*(("", sentence) for sentence in self.general), *found]

    def every_field(self) -> list[Field]:
        """In their order on the page."""
        return list(self)

    @property
    def general(self) -> list[str]:
        """What is wrong with all of it."""
        if "csrf_token" in self and self.csrf_token.errors:
            return [_("You were inactive for a while. Submit again; your entries are still here.")]
        return []
