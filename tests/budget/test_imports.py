"""What a function that starts does not pay for: counted in modules, in a fresh process."""

import json
import os
import subprocess
import sys

import pytest

from infra.bench.imports import CALLS_PARTNERS, INTERNAL, limit
from infra.packaging import CODE
from stopship.contract import FUNCTIONS, HANDLER_MODULE
from stopship.wiring.desk_models import Cancellation

LATER = {"boto3", "httpx", "stopship.adapters.shopify", "stopship.adapters.amazon", "stopship.adapters.netsuite"}
"""Needed by some events only, or by none."""


def in_a_fresh_process(code: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(CODE.parent)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def test_no_handler_imports_a_partner_or_an_http_client_before_its_first_event() -> None:
    modules = ", ".join(f"{HANDLER_MODULE}.{f.module}" for f in FUNCTIONS)
    loaded = set(json.loads(in_a_fresh_process(f"import json, sys, {modules}; print(json.dumps(list(sys.modules)))")))
    assert {f"{HANDLER_MODULE}.{f.module}" for f in FUNCTIONS} <= loaded
    assert loaded & LATER == set()


def test_only_what_calls_partners_may_take_as_long_as_what_calls_partners() -> None:
    """Each call goes through the gate, which counts it in the traffic table."""
    gated = {f.module for f in FUNCTIONS if {"merchant_secrets", "traffic"} <= f.grants}
    assert gated == CALLS_PARTNERS
    slow = {f.module for f in FUNCTIONS if limit(f) > INTERNAL}
    assert slow == CALLS_PARTNERS
    assert slow.isdisjoint({"receive_webhook", "receive_acknowledgment", "answer_vendor_page", "escalate_exception"})


def test_the_desks_models_are_built_by_the_first_request_that_needs_them() -> None:
    code = f"from {HANDLER_MODULE} import desk_api as d; print(d.Cancellation.__pydantic_complete__)"
    assert in_a_fresh_process(code).strip() == "False"


def test_a_model_that_is_built_late_still_refuses_a_field_that_it_does_not_know() -> None:
    wish = {"request_id": "1", "channel": "shopify", "order_ref": "1001", "reason": "customer_request"}
    assert Cancellation.model_validate(wish).order_ref == "1001"
    with pytest.raises(ValueError, match="bogus"):
        Cancellation.model_validate({**wish, "bogus": 1})
