"""Every kind of message that we write, declared once: what it is for, who gets it, and what its text may name.

Whoever needs a new one adds it to the family it belongs to, and its two texts in `templates/mail/<language>/<slug>.md`:
the subject on the first line, then the body in Markdown, with `{{ placeholders }}` and `{% if … %}`. Importing this
package declares them all; `kind.py` says what a kind is, and keeps them.
"""

from webapp.domain.mail_kinds import consumer_law, memberships, money, orders, signing_in, sites, staff

__all__ = ["consumer_law", "memberships", "money", "orders", "signing_in", "sites", "staff"]
