"""The doors as they are deployed: the real wiring on AWS's services in moto, two merchants, and events as API Gateway and SQS send them."""

import base64
import hashlib
import hmac
import io
import json
import logging
import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from stopship import wiring
from stopship.application.ports import CaseHead, ExceptionItem
from stopship.contract import merchant_secret_name, route_parameter_name

EVENTS = Path(__file__).parents[2] / "events"
STAGE, BUCKET, TABLE = "test", "evidence", "ledger"
ACME, ZETA, UNROUTED = "acme", "zeta", "_unrouted"
SHOP = "acme.myshopify.com"
NEW_SECRET, OLD_SECRET, FLOW_KEY = "whs-new-4f1c", "whs-old-9b2e", "flow-key-77aa"
NORTH_SECRET, SOUTH_SECRET, ZETA_SECRET = "3pl-north-1d", "3pl-south-2e", "3pl-zeta-3f"
SECRETS = (NEW_SECRET, OLD_SECRET, FLOW_KEY, NORTH_SECRET, SOUTH_SECRET, ZETA_SECRET)
CONTEXT = SimpleNamespace(function_name="door", aws_request_id="r-1")
PERSON = {"sub": "person-1", "cognito:groups": "[merchant.acme role.agent role.lead]"}

type Headers = Mapping[str, str]
type Answer = dict[str, Any]
type Handler = Callable[[Any, Any], Any]


def sample(name: str) -> bytes:
    """A payload as a partner sends it, byte for byte."""
    return (EVENTS / name).read_bytes()


def body_of(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer["body"])
    return found


# ---------------------------------------------------------------------------------------------- events


def request(
    route: str,
    body: bytes | None = None,
    headers: Headers | None = None,
    *,
    path: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    claims: Mapping[str, Any] | None = None,
    in_base64: bool = False,
) -> dict[str, Any]:
    """An API Gateway HTTP API event, payload 2.0. ``route`` is "METHOD /path/{name}"."""
    event: dict[str, Any] = deepcopy(json.loads(sample("api_gateway/request.json")))
    method, place = route.split(" ", 1)
    for name, value in (path or {}).items():
        place = place.replace(f"{{{name}}}", value)
    event |= {"routeKey": route, "rawPath": place, "rawQueryString": urlencode(query or {})}
    event["requestContext"]["routeKey"] = route
    event["requestContext"]["http"] |= {"method": method, "path": place}
    event["headers"] |= {name.lower(): value for name, value in (headers or {}).items()}
    if path:
        event["pathParameters"] = dict(path)
    if query:
        event["queryStringParameters"] = dict(query)
    if claims is not None:
        event["requestContext"]["authorizer"] = {"jwt": {"claims": dict(claims), "scopes": None}}
    if body is not None:
        event["body"] = base64.b64encode(body).decode() if in_base64 else body.decode()
        event["isBase64Encoded"] = in_base64
    return event


def webhook(source: str, body: bytes, headers: Headers, *, in_base64: bool = False) -> dict[str, Any]:
    return request("POST /webhooks/{source}", body, headers, path={"source": source}, in_base64=in_base64)


def shopify_headers(
    body: bytes, secret: str = NEW_SECRET, topic: str = "orders/cancelled", delivery: str = "d-1", shop: str = SHOP
) -> dict[str, str]:
    """Signed as Shopify's documentation says: base64 of the HMAC-SHA256 of the raw body."""
    signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    return {
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": shop,
        "X-Shopify-Webhook-Id": delivery,
        "X-Shopify-Hmac-SHA256": signature,
    }


def shopify(body: bytes, *, in_base64: bool = False, **signed: str) -> dict[str, Any]:
    return webhook("shopify", body, shopify_headers(body, **signed), in_base64=in_base64)


def flow(body: bytes, key: str = FLOW_KEY, shop: str = SHOP) -> dict[str, Any]:
    return webhook("shopify-flow", body, {"X-Shopify-Shop-Domain": shop, "X-Stopship-Key": key})


def warehouse_signature(body: bytes, secret: str, seconds: int | None = None) -> str:
    at = int(time.time()) if seconds is None else seconds
    return f"t={at},v1={hmac.new(secret.encode(), f'{at}.'.encode() + body, hashlib.sha256).hexdigest()}"


def warehouse_event(
    body: bytes,
    secret: str = NORTH_SECRET,
    *,
    merchant: str = ACME,
    warehouse: str = "north",
    delivery: str = "w-1",
    seconds: int | None = None,
    in_base64: bool = False,
) -> dict[str, Any]:
    headers = {
        "X-Stopship-Merchant": merchant,
        "X-Stopship-Warehouse": warehouse,
        "X-Stopship-Delivery": delivery,
        "X-Stopship-Signature": warehouse_signature(body, secret, seconds),
    }
    return webhook("generic-3pl", body, headers, in_base64=in_base64)


