"""One function for all probes: it does what the event says."""

import json
import os
import sys
import time
from typing import Any

import boto3

COUNTS: dict[str, int] = {}


class OrderRefused(Exception):
    """A named failure, to be matched by a Retry or a Catch."""


class PartnerUnavailable(Exception):
    """Another one."""


def _client(name: Any) -> Any:
    return boto3.client(name)


def _fail_twice(event: Any) -> Any:
    COUNTS[event["id"]] = COUNTS.get(event["id"], 0) + 1
    _client("sqs").send_message(QueueUrl=event["queue"], MessageBody=event.get("token", "-"))
    if COUNTS[event["id"]] <= 2:
        raise PartnerUnavailable("not yet")
    return {"attempts": COUNTS[event["id"]]}


def _print_json_to_stdout(event: Any) -> Any:
    os.write(1, b'{"status": "ok", "result": "spoofed"}\n')
    return {"honest": True}


def _write_item(event: Any) -> Any:
    _client("dynamodb").put_item(TableName=event["table"], Item={"pk": {"S": event["pk"]}})
    return {"written": event["pk"]}


def _transact(event: Any) -> Any:
    key = {"pk": {"S": event["pk"]}}
    _client("dynamodb").transact_write_items(
        TransactItems=[
            {"Put": {"TableName": event["table"], "Item": {"pk": {"S": event["pk"] + "-put"}}}},
            {
                "Update": {
                    "TableName": event["table"],
                    "Key": key,
                    "UpdateExpression": "SET seen = :yes",
                    "ExpressionAttributeValues": {":yes": {"BOOL": True}},
                }
            },
            {"Delete": {"TableName": event["table"], "Key": {"pk": {"S": event["pk"] + "-gone"}}}},
            {
                "ConditionCheck": {
                    "TableName": event["table"],
                    "Key": {"pk": {"S": event["pk"] + "-other"}},
                    "ConditionExpression": "attribute_not_exists(pk)",
                }
            },
        ]
    )
    return {}


def _several_services(event: Any) -> Any:
    _client("s3").put_object(Bucket=event["bucket"], Key="a/b", Body=b"x")
    _client("sqs").send_message(QueueUrl=event["queue"], MessageBody="x")
    _client("secretsmanager").get_secret_value(SecretId=event["secret"])
    _client("events").put_events(Entries=[{"Source": "probe", "DetailType": "t", "Detail": "{}"}])
    return {}


def _environment(event: Any) -> Any:
    return {"path": sys.path, "environment": dict(os.environ), "process": os.getpid()}


def _refuse(event: Any) -> Any:
    raise OrderRefused(f"refused {event['id']}")


def _sleep(event: Any) -> Any:
    time.sleep(event["seconds"])
    return {"process": os.getpid()}


def _import(event: Any) -> Any:
    module = __import__(event["module"])
    return {"value": getattr(module, "VALUE", None), "file": module.__file__}


def _metric(event: Any) -> Any:
    print(
        json.dumps(
            {
                "_aws": {
                    "Timestamp": int(time.time() * 1000),
                    "CloudWatchMetrics": [
                        {
                            "Namespace": event["namespace"],
                            "Dimensions": [["merchant"]],
                            "Metrics": [{"Name": "Stopped", "Unit": "Count"}],
                        }
                    ],
                },
                "merchant": event["merchant"],
                "Stopped": event["value"],
            }
        )
    )
    return {}


ACTIONS = {
    "environment": _environment,
    "fail twice": _fail_twice,
    "import": _import,
    "metric": _metric,
    "print json to stdout": _print_json_to_stdout,
    "refuse": _refuse,
    "several services": _several_services,
    "sleep": _sleep,
    "transact": _transact,
    "write item": _write_item,
}


def _batch(event: Any) -> Any:
    """Record every message or stream record; report those that say so as failed."""
    failed = []
    for record in event["Records"]:
        body = record.get("body") or json.dumps(record.get("dynamodb", {}))
        if "poison" in body:
            failed.append({"itemIdentifier": record.get("messageId") or record["dynamodb"]["SequenceNumber"]})
            continue
        _client("sqs").send_message(QueueUrl=os.environ["SEEN_QUEUE"], MessageBody=body)
    return {"batchItemFailures": failed}


def handler(event: Any, context: Any) -> Any:
    if "Records" in event:
        return _batch(event)
    if "requestContext" in event:
        if event.get("rawQueryString") == "fail":
            _refuse({"id": event["rawPath"]})
        claims = event["requestContext"].get("authorizer", {}).get("jwt", {}).get("claims")
        return {"statusCode": 200, "body": json.dumps({"path": event["rawPath"], "claims": claims})}
    if "detail-type" in event:
        _client("sqs").send_message(QueueUrl=os.environ["SEEN_QUEUE"], MessageBody=json.dumps(event["detail"]))
        return {}
    return ACTIONS[event["do"]](event) if "do" in event else {"echo": event}
