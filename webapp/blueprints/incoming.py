"""What every view is given: the request, without the one sign that no database takes and no person types."""

from __future__ import annotations

import flask
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.utils import cached_property


def without_nul(values: MultiDict[str, str]) -> MultiDict[str, str]:
    if not any("\x00" in name or "\x00" in value for name, value in values.items(multi=True)):
        return values
    return ImmutableMultiDict((name, value.replace("\x00", "")) for name, value in values.items(multi=True))


class Request(flask.Request):
    @cached_property
    def args(self) -> MultiDict[str, str]:
        return without_nul(super().args)

    def _load_form_data(self) -> None:
        super()._load_form_data()
        self.__dict__["form"] = without_nul(self.__dict__["form"])
