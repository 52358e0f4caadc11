"""The address that somebody probably meant. It is offered, and nothing more: rare domains are not wrong ones."""

from __future__ import annotations

# Where most people have their mailbox. What is in here is never taken for a slip of another.
KNOWN = (
    *("gmail.com", "googlemail.com", "outlook.com", "outlook.de", "hotmail.com", "hotmail.de", "live.com", "live.de"),
    *("msn.com", "icloud.com", "me.com", "mac.com", "yahoo.com", "yahoo.de", "ymail.com", "aol.com", "aol.de"),
    *("gmx.de", "gmx.net", "gmx.at", "gmx.ch", "gmx.com", "web.de", "mail.de", "email.de", "posteo.de", "posteo.net"),
    *("mailbox.org", "t-online.de", "freenet.de", "arcor.de", "online.de", "vodafone.de", "1und1.de", "mail.com"),
    *("email.com", "proton.me", "protonmail.com", "pm.me", "tutanota.com", "tutanota.de", "tuta.io", "bluewin.ch"),
    *("aon.at", "chello.at", "orange.fr", "free.fr", "libero.it", "hotmail.fr", "hotmail.it", "yahoo.fr", "yahoo.it"),
    *("hotmail.co.uk", "yahoo.co.uk", "btinternet.com", "zoho.com", "fastmail.com", "hey.com"),
)
# Endings that no domain has, and what the fingers wanted.
ENDINGS = {
    "con": "com",
    "cmo": "com",
    "ocm": "com",
    "comm": "com",
    "vom": "com",
    "xom": "com",
    "ed": "de",
    "nett": "net",
}
# Of shorter names nearly all that differ by a letter are domains of somebody's own.
SHORTEST = 7


def meant(email: str) -> str:
    """`ada@gmail.com` for `ada@gmial.con`; "" where the domain reads as it should, or like nothing that is known."""
    name, _at, typed = email.strip().rpartition("@")
    typed = typed.lower()
    if not name or typed in KNOWN:
        return ""
    dotted = typed.replace(",", ".")
    stem, _dot, ending = dotted.rpartition(".")
    mended = f"{stem}.{ENDINGS[ending]}" if ending in ENDINGS and stem else dotted
    domain = next((one for one in KNOWN if is_slip(mended, one)), mended)
    return f"{name}@{domain}" if domain != typed else ""


def is_slip(typed: str, wanted: str) -> bool:
    """Whether one letter is missing, too many, another, or has changed places with its neighbour."""
    if typed == wanted:
        return True
    if len(wanted) < SHORTEST or abs(len(typed) - len(wanted)) > 1:
        return False
    same = next((at for at, pair in enumerate(zip(typed, wanted, strict=False)) if pair[0] != pair[1]), len(typed))
    typed, wanted = typed[same:], wanted[same:]
    swapped = typed[:2] == wanted[1::-1] and typed[2:] == wanted[2:]
    return swapped or typed[1:] == wanted or typed == wanted[1:] or typed[1:] == wanted[1:]
