"""Rows, one file per family, with the behaviour that concerns one row."""

from webapp.models.attention import AttentionDigest, AttentionMark
from webapp.models.audit import AuditEntry
from webapp.models.bulk import BulkItem, BulkJob, BulkOutcome, BulkStatus, ExportPart
from webapp.models.catalog import (
    DiscountCode,
    DiscountType,
    PriceVariation,
    PricingType,
    Product,
    ProductType,
    Redemption,
    RedemptionStatus,
    Renewals,
)
from webapp.models.declaration import Declaration, DeclarationKind, DeclarationStatus, Hindrance
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
from webapp.models.legal import LegalText
from webapp.models.mail import Mail, MailStatus, MailText
from webapp.models.membership import Membership, MembershipItem, MembershipStatus, StoredCredential
from webapp.models.messages import Attempt, Delivery, DeliveryStatus, Event, InboundEvent, InboundStatus
from webapp.models.network import BrandFile, ClockSlot, Setting
from webapp.models.note import Note
from webapp.models.parts import Meta, Move
from webapp.models.payment import (
    LineItem,
    LineType,
    Payment,
    PaymentKind,
    PaymentStatus,
    Refund,
    RefundStatus,
    Try,
    TryStatus,
)
from webapp.models.people import STAFF, Customer, EmailVerification, Role, User
from webapp.models.sale import Sale
from webapp.models.sandbox import SandboxCharge, SandboxCredential, SandboxRefund
from webapp.models.saved_view import SavedView
from webapp.models.site import Site, SiteStatus

__all__ = [
    "STAFF",
    "Attempt",
    "AttentionDigest",
    "AttentionMark",
    "AuditEntry",
    "BrandFile",
    "BulkItem",
    "BulkJob",
    "BulkOutcome",
    "BulkStatus",
    "ClockSlot",
    "Customer",
    "DailyFigure",
    "Declaration",
    "DeclarationKind",
    "DeclarationStatus",
    "Delivery",
    "DeliveryStatus",
    "DiscountCode",
    "DiscountType",
    "EmailVerification",
    "Event",
    "ExportPart",
    "Hindrance",
    "HookFigure",
    "HookSwitch",
    "InboundEvent",
    "InboundStatus",
    "LegalText",
    "LineItem",
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
    "Note",
    "OneTimeLink",
    "Passkey",
    "Payment",
    "PaymentKind",
    "PaymentStatus",
    "PriceVariation",
    "PricingType",
    "Product",
    "ProductType",
    "RecoveryCode",
    "Redemption",
    "RedemptionStatus",
    "Refund",
    "RefundStatus",
    "Renewals",
    "ResetRequest",
    "Role",
    "Sale",
    "SandboxCharge",
    "SandboxCredential",
    "SandboxRefund",
    "SavedView",
    "SecurityEvent",
    "Setting",
    "Site",
    "SiteStatus",
    "SpentChallenge",
    "StoredCredential",
    "Throttle",
    "TotpSecret",
    "Try",
    "TryStatus",
    "User",
    "UserSession",
]
