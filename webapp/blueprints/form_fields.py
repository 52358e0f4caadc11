"""How a form comes by its fields: each is built once in a process, and copied for every form.

Building a field looks at its validators, flags and label anew, and the order form has two dozen. Copies share what they
were built with: whoever wants one to be different gives it another (`field.validators = [...]`, `field.choices = …`)
and changes nothing in place.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from flask_wtf.csrf import _FlaskFormCSRF
from wtforms import Field, FieldList, FormField, HiddenField
from wtforms.csrf.core import CSRFTokenField
from wtforms.fields.core import UnboundField
from wtforms.meta import DefaultMeta

NOBODY = DefaultMeta()
_patterns: WeakKeyDictionary[UnboundField, Field] = WeakKeyDictionary()


def bound(unbound: UnboundField, form: Any, options: dict[str, Any]) -> Field:
    """The field of this form, as `unbound.bind` would make it."""
    if not may_be_copied(unbound):
        return unbound.bind(form=form, **options)
    pattern = _patterns.get(unbound)
    if pattern is None or pattern.short_name != options["name"] or pattern.name != options["prefix"] + options["name"]:
        pattern = _patterns[unbound] = unbound.bind(form=None, _meta=NOBODY, **options)
    field = object.__new__(type(pattern))  # a field's own `__new__` would leave it unbound
    vars(field).update(vars(pattern), _form=form, meta=form.meta)
    return field


def may_be_copied(unbound: UnboundField) -> bool:
    """Not what holds other fields, nor the token; nor a field without a label, whose name WTForms translates."""
    label = unbound.args[0] if unbound.args else unbound.kwargs.get("label")
    return label is not None and not issubclass(unbound.field_class, FormField | FieldList | CSRFTokenField)


class TokenField(CSRFTokenField):
    """Its token is made when it is shown; most forms that are sent are not shown again."""

    @property
    def current_token(self) -> str:
        token: str = self.csrf_impl.generate_csrf_token(self)
        return token

    def process(self, *args: Any, **kwargs: Any) -> None:
        HiddenField.process(self, *args, **kwargs)


class Csrf(_FlaskFormCSRF):
    field_class = TokenField
