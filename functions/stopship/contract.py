"""Names that the code, the infrastructure and the state machine share. Nothing else may be shared between them."""

from collections.abc import Mapping
from typing import Literal

from stopship.frozen import frozen

PROJECT = "stopship"
STATE_MACHINE = "cancel-case"
HANDLER_MODULE = "stopship.handlers"

METRIC_NAMESPACE = "Stopship"
LIVE_FIGURES = (
    "CancellationRate",
    "StopSuccessRate",
    "TimeToCancelP50",
    "TimeToCancelP90",
    "TimeToCancelP95",
    "SaveRateGross",
    "SaveRateNet",
    "LeakageCount",
    "DoubleCostCases",
    "FinanceDrift",
    "ExceptionBacklog",
    "SlaAttainment",
    "ReasonNoise",
    "SilentRate",
    "FalseOkRate",
    "AmazonCancelRate",
    "AmazonCancelRateNext",
)
"""Metrics that are a merchant's figures of the week that runs, named after their measures."""
METRICS: Mapping[str, tuple[str, ...]] = {
    "CasesOpened": ("merchant", "channel"),
    "CasesClosed": ("outcome",),
    "ExceptionsOpened": ("tier",),
    "StopShipAcknowledged": ("level",),
    "ShippedAfterStop": ("merchant",),
    "ShippedAfterStopAnywhere": ("stage",),
    "MoneyMoved": ("kind",),
    "CredentialDaysLeft": ("merchant", "connection"),
    "FirstCredentialDaysLeft": ("stage",),
    "PartnersDown": ("merchant",),
    "PartnersDownAnywhere": ("stage",),
    "PartnerCalls": ("merchant", "partner"),
    "PartnerTroubles": ("merchant", "partner"),
    "PartnerSeconds": ("merchant", "partner"),
    "OldestException": ("tier",),
    **dict.fromkeys(LIVE_FIGURES, ("merchant",)),
}
"""Each of our own metrics and the dimensions that it carries. An alarm cannot look for merchants that it does not know: what it watches is
counted for the whole stage as well."""

ROLES = ("agent", "lead", "finance", "auditor", "admin")
TEAMS = ("ops", "warehouse", "fraud", "finance")
TIERS = ("P1", "P2", "P3")
OUTCOMES = ("stopped", "shipped", "blocked", "saved", "withdrawn")
LEVELS = ("sent", "accepted", "system_cancelled", "physically_stopped", "rejected", "silent")

OUTAGES_INDEX = "outages"
"""Index of the traffic table: the partners that are down."""

AMAZON_SOURCE_PREFIX = "aws.partner/sellingpartnerapi.amazon.com/"
"""EventBridge source of Amazon's notifications (Selling Partner API, notifications use case guide)."""
SHOPIFY_SOURCE_PREFIX = "aws.partner/shopify.com/"
"""EventBridge source of Shopify's webhooks; the app's id and the source's name follow (shopify.dev, "Deliver webhooks through EventBridge")."""

SHOPIFY_COUNTED = ("orders/create",)
SHOPIFY_PRIVACY = ("customers/data_request", "customers/redact", "shop/redact")
"""Topics that go to queues of their own: what is counted must not stand in the way of a cancel, and what erases has rights of its own."""

AMAZON_NOTIFIER = "437568002678"
"""The account from which Amazon sends notifications that it does not send over EventBridge (SP-API, SQS workflow tutorial)."""


def function_name(stage: str, module: str) -> str:
    """A deployed function's physical name."""
    return f"{PROJECT}-{stage}-{module.replace('_', '-')}"


def state_machine_name(stage: str) -> str:
    return f"{PROJECT}-{stage}-{STATE_MACHINE}"


def merchant_secret_name(stage: str, merchant: str) -> str:
    """One secret per merchant: its connections and credentials, as JSON."""
    return f"{PROJECT}/{stage}/merchants/{merchant}"


def merchant_parameter_name(stage: str, merchant: str) -> str:
    """One parameter per merchant: routing and policy override, nothing secret."""
    return f"/{PROJECT}/{stage}/merchants/{merchant}"


