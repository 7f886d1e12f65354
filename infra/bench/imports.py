"""What a handler costs before its first event, over what everybody pays who uses the AWS SDK."""

from pathlib import Path
from statistics import median

from infra import packaging
from infra.bench.fresh import interleaved
from infra.bench.number import Number
from infra.bench.runtime import sdk
from stopship.contract import FUNCTIONS, HANDLER_MODULE, Function

ROUNDS = 7
INTERNAL, PARTNER = 1.9, 2.5
CALLS_PARTNERS = frozenset(
    {
        "desk_api",
        "serve_console",
        "process_intake",
        "normalize_intake",
        "check_fulfillment_state",
        "execute_stop_ship",
        "verify_acknowledgment",
        "raise_exception",
        "cancel_in_order_system",
        "update_netsuite",
        "take_payment_action",
        "close_loop",
        "sweep_cases",
        "sweep_amazon",
        "sweep_payments",
    }
)
"""A secret alone is no call: some need it to prove a sender, to find an address, or to see when a credential ends."""
PARTNERS = {
    "a Shopify order in a 3PL": ("shopify.order_system", "generic_3pl.warehouse"),
    "an Amazon order in a 3PL": ("amazon.order_system", "generic_3pl.warehouse"),
    "NetSuite": ("netsuite.erp", "netsuite.kms_signer"),
    "Shopify payments": ("shopify.payments",),
}
"""What a partner-calling function imports when its first event comes, by what the event is about."""


def limit(function: Function) -> float:
    return PARTNER if function.module in CALLS_PARTNERS else INTERNAL


def import_ratios() -> list[Number]:
    """Each handler, and one with each partner's package, over ``import boto3``; medians of one run."""
    wanted = [(f"import {f.module}", f"{HANDLER_MODULE}.{f.module}", limit(f)) for f in FUNCTIONS]
    wanted += [(f"import for {what}", _with_partner(modules), PARTNER) for what, modules in PARTNERS.items()]
    with sdk() as runtime:
        path: list[Path] = [packaging.code(), packaging.layer("host") / "python", runtime]
        modules = ["boto3", *(module for _, module, _ in wanted)]
        base, *found = (median(seconds) for seconds in interleaved(ROUNDS, [(m, path, {}) for m in modules]))
    return [
        Number(f"{what} / import boto3", seconds / base, most, "x")
        for (what, _, most), seconds in zip(wanted, found, strict=True)
    ]


def _with_partner(modules: tuple[str, ...]) -> str:
    return ", ".join([f"{HANDLER_MODULE}.normalize_intake", *(f"stopship.adapters.{m}" for m in modules)])