def record(body: str, message_id: str = "m-1") -> dict[str, Any]:
    """One message of an SQS batch."""
    digest = hashlib.md5(body.encode("utf-8", "surrogatepass")).hexdigest()
    event: dict[str, Any] = json.loads(sample("sqs/record.json"))
    return event | {"messageId": message_id, "body": body, "md5OfBody": digest}


# ---------------------------------------------------------------------------------------------- what is deployed


def connections(warehouses: Mapping[str, str], **more: Any) -> dict[str, Any]:
    """A merchant's secret; no address in it can be reached."""
    places = {
        name: {"kind": "generic_3pl", "endpoint": "http://127.0.0.1:1", "secrets": [secret], "takes_holds": True}
        for name, secret in warehouses.items()
    }
    return {"warehouses": places, "mail": {"sender": "orders@acme.example"}, **more}


STORE = {
    "shop": SHOP,
    "endpoint": "http://127.0.0.1:1",
    "access_token": "t",
    "webhook_secrets": [NEW_SECRET, OLD_SECRET],
    "flow_keys": [FLOW_KEY],
}


@dataclass
class Deployment:
    """``clients`` are moto's, by service; ``lines`` is what the doors have logged."""

    clients: dict[str, Any]
    queue_url: str
    counts_url: str = ""
    privacy_url: str = ""
    log: io.StringIO = field(default_factory=io.StringIO)

    def connect(self, merchant: str, secret: Mapping[str, Any], routes: Mapping[str, str]) -> None:
        name = merchant_secret_name(STAGE, merchant)
        self.clients["secretsmanager"].create_secret(Name=name, SecretString=json.dumps(secret))
        for source, address in routes.items():
            name = route_parameter_name(STAGE, source, address)
            self.clients["ssm"].put_parameter(Name=name, Value=merchant, Type="String")

    # ------------------------------------------------------------------------------------------ what lies where

    @property
    def evidence(self) -> dict[str, bytes]:
        found = self.clients["s3"].list_objects_v2(Bucket=BUCKET).get("Contents", [])
        return {x["Key"]: self.clients["s3"].get_object(Bucket=BUCKET, Key=x["Key"])["Body"].read() for x in found}

    def take_queue(self, url: str = "") -> list[dict[str, Any]]:
        """Everything that waits, and takes it from the queue: the intake queue, or another one."""
        found: list[dict[str, Any]] = []
        while batch := self._receive(url or self.queue_url):
            found += [json.loads(message["Body"]) for message in batch]
        return found

    def _receive(self, url: str) -> list[dict[str, Any]]:
        sqs = self.clients["sqs"]
        batch: list[dict[str, Any]] = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for message in batch:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return batch

    @property
    def items(self) -> list[dict[str, Any]]:
        """The whole ledger."""
        found = self.clients["dynamodb"].scan(TableName=TABLE, ConsistentRead=True)["Items"]
        return sorted(found, key=lambda x: (x["pk"]["S"], x["sk"]["S"]))

    def cases(self, merchant: str = ACME) -> list[CaseHead]:
        return list(wiring.ledger().cases(merchant, limit=100).items)

    def exceptions(self, merchant: str = ACME) -> list[ExceptionItem]:
        return list(wiring.ledger().exceptions(merchant, limit=100).items)

    @property
    def executions(self) -> list[str]:
        found = self.clients["stepfunctions"].list_executions(stateMachineArn=wiring.settings().state_machine_arn)
        return sorted(x["name"] for x in found["executions"])

    @property
    def logged(self) -> str:
        return self.log.getvalue()

    def untouched(self) -> bool:
        """Nothing is kept, nothing waits, nothing is in the ledger."""
        return (self.evidence, self.take_queue(), self.items) == ({}, [], [])

    # ------------------------------------------------------------------------------------------ working the queue

    def work(self, messages: list[dict[str, Any]] | None = None) -> list[str]:
        """Has process_intake work these messages, or all that wait. Gives the ids of those that stay in the queue."""
        from stopship.handlers.process_intake import handler

        told = self.take_queue() if messages is None else messages
        batch = [record(json.dumps(message), f"m-{n}") for n, message in enumerate(told)]
        return [x["itemIdentifier"] for x in handler({"Records": batch}, CONTEXT)["batchItemFailures"]]


def listen(deployment: Deployment) -> logging.Handler:
    """Hears what is logged, in the form in which it is shipped."""
    from stopship.telemetry import logger

    ear = logging.StreamHandler(deployment.log)
    ear.setFormatter(logger().registered_formatter)
    logging.getLogger("stopship").addHandler(ear)
    return ear


def is_problem(answer: Answer, status: int) -> dict[str, Any]:
    """The body of a well-formed RFC 9457 answer with that status."""
    assert answer["statusCode"] == status, answer
    headers = {k.lower(): v for k, v in (answer.get("headers") or {}).items()}
    many = {k.lower(): v for k, v in (answer.get("multiValueHeaders") or {}).items()}
    kind = headers.get("content-type") or many["content-type"][0]
    assert kind == "application/problem+json"
    problem = body_of(answer)
    assert problem["status"] == status
    assert problem["title"]
    return problem