def route_parameter_name(stage: str, source: str, address: str) -> str:
    """Which merchant an address belongs to: a sender's (a shop domain), or the one that a mail is for (``<domain>/<local part>``)."""
    return f"/{PROJECT}/{stage}/routes/{source}/{address}"


Kind = Literal["door", "worker", "step", "projection", "timer"]
Grant = Literal[
    "ledger_read",
    "ledger_list",
    "ledger_open_cases",
    "ledger_append",
    "traffic",
    "outages",
    "merchant_names",
    "merchant_secrets",
    "merchant_parameters",
    "merchant_routes",
    "merchant_list",
    "partner_tokens",
    "sessions",
    "sign_in",
    "evidence_write",
    "evidence_read",
    "mail_read",
    "mail_consume",
    "evidence_erase",
    "intake_send",
    "intake_consume",
    "counts_send",
    "counts_consume",
    "privacy_send",
    "privacy_consume",
    "start_execution",
    "look_at_executions",
    "wake_task",
    "send_mail",
    "exception_send",
    "exception_take",
    "notice_send",
    "timer_create",
    "kms_sign",
    "form_mac",
    "stream_read",
    "facts_write",
    "facts_read",
    "reports_write",
    "reports_read",
]


@frozen
class Function:
    """A deployed function. ``grants`` is all it may do; infra turns each into the narrowest statement. ``reports``: it reckons and draws, and
    gets the dependencies for that, which no other function carries."""

    module: str
    kind: Kind
    grants: frozenset[Grant]
    timeout_seconds: int = 30
    memory_mb: int = 512
    reports: bool = False

    @property
    def name(self) -> str:
        """The construct id and state-machine substitution stem: ``NormalizeIntake``."""
        return "".join(part.capitalize() for part in self.module.split("_"))


def _function(
    module: str,
    kind: Kind,
    *grants: Grant,
    timeout_seconds: int = 30,
    memory_mb: int = 512,
    reports: bool = False,
) -> Function:
    return Function(module, kind, frozenset(grants), timeout_seconds, memory_mb, reports)


_STEP: tuple[Grant, ...] = ("ledger_read", "ledger_append")
_PARTNER: tuple[Grant, ...] = (*_STEP, "merchant_secrets", "traffic")
_WITH_TOKENS: tuple[Grant, ...] = (*_PARTNER, "partner_tokens")
"""Calls partners whose access tokens are shared: order systems, the ERP, warehouses."""

_DESK: tuple[Grant, ...] = (
    *_WITH_TOKENS,
    "ledger_list",
    "evidence_write",
    "exception_take",
    "kms_sign",
    "timer_create",
    "wake_task",
)
"""What people do about exceptions: a plan reads partners as the steps do, and an answer wakes the case."""

