"""Three merchants for the local desk: their connections (as each merchant's secret holds them), routing, policy and people.

Every credential here opens a sandbox on this machine and nothing else.
"""

import base64
import json
from typing import TYPE_CHECKING, Any

from infra.local.api import AGENT, APPROVER, create_groups, sign_in
from infra.local.credentials import secret_for
from infra.local.people import seed_people
from infra.local.warehouses import WAREHOUSES, connection, sandbox_settings
from stopship.adapters.mail.receipt import route
from stopship.adapters.shopify.topics import SUBSCRIBED
from stopship.adapters.stripe.webhooks import REFUND_EVENTS
from stopship.contract import AMAZON_SOURCE_PREFIX, merchant_parameter_name, merchant_secret_name, route_parameter_name
from stopship.domain.agent import Role
from stopship.domain.policy import Team

if TYPE_CHECKING:
    from infra.local.desk import LocalDesk

STAGE = "dev"
MERCHANTS = tuple(WAREHOUSES)
PAID_BY_STRIPE = ("cumulus",)
"""Merchants whose store's money lies at Stripe."""

SHOPIFY_TOPICS = SUBSCRIBED

CERTIFICATE_ENDS = "2028-10-31T00:00:00Z"

AMAZON_BUS = f"{AMAZON_SOURCE_PREFIX}sandbox"

# A day lasts a minute or two here: what takes a quarter of an hour in the world takes seconds.
POLICY = """\
version = "local-1"

[acknowledgement_seconds]
default = 6
# People read mail more slowly than machines answer calls.
atelier = 12
werkstatt = 12

[payment_timeout]
hours = 24

[order_wait]
seconds = 2
attempts = 20

[confirm]
seconds = 1
attempts = 60

[intercept]
look_seconds = 1
"""

# Where somebody tells the desk's people in their chat when an exception grows old, and an hour is as short as the rest of the day.
TOLD_IN_CHAT = "cumulus"
CHAT_ROOM = "desk"
SHORT_HOUR = """
[tier_seconds]
P1 = 24

"""


def shop_of(merchant: str) -> str:
    return f"{merchant}.myshopify.com"


def mail_address(merchant: str) -> str:
    """Where customers write, and where the desk writes from: an answer to its question comes back to it."""
    return f"cancel@{merchant}.example"


def connections(merchant: str, sandboxes: str, desk_url: str, signing_key: str) -> dict[str, Any]:
    """The merchant's secret."""
    return {
        "desk_url": desk_url,
        "mail": {"sender": mail_address(merchant)},
        "shopify": {
            "shop": shop_of(merchant),
            "endpoint": f"{sandboxes}/shopify/{merchant}",
            "access_token": secret_for(merchant, "shopify-token"),
            "webhook_secrets": [secret_for(merchant, "shopify-webhook"), secret_for(merchant, "shopify-webhook-old")],
            "flow_keys": [secret_for(merchant, "flow")],
            "locations": locations(merchant),
            "payments": "stripe" if merchant in PAID_BY_STRIPE else "shopify",
        },
        "amazon": {
            "endpoint": f"{sandboxes}/amazon/{merchant}",
            "seller_id": f"A{merchant.upper()}SELLER",
            "marketplace_ids": ["ATVPDKIKX0DER"],
            "client_id": f"amzn1.application-oa2-client.{merchant}",
            "client_secret": secret_for(merchant, "lwa"),
            "refresh_token": secret_for(merchant, "refresh"),
            "warehouse": next(iter(WAREHOUSES[merchant])),
        },
        "warehouses": {name: connection(merchant, name, sandboxes) for name in WAREHOUSES[merchant]},
        "vendor_answers": {"secrets": [secret_for(merchant, "vendor-links")]},
        "stripe": {
            "endpoint": f"{sandboxes}/stripe/{merchant}",
            "secret_key": f"rk_test_{secret_for(merchant, 'stripe')}",
            "webhook_secrets": [f"whsec_{secret_for(merchant, 'stripe-webhook')}"],
        },
        "zendesk": {
            "account_id": f"9{MERCHANTS.index(merchant):05}",
            "endpoint": f"{sandboxes}/zendesk/{merchant}",
            "email": f"desk@{merchant}.example",
            "api_token": secret_for(merchant, "zendesk"),
            "webhook_secrets": [secret_for(merchant, "zendesk-webhook")],
            "fields": {"order": 11, "reason": 12, "lines": 13},
        },
        "help_desks": {"jira": {"secrets": [secret_for(merchant, "jira")]}},
        "carriers": {
            "ups": {
                "endpoint": f"{sandboxes}/ups/{merchant}",
                "client_id": secret_for(merchant, "ups-client")[:24],
                "client_secret": secret_for(merchant, "ups"),
                "account": f"{merchant[:5].upper():X<5}1",
                "contact": {"name": "Returns desk", "telephone": "+15025550100"},
                "ship_from": {
                    "addressLine1": "1 Dock Street",
                    "city": "Louisville",
                    "state": "KY",
                    "postalCode": "40201",
                    "countryCode": "US",
                    "firstName": "Returns",
                    "phoneNumber": "+15025550100",
                },
            }
        },
        "escalation_webhooks": {CHAT_ROOM: f"{sandboxes}/chat/{merchant}/{CHAT_ROOM}/{_room_secret(merchant)}"},
        "netsuite": {
            "endpoint": f"{sandboxes}/netsuite/{merchant}",
            "account": f"{merchant.upper()}_SB1",
            "client_id": secret_for(merchant, "netsuite-client"),
            "certificate_id": f"cert-{merchant}",
            "signing_key": signing_key,
            "expires_at": {"certificate": CERTIFICATE_ENDS},
        },
    }


