"""What we wrote to the customer: the contract's confirmation among it, to be read again (T4)."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from webapp.blueprints.account.base import bp, customer
from webapp.blueprints.views import View
from webapp.domain import mails

PER_PAGE = 25
list_view = View("account/messages.html")
message_view = View("account/message.html")


@bp.get("/messages")
def list_messages() -> ResponseReturnValue:
    asked = request.args.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else None
    rows = mails.of_customer(customer().id, before=before, limit=PER_PAGE + 1)
    more = len(rows) > PER_PAGE
    return list_view.show(
        messages=rows[:PER_PAGE],
        older_url=url_for(".list_messages", before=rows[PER_PAGE - 1].id) if more else None,
        newer_url=url_for(".list_messages") if before else None,
    )


@bp.get("/messages/<int:mail_id>")
def show_message(mail_id: int) -> ResponseReturnValue:
    return message_view.show(message=mails.find_own(mail_id, customer().id))
