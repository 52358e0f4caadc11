"""What we wrote to the customer: the contract's confirmation among it, to be read again (T4)."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from webapp.blueprints.account.base import bp, customer, paged
from webapp.blueprints.views import View
from webapp.domain import mails

list_view = View("account/messages.html")
message_view = View("account/message.html")


@bp.get("/messages")
def list_messages() -> ResponseReturnValue:
    return list_view.show(**paged(mails.of_customer))


@bp.get("/messages/<int:mail_id>")
def show_message(mail_id: int) -> ResponseReturnValue:
    return message_view.show(message=mails.find_own(mail_id, customer().id))