FUNCTIONS: tuple[Function, ...] = (
    _function(
        "receive_webhook",
        "door",
        "merchant_secrets",
        "merchant_parameters",
        "evidence_write",
        "intake_send",
        "counts_send",
        "privacy_send",
        timeout_seconds=5,
    ),
    _function(
        "receive_acknowledgment",
        "door",
        "ledger_read",
        "ledger_append",
        "merchant_secrets",
        "wake_task",
        timeout_seconds=10,
    ),
    _function(
        "answer_vendor_page",
        "door",
        "ledger_read",
        "ledger_append",
        "merchant_secrets",
        "evidence_write",
        "wake_task",
        timeout_seconds=10,
    ),
    _function(
        "cancel_form",
        "door",
        "merchant_parameters",
        "form_mac",
        "evidence_write",
        "intake_send",
        timeout_seconds=10,
    ),
    _function(
        "desk_api",
        "door",
        *_DESK,
        "outages",
        "intake_send",
        timeout_seconds=29,
    ),
    _function(
        "serve_console",
        "door",
        *_DESK,
        "sessions",
        "sign_in",
        "outages",
        "merchant_parameters",
        "evidence_read",
        "intake_send",
        timeout_seconds=25,
        memory_mb=1024,
    ),
    _function(
        "serve_figures",
        "door",
        "sessions",
        "sign_in",
        "reports_read",
        timeout_seconds=29,
        memory_mb=2048,
        reports=True,
    ),
    _function(
        "receive_mail",
        "door",
        "mail_consume",
        "mail_read",
        "merchant_parameters",
        "evidence_write",
        "intake_send",
        timeout_seconds=30,
    ),
    _function(
        "process_intake",
        "worker",
        "intake_consume",
        "ledger_read",
        "ledger_list",
        "ledger_append",
        "evidence_write",
        "evidence_read",
        "traffic",
        "merchant_secrets",
        "merchant_parameters",
        "partner_tokens",
        "start_execution",
        "wake_task",
        "send_mail",
        "form_mac",
        timeout_seconds=20,
    ),
    _function("count_orders", "worker", "counts_consume", "ledger_append", "merchant_parameters", timeout_seconds=20),
    _function(
        "erase_personal_data",
        "worker",
        "privacy_consume",
        "evidence_write",
        "evidence_read",
        "evidence_erase",
        "form_mac",
        "ledger_read",
        "ledger_list",
        "ledger_append",
        "merchant_parameters",
        timeout_seconds=120,
    ),
    _function("normalize_intake", "step", *_WITH_TOKENS, timeout_seconds=60),
    _function("classify", "step", *_STEP),
    _function("check_fulfillment_state", "step", *_WITH_TOKENS, timeout_seconds=60),
    _function("apply_stop_ship_rule", "step", *_STEP, "wake_task"),
    _function("execute_stop_ship", "step", *_WITH_TOKENS, "wake_task", "send_mail", timeout_seconds=60),
    _function("verify_acknowledgment", "step", *_WITH_TOKENS, "wake_task", timeout_seconds=60),
    _function("raise_exception", "step", *_WITH_TOKENS, "kms_sign", "wake_task", "timer_create", timeout_seconds=60),
    _function("cancel_in_order_system", "step", *_WITH_TOKENS, "evidence_read", timeout_seconds=60),
    _function("update_netsuite", "step", *_WITH_TOKENS, "kms_sign", timeout_seconds=60),
    _function("await_submission", "step", "ledger_read", "ledger_append", "wake_task"),
    _function("take_payment_action", "step", *_WITH_TOKENS, timeout_seconds=60),
    _function("close_loop", "step", *_WITH_TOKENS, "send_mail", timeout_seconds=60),
    _function("project_ledger", "projection", "stream_read", "exception_send", "ledger_append", timeout_seconds=60),
    _function("project_facts", "projection", "stream_read", "ledger_read", "facts_write", timeout_seconds=120),
    _function(
        "export_facts",
        "timer",
        "facts_read",
        "facts_write",
        "reports_write",
        "reports_read",
        "merchant_list",
        timeout_seconds=900,
        memory_mb=2048,
        reports=True,
    ),
    _function(
        "make_report",
        "timer",
        "reports_read",
        "reports_write",
        "merchant_parameters",
        "merchant_secrets",
        "send_mail",
        timeout_seconds=900,
        memory_mb=3008,
        reports=True,
    ),
    _function("check_credentials", "timer", "merchant_names", "merchant_secrets", timeout_seconds=60),
    _function(
        "escalate_exception",
        "timer",
        "ledger_read",
        "ledger_append",
        "timer_create",
        "notice_send",
        "merchant_secrets",
    ),
    _function(
        "sweep_cases",
        "timer",
        "ledger_read",
        "ledger_open_cases",
        "ledger_append",
        "traffic",
        "outages",
        "start_execution",
        "look_at_executions",
        "wake_task",
        "timer_create",
        "merchant_secrets",
        "send_mail",
        "notice_send",
        timeout_seconds=120,
    ),
    _function(
        "sweep_amazon",
        "timer",
        "ledger_read",
        "ledger_append",
        "traffic",
        "partner_tokens",
        "merchant_secrets",
        "merchant_routes",
        "evidence_write",
        "intake_send",
        timeout_seconds=120,
    ),
    _function(
        "sweep_payments",
        "timer",
        "traffic",
        "merchant_list",
        "merchant_secrets",
        "evidence_write",
        "intake_send",
        timeout_seconds=300,
    ),
)
