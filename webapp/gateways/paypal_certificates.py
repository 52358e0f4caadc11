"""The certificates that PayPal signs its notices by: from PayPal only, of a chain that ends where we trust, kept.

https://developer.paypal.com/api/rest/webhooks/rest/#link-messageverification
"""

from __future__ import annotations

import logging
import threading
import warnings
from collections import OrderedDict, deque
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from webapp import clock
from webapp.gateways.base import BadNotice
from webapp.outgoing import DeliveryFailure
from webapp.vendors.addresses import is_this_machine
from webapp.vendors.answers import Limits
from webapp.vendors.http import VendorHttp

log = logging.getLogger(__name__)

NAMES = ("messageverificationcerts.paypal.com", "messageverificationcerts.sandbox.paypal.com")
LIMITS = Limits(connect=3.0, read=5.0, total=6.0, answer_bytes=64 * 1024)
KEPT = 16
END = b"-----END CERTIFICATE-----\n"
# Whoever forges notices makes us ask for certificates: no more often than this, so that it costs nobody anything.
ASKED_AT_MOST, WITHIN = 12, timedelta(minutes=1)


class NotHad(Exception):
    """There is no certificate that can be trusted: PayPal is to be asked instead."""


class Certificates:
    """Of one account. `roots`: whose chains are trusted; None for the public authorities.

    A stand-in for PayPal on this machine gives out its own certificates, and nobody vouches for those.
    """

    def __init__(self, base: str, roots: Sequence[x509.Certificate] | None = None) -> None:
        self._base, self._roots = base, roots
        self._stand_in = is_this_machine(base)
        self._kept: OrderedDict[str, x509.Certificate] = OrderedDict()
        self._asked: deque[Any] = deque()
        self._one = threading.Lock()

    def key(self, url: str) -> rsa.RSAPublicKey:
        """What a notice with this address was signed by. Raises BadNotice for one not of PayPal's, and NotHad."""
        if not self.is_allowed(url):
            raise BadNotice("its certificate is not PayPal's")
        with self._one:
            known = self._kept.get(url)
        if known is None or not known.not_valid_before_utc <= clock.now() <= known.not_valid_after_utc:
            known = self._fetched(url)
            with self._one:
                self._kept[url] = known
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        key = known.public_key()
        if not isinstance(key, rsa.RSAPublicKey) or key.key_size < 2048:
            raise NotHad("its certificate has no key that notices are signed by")
        return key

    def is_allowed(self, url: str) -> bool:
        if self._stand_in:
            return len(url) <= 500 and url.startswith(f"{self._base}/")
        return is_paypals(url)

    def _fetched(self, url: str) -> x509.Certificate:
        self.spend()
        parts = urlsplit(url)
        http = VendorHttp("paypal certificates", f"{parts.scheme}://{parts.netloc}", limits=LIMITS)
        try:
            pem = http.call("GET", parts.path).body
        except DeliveryFailure as failure:
            raise NotHad(failure.reason) from None
        finally:
            http.close()
        return self._trusted(pem)

    def spend(self) -> None:
        """One more question to PayPal because of a notice. Raises NotHad when there were too many of them lately."""
        with self._one:
            while self._asked and self._asked[0] <= clock.now() - WITHIN:
                self._asked.popleft()
            if len(self._asked) >= ASKED_AT_MOST:
                raise NotHad("too many questions because of notices")
            self._asked.append(clock.now())

    def _trusted(self, pem: bytes) -> x509.Certificate:
        try:
            chain = x509.load_pem_x509_certificates(pem)
        except ValueError:
            raise NotHad("the certificate cannot be read") from None
        if self._stand_in and self._roots is None:
            return chain[0]
        return check_chain(chain, public_authorities() if self._roots is None else self._roots)


def is_paypals(url: str) -> bool:
    parts = urlsplit(url) if len(url) <= 500 and url.isascii() and url.isprintable() else urlsplit("")
    if parts.scheme != "https" or "@" in parts.netloc or parts.query or parts.fragment or "\\" in url:
        return False
    host, _colon, port = parts.netloc.lower().partition(":")
    return port in ("", "443") and host.endswith(".paypal.com") and host.replace(".", "").replace("-", "").isalnum()


def check_chain(chain: Sequence[x509.Certificate], roots: Sequence[x509.Certificate]) -> x509.Certificate:
    """The first of them, when it is PayPal's for notices, good today, and vouched for. Raises NotHad."""
    builder = PolicyBuilder().store(Store(list(roots))).time(clock.now().replace(tzinfo=None)).max_chain_depth(4)
    for name in NAMES:
        try:
            builder.build_server_verifier(x509.DNSName(name)).verify(chain[0], list(chain[1:]))
        except VerificationError as error:
            problem = str(error)
        else:
            return chain[0]
    log.warning("paypal.certificate_not_trusted", extra={"problem": problem[:200]})
    raise NotHad("the certificate is not trusted")


@lru_cache(maxsize=1)
def public_authorities() -> Sequence[x509.Certificate]:
    """But for those that are not made as they should be, which PayPal's do not hang on."""
    with open(DEFAULT_CA_BUNDLE_PATH, "rb") as file:
        blocks = file.read().split(END)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return [one for block in blocks if (one := _authority(block + END)) is not None]


def _authority(block: bytes) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(block)
    except (ValueError, CryptographyDeprecationWarning):
        return None
