"""Which standard reason a root cause stands for, so that what was stated can be set against it.

A root cause that only says why something shipped (silence, late work), or that nothing is known, stands for none: there the stated reason
can be neither right nor wrong.
"""

from stopship.domain.request import Reason
from stopship.domain.root_cause import CUSTOMER_REQUEST

_IMPLIED = {
    CUSTOMER_REQUEST: Reason.CUSTOMER_REQUEST,
    "fraud_risk_assessed": Reason.FRAUD,
    "fraud_suspected": Reason.FRAUD,
    "payment_not_completed": Reason.PAYMENT_TIMEOUT,
    "out_of_stock": Reason.STOCKOUT,
    "address_doubted": Reason.ADDRESS,
    "delivery_promise_missed": Reason.LEAD_TIME,
    **{f"ops_{reason}": reason for reason in Reason},
}


def implied_reason(root_cause: str) -> str:
    return str(_IMPLIED.get(root_cause, ""))
