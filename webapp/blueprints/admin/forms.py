"""What operators fill in."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from webapp.blueprints.form import Form


class CancellationForm(Form):
    """`version`: of the membership that was looked at; empty: whatever it is now."""

    reason = StringField(_l("Reason"), validators=[Length(max=300, message=_l("Use at most 300 characters."))])
    version = IntegerField(validators=[Optional()])
    at_once = StringField()


class RetriesForm(Form):
    """`count`: how many were dead when the operator decided; `typed`: the same by hand, for many."""

    handler = StringField(validators=[InputRequired(), Length(max=160)])
    count = IntegerField(validators=[InputRequired()])
    typed = StringField(_l("Number of deliveries"), render_kw={"inputmode": "numeric", "autocomplete": "off"})


class BulkForm(Form):
    """`count`: how many rows there were when the operator decided; `typed`: the same by hand, for many."""

    count = IntegerField(validators=[InputRequired()])
    typed = StringField(_l("Number of rows"), render_kw={"inputmode": "numeric", "autocomplete": "off"})
    reason = StringField(_l("Reason"), validators=[Length(max=300, message=_l("Use at most 300 characters."))])
    bom = BooleanField(_l("For Excel"))


class SwitchForm(Form):
    """`on`: 1 or 0; `subject`: which of several."""

    on = StringField(validators=[InputRequired()])
    subject = StringField()


class NoteForm(Form):
    """`version`: of the note that was looked at, when one is changed."""

    body = TextAreaField(
        _l("Note"),
        validators=[
            DataRequired(_l("Write something, or leave the page.")),
            Length(max=5000, message=_l("Use at most 5,000 characters.")),
        ],
        render_kw={"rows": 4},
    )
    version = IntegerField(validators=[Optional()])

    def text(self) -> str:
        """As a database keeps it: browsers send other ends of lines than people type, and no database takes a NUL."""
        return str(self.body.data or "").replace("\r\n", "\n").replace("\x00", "").strip()


class ViewForm(Form):
    """A view of the list `noun`, as its address is after the question mark (`query`)."""

    name = StringField(
        _l("Name of the view"),
        validators=[
            DataRequired(_l("Enter a name for the view.")),
            Length(max=60, message=_l("Use at most 60 characters.")),
        ],
        filters=[lambda text: (text or "").replace("\x00", "").strip()],
        render_kw={"autocomplete": "off"},
    )
    shared = BooleanField(_l("Show it to all of the staff"))
    default = BooleanField(_l("Begin with it when I open the list"))
    noun = StringField(validators=[Length(max=40)])
    query = StringField()


def reason_field(missing: str) -> StringField:
    return StringField(
        _l("Reason"),
        validators=[DataRequired(missing), Length(max=300, message=_l("Use at most 300 characters."))],
        render_kw={"autocomplete": "off"},
    )


class ActingForm(Form):
    """Why one of the staff wants to see an account as its customer does."""

    reason = reason_field(_l("Say why you act as this customer."))


class LettingInForm(Form):
    """Why a customer is let in without their second step."""

    reason = reason_field(_l("Say how you know that it is really them."))
