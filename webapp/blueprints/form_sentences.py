"""What a form says where a field has no sentence of its own: the library's words do not say what to do."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

NOT_OFFERED = _l("Choose one from the list.")
SENTENCES = {
    "This field is required.": _l("Enter something here."),
    "Not a valid choice.": NOT_OFFERED,
    "Invalid Choice: could not coerce.": NOT_OFFERED,
    "Invalid choice(s): one or more data inputs could not be coerced.": NOT_OFFERED,
    "Not a valid integer value.": _l("Enter a whole number."),
    "Not a valid decimal value.": _l("Enter a number."),
    "Not a valid date value.": _l("Enter a date, for example 2026-12-31."),
    "Number must be between %(min)s and %(max)s.": _l("Enter a number from %(min)s to %(max)s."),
    "Number must be at least %(min)s.": _l("Enter %(min)s or more."),
    "Number must be at most %(max)s.": _l("Enter %(max)s or less."),
}
TOO_LONG = "Field cannot be longer than %(max)d character."


class Sentences:
    """WTForms asks this for its messages, and for the names of fields without a label, which stay as they are."""

    def gettext(self, message: str) -> str:
        return str(SENTENCES.get(message, message))

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        if singular == TOO_LONG:
            # The figures are filled in by whoever asks.
            return str(_l("Use at most %(max)d characters."))
        if singular.startswith("'%(value)s'"):  # of several that were ticked
            return str(NOT_OFFERED)
        return singular if number == 1 else plural


sentences = Sentences()
