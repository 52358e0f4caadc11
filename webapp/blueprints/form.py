"""What every form of ours is: fields from a form's body, guarded by a token."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict


class Form(FlaskForm):
    """Reads what a form sends and nothing else: there a field is a text, in JSON it may be anything."""

    class Meta(FlaskForm.Meta):
        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            """`formdata` is given, or None for none; Flask-WTF's default stands for what was sent."""
            if formdata is None or isinstance(formdata, MultiDict):
                return formdata
            return request.form if request.method == "POST" else None