def settings(merchant: str) -> dict[str, Any]:
    """The merchant's parameter."""
    return {"policy": policy_of(merchant), "cancel_form": {"shop": f"{merchant.title()} Store"}}


def policy_of(merchant: str) -> str:
    """TOML."""
    if merchant != TOLD_IN_CHAT:
        return POLICY
    told = "\n".join(f'[contacts.{team}]\nteam = ["webhook:{CHAT_ROOM}"]\n' for team in Team)
    return POLICY + SHORT_HOUR + told


def _room_secret(merchant: str) -> str:
    return secret_for(merchant, "chat")[:24]


def locations(merchant: str) -> dict[str, str]:
    """Shopify location id to warehouse."""
    return {str(7_000_000_001 + i): name for i, name in enumerate(WAREHOUSES[merchant])}


def connect_merchants(desk: "LocalDesk") -> None:
    """Writes what a merchant's onboarding writes, tells the sandboxes the same secrets, and makes the desk's people."""
    key = desk.outputs["NetSuiteSigningKeyId"]
    told: dict[str, Any] = {}
    for merchant in MERCHANTS:
        config = connections(merchant, desk.sandboxes.endpoint, desk.api_url, key)
        _write_secret(desk, merchant_secret_name(STAGE, merchant), config)
        _write_parameter(desk, merchant_parameter_name(STAGE, merchant), json.dumps(settings(merchant)))
        _write_parameter(desk, route_parameter_name(STAGE, "shopify", shop_of(merchant)), merchant)
        _write_parameter(desk, route_parameter_name(STAGE, "amazon", config["amazon"]["seller_id"]), merchant)
        _write_parameter(desk, route_parameter_name(STAGE, "zendesk", config["zendesk"]["account_id"]), merchant)
        _write_parameter(desk, route_parameter_name(STAGE, "mail", route(mail_address(merchant))), merchant)
        desk.emulator.client("sesv2").create_email_identity(EmailIdentity=config["mail"]["sender"])
        told[merchant] = _sandbox_settings(desk, merchant, config)
    _connect_partner_bus(desk)
    desk.emulator.client("ses").set_active_receipt_rule_set(RuleSetName=desk.outputs["MailRuleSetName"])
    desk.sandboxes.configure(desk.api_url, desk.emulator.endpoint, told)
    groups = [f"merchant.{m}" for m in MERCHANTS]
    create_groups(desk, [*groups, *(f"role.{x}" for x in Role), *(f"team.{x}" for x in Team)])
    sign_in(desk, AGENT, [*groups, "role.agent", "role.lead"])
    sign_in(desk, APPROVER, [*groups, "role.finance"])
    seed_people(desk, list(MERCHANTS))


def _connect_partner_bus(desk: "LocalDesk") -> None:
    """Accepts Amazon's event source and forwards what comes from it to the desk's bus, as an account's owner would."""
    events, name = desk.emulator.client("events"), AMAZON_BUS
    try:
        events.create_event_bus(Name=name, EventSourceName=name)
    except events.exceptions.ResourceAlreadyExistsException:
        return
    pattern = json.dumps({"source": [{"prefix": AMAZON_SOURCE_PREFIX}]})
    events.put_rule(Name="to-the-desk", EventBusName=name, EventPattern=pattern)
    bus = events.describe_event_bus(Name=desk.outputs["BusName"])["Arn"]
    events.put_targets(Rule="to-the-desk", EventBusName=name, Targets=[{"Id": "desk", "Arn": bus}])


def _sandbox_settings(desk: "LocalDesk", merchant: str, config: dict[str, Any]) -> dict[str, Any]:
    public_key = desk.emulator.client("kms").get_public_key(KeyId=config["netsuite"]["signing_key"])["PublicKey"]
    certificates = {config["netsuite"]["certificate_id"]: base64.b64encode(public_key).decode()}
    return {
        **sandbox_settings(merchant, config["warehouses"], desk.api_url),
        "stripe": {
            **{k: config["stripe"][k] for k in ("secret_key", "webhook_secrets")},
            "webhook_endpoints": [
                {
                    "url": f"{desk.api_url.rstrip('/')}/webhooks/stripe?merchant={merchant}",
                    "enabled_events": sorted(REFUND_EVENTS),
                }
            ],
        },
        "shopify": {
            **{k: config["shopify"][k] for k in ("shop", "access_token", "webhook_secrets", "locations")},
            "topics": SHOPIFY_TOPICS,
            "cancel_seconds": 0.4,
        },
        "zendesk": {
            **{k: config["zendesk"][k] for k in ("account_id", "email", "api_token")},
            "webhook_secret": config["zendesk"]["webhook_secrets"][0],
        },
        "netsuite": {"client_id": config["netsuite"]["client_id"], "certificates": certificates},
        "chat": {"rooms": {CHAT_ROOM: _room_secret(merchant)}},
        "ups": {k: config["carriers"]["ups"][k] for k in ("client_id", "client_secret", "account")},
        "amazon": {
            **{k: config["amazon"][k] for k in ("seller_id", "client_id", "client_secret", "refresh_token")},
            "bus": AMAZON_BUS,
        },
    }


def _write_secret(desk: "LocalDesk", name: str, value: dict[str, Any]) -> None:
    client, text = desk.emulator.client("secretsmanager"), json.dumps(value)
    try:
        client.create_secret(Name=name, SecretString=text)
    except client.exceptions.ResourceExistsException:
        client.put_secret_value(SecretId=name, SecretString=text)


def _write_parameter(desk: "LocalDesk", name: str, value: str) -> None:
    desk.emulator.client("ssm").put_parameter(Name=name, Value=value, Type="String", Overwrite=True)
