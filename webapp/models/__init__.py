"""Rows, one file per family, with the behaviour that concerns one row."""

from webapp.models.api import ApiKey, KeptAnswer
from webapp.models.attention import AttentionDigest, AttentionMark
from webapp.models.audit import AuditEntry
from webapp.models.bulk import BulkItem, BulkJob, BulkOutcome, BulkStatus, ExportPart
from webapp.models.catalog import (
    CurrencyPrice,
    PriceVariation,
    PricingType,
    Product,
    ProductType,
    PwywRecurring,
)
from webapp.models.change import Change, ChangeKind, ChangeStatus
from webapp.models.checkout_form import CheckoutDraft, OrderForm
from webapp.models.credential import CredentialSetup, StoredCredential
from webapp.models.credit import CreditBalance, CreditKind, CreditMovement
from webapp.models.declaration import Declaration, DeclarationKind, DeclarationStatus, Hindrance
from webapp.models.discount import DiscountCode, DiscountType, Redemption, RedemptionStatus, Renewals
from webapp.models.domain_name import DomainName, DomainStatus
from webapp.models.figures import DailyFigure, Measure, MovementKind, MrrMovement
from webapp.models.hooks import HookFigure, HookSwitch
from webapp.models.identity import (
    LinkPurpose,
    OneTimeLink,
    Passkey,
    RecoveryCode,
    ResetRequest,
    SecurityEvent,
    SpentChallenge,
    Throttle,
    TotpSecret,
    UserSession,
)
from webapp.models.invoice import Invoice, InvoiceKind, InvoiceSequence
from webapp.models.legal import LegalText
from webapp.models.mail import Mail, MailStatus, MailText
from webapp.models.membership import Membership, MembershipItem, MembershipStatus
from webapp.models.messages import Attempt, Delivery, DeliveryStatus, Event, InboundEvent, InboundStatus
from webapp.models.name_word import NameWord
from webapp.models.network import BrandFile, ClockSlot, Setting
from webapp.models.note import Note
from webapp.models.parts import Meta, Move
from webapp.models.payment import (
    LineItem,
    LineType,
    Payment,
    PaymentKind,
    PaymentStatus,
    Try,
    TryStatus,
)
from webapp.models.people import STAFF, Customer, EmailVerification, Role, User
from webapp.models.rates import ExchangeRate, RateFetch, RateSource
from webapp.models.reconciliation import Reconciliation
from webapp.models.refund import Dispute, DisputeStatus, Refund, RefundKind, RefundStatus
from webapp.models.sale import Sale
from webapp.models.sandbox import (
    RefundManner,
    SandboxCharge,
    SandboxCredential,
    SandboxDispute,
    SandboxDisputeStatus,
    SandboxRefund,
)
from webapp.models.saved_view import SavedView
from webapp.models.site import FormerAddress, Site, SiteStatus, SiteVisits
from webapp.models.site_change import SiteChange, SiteChangeKind, SiteChangeStatus
from webapp.models.site_content import SiteCopy, SitePage, SitePicture
from webapp.models.site_import import ImportStatus, SiteImport
from webapp.models.site_template import SiteTemplate
from webapp.models.site_transfer import SiteTransfer, TransferStatus
from webapp.models.tax import LineTax, TaxDoubt, TaxIdCheck, TaxIdStatus, TaxRate
from webapp.models.trial import KnownBy, TrialClaim

__all__ = [
    "STAFF",
    "ApiKey",
    "Attempt",
    "AttentionDigest",
    "AttentionMark",
    "AuditEntry",
    "BrandFile",
    "BulkItem",
    "BulkJob",
    "BulkOutcome",
    "BulkStatus",
    "Change",
    "ChangeKind",
    "ChangeStatus",
    "CheckoutDraft",
    "ClockSlot",
    "CredentialSetup",
    "CreditBalance",
    "CreditKind",
    "CreditMovement",
    "CurrencyPrice",
    "Customer",
    "DailyFigure",
    "Declaration",
    "DeclarationKind",
    "DeclarationStatus",
    "Delivery",
    "DeliveryStatus",
    "DiscountCode",
    "DiscountType",
    "Dispute",
    "DisputeStatus",
    "DomainName",
    "DomainStatus",
    "EmailVerification",
    "Event",
    "ExchangeRate",
    "ExportPart",
    "FormerAddress",
    "Hindrance",
    "HookFigure",
    "HookSwitch",
    "ImportStatus",
    "InboundEvent",
    "InboundStatus",
    "Invoice",
    "InvoiceKind",
    "InvoiceSequence",
    "KeptAnswer",
    "KnownBy",
    "LegalText",
    "LineItem",
    "LineTax",
    "LineType",
    "LinkPurpose",
    "Mail",
    "MailStatus",
    "MailText",
    "Measure",
    "Membership",
    "MembershipItem",
    "MembershipStatus",
    "Meta",
    "Move",
    "MovementKind",
    "MrrMovement",
    "NameWord",
    "Note",
    "OneTimeLink",
    "OrderForm",
    "Passkey",
    "Payment",
    "PaymentKind",
    "PaymentStatus",
    "PriceVariation",
    "PricingType",
    "Product",
    "ProductType",
    "PwywRecurring",
    "RateFetch",
    "RateSource",
    "Reconciliation",
    "RecoveryCode",
    "Redemption",
    "RedemptionStatus",
    "Refund",
    "RefundKind",
    "RefundManner",
    "RefundStatus",
    "Renewals",
    "ResetRequest",
    "Role",
    "Sale",
    "SandboxCharge",
    "SandboxCredential",
    "SandboxDispute",
    "SandboxDisputeStatus",
    "SandboxRefund",
    "SavedView",
    "SecurityEvent",
    "Setting",
    "Site",
    "SiteChange",
    "SiteChangeKind",
    "SiteChangeStatus",
    "SiteCopy",
    "SiteImport",
    "SitePage",
    "SitePicture",
    "SiteStatus",
    "SiteTemplate",
    "SiteTransfer",
    "SiteVisits",
    "SpentChallenge",
    "StoredCredential",
    "TaxDoubt",
    "TaxIdCheck",
    "TaxIdStatus",
    "TaxRate",
    "Throttle",
    "TotpSecret",
    "TransferStatus",
    "TrialClaim",
    "Try",
    "TryStatus",
    "User",
    "UserSession",
]
