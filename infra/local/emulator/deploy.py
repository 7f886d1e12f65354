"""Deploy a synthesised stack to the emulator with boto3 alone: no Node, no CDK command, no bootstrap stack.

The template goes up as it was synthesised. What `cdk bootstrap` would have left is provided: the version parameter
and the asset buckets.
"""

import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from botocore.exceptions import ClientError

from infra.local.emulator.assembly import Asset, StackFiles, find_stack

BOOTSTRAP_PARAMETER = "/cdk-bootstrap/hnb659fds/version"
BOOTSTRAP_VERSION = "30"
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
TEMPLATE_BUCKET = "stack-templates"
LIMIT_SECONDS = 300.0
PAUSE_SECONDS = 0.05

Progress = Callable[[str], None]


class Account(Protocol):
    """What a deployment needs of the emulator."""

    account: str
    region: str

    @property
    def endpoint(self) -> str: ...

    def client(self, service: str) -> Any: ...


class DeploymentFailed(RuntimeError):
    """The stack did not come up; the message names each resource that failed, and why."""


def deploy(
    assembly_dir: Path,
    stack_name: str,
    emulator: Account,
    parameters: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> dict[str, str]:
    """Create the stack, or update it if it changed, and return its outputs."""
    tell = progress or (lambda _: None)
    stack = find_stack(assembly_dir, stack_name, emulator.account, emulator.region)
    _provide_bootstrap(emulator)
    for asset in stack.assets:
        _upload(emulator, asset, tell)
    _bring_up(emulator, stack, dict(parameters or {}), tell)
    return outputs(emulator, stack.name)


def outputs(emulator: Account, stack_name: str) -> dict[str, str]:
    stack = _describe(emulator, stack_name)
    if stack is None:
        raise LookupError(f"the account has no stack {stack_name}")
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _provide_bootstrap(emulator: Account) -> None:
    emulator.client("ssm").put_parameter(
        Name=BOOTSTRAP_PARAMETER, Value=BOOTSTRAP_VERSION, Type="String", Overwrite=True
    )


def _upload(emulator: Account, asset: Asset, tell: Progress) -> None:
    s3 = emulator.client("s3")
    _provide_bucket(emulator, asset.bucket)
    # The key of an asset is the hash of what it is made from.
    if asset.key in _keys(emulator, asset.bucket, asset.key):
        return
    content = asset.content()
    s3.put_object(Bucket=asset.bucket, Key=asset.key, Body=content)
    tell(f"uploaded {asset.source.name} ({len(content):,} bytes)")


def _provide_bucket(emulator: Account, bucket: str) -> None:
    existing = {entry["Name"] for entry in emulator.client("s3").list_buckets()["Buckets"]}
    if bucket not in existing:
        emulator.client("s3").create_bucket(Bucket=bucket)


def _keys(emulator: Account, bucket: str, prefix: str) -> set[str]:
    listed = emulator.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)
    return {entry["Key"] for entry in listed.get("Contents", [])}


def _describe(emulator: Account, name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = emulator.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as failure:
        if "does not exist" in str(failure):
            return None
        raise
    return found


def _bring_up(emulator: Account, stack: StackFiles, parameters: dict[str, str], tell: Progress) -> None:
    cloudformation = emulator.client("cloudformation")
    existing = _describe(emulator, stack.name)
    if existing and existing["StackStatus"] in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"):
        # A stack that never came up can only be deleted.
        cloudformation.delete_stack(StackName=stack.name)
        existing = _settled(emulator, stack.name, set(), tell)
    if existing and existing["StackStatus"].startswith("DELETE"):
        existing = None
    if existing and not _changed(emulator, existing, stack, parameters):
        tell(f"{stack.name} is unchanged")
        return
    known = _event_ids(emulator, stack.name) if existing else set()
    change = cloudformation.update_stack if existing else cloudformation.create_stack
    change(
        StackName=stack.name,
        TemplateURL=_template_url(emulator, stack),
        Capabilities=CAPABILITIES,
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in sorted(parameters.items())],
    )
    settled = _settled(emulator, stack.name, known, tell)
    if settled is None or settled["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise DeploymentFailed(_why(emulator, stack.name, settled, known))


def _changed(emulator: Account, existing: dict[str, Any], stack: StackFiles, parameters: dict[str, str]) -> bool:
    given = {entry["ParameterKey"]: entry.get("ParameterValue") for entry in existing.get("Parameters", [])}
    if any(given.get(key) != value for key, value in parameters.items()):
        return True
    deployed = emulator.client("cloudformation").get_template(StackName=stack.name)["TemplateBody"]
    if isinstance(deployed, str):
        deployed = json.loads(deployed)
    return bool(deployed != json.loads(stack.template.read_text()))


def _template_url(emulator: Account, stack: StackFiles) -> str:
    """Templates are larger than a request may carry, so CloudFormation reads them from a bucket."""
    _provide_bucket(emulator, TEMPLATE_BUCKET)
    key = f"{stack.name}.template.json"
    emulator.client("s3").put_object(Bucket=TEMPLATE_BUCKET, Key=key, Body=stack.template.read_bytes())
    return f"{emulator.endpoint}/{TEMPLATE_BUCKET}/{key}"


def _events(emulator: Account, name: str) -> list[dict[str, Any]]:
    pages = emulator.client("cloudformation").get_paginator("describe_stack_events").paginate(StackName=name)
    newest_first = [event for page in pages for event in page["StackEvents"]]
    return newest_first[::-1]


def _event_ids(emulator: Account, name: str) -> set[str]:
    return {event["EventId"] for event in _events(emulator, name)}


def _settled(emulator: Account, name: str, known: set[str], tell: Progress) -> dict[str, Any] | None:
    """The stack once nothing is in progress any more, None once it is gone; tells what happens meanwhile."""
    told = set(known)
    pause = threading.Event()
    for _ in range(int(LIMIT_SECONDS / PAUSE_SECONDS)):
        stack = _describe(emulator, name)
        if stack is None:
            return None
        for event in _events(emulator, name):
            if event["EventId"] not in told:
                told.add(event["EventId"])
                tell(f"{event['ResourceStatus']} {event['ResourceType']} {event['LogicalResourceId']}")
        if not stack["StackStatus"].endswith("IN_PROGRESS"):
            return stack
        pause.wait(PAUSE_SECONDS)
    raise DeploymentFailed(f"{name} was still in progress after {LIMIT_SECONDS:.0f} s")


def _why(emulator: Account, name: str, stack: dict[str, Any] | None, known: set[str]) -> str:
    failed = [
        f"{event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason', 'no reason given')}"
        for event in (_events(emulator, name) if stack else [])
        if event["ResourceStatus"].endswith("FAILED") and event["EventId"] not in known
    ]
    status = stack["StackStatus"] if stack else "gone"
    reason = (stack or {}).get("StackStatusReason", "")
    return "\n  ".join([f"{name} is {status} {reason}".rstrip(), *failed])
