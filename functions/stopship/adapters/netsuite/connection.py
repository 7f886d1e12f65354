"""What the desk must know to reach one merchant's NetSuite."""

from stopship.frozen import frozen

TOKEN_PATH = "/services/rest/auth/oauth2/v1/token"  # noqa: S105 - a path
RECORD_PATH = "/services/rest/record/v1/salesOrder"
CATALOG_PATH = "/services/rest/record/v1/metadata-catalog/salesOrder"
LIMITS_PATH = "/services/rest/system/v1/governanceLimits"
QUERY_PATH = "/services/rest/query/v1/suiteql"


@frozen
class NetSuiteConnection:
    """``endpoint`` is ``https://<account>.suitetalk.api.netsuite.com``. ``client_id`` is the integration's, ``certificate_id`` the id that
    NetSuite gave the certificate in the client credentials setup; its private key never leaves KMS.

    ``order_ref_field`` is the sales order's field that holds the order reference, ``line_ref_field`` the line field that holds the
    order line id ("" when lines carry none).
    """

    merchant: str
    endpoint: str
    client_id: str
    certificate_id: str
    order_ref_field: str = "otherrefnum"
    line_ref_field: str = "custcol_cxl_line_id"

    def __post_init__(self) -> None:
        for name in (self.order_ref_field, self.line_ref_field or "none"):
            if not name.isidentifier():
                raise ValueError(f"{name!r} is not a field name")
