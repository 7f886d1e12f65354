"""What the rule packs find and we keep, each with its reason. What is not listed here fails the check."""

from aws_cdk import Acknowledgment, CfnElement, Stack, Validations
from constructs import IConstruct

from infra.stages import Stage
from stopship.contract import PROJECT, merchant_secret_name, state_machine_name

PYTHON = "Python 3.13 is what the whole test run and the local stack execute; moving on is a decision, not a drift."
ASYNCHRONOUS = (
    "Called synchronously, or by an event source with its own dead-letter queue; the functions that a timer calls have a "
    "failure destination."
)
DEAD_LETTERS = "This is a dead-letter queue; an alarm watches it."
REDRIVE = "The queue's own redrive policy takes what fails: SQS has no other."

EVERYWHERE = {
    "AwsSolutions-L1": PYTHON,
    "Serverless-LambdaLatestVersion": PYTHON,
    "Serverless-LambdaDLQ": ASYNCHRONOUS,
    "AwsSolutions-IAM5[Resource::*]": (
        "X-Ray, vended log delivery, ListStreams and ListSecrets have no resource-level permissions; a test allows '*' for these alone."
    ),
}
BY_PATH = {
    "Tokens/Table": {
        "AwsSolutions-DDB3": "Access tokens, for an hour or so: what is lost is fetched again, and no backup should hold it."
    },
    "Facts/Table": {"AwsSolutions-DDB3": "Facts are made again from the ledger, which is recoverable."},
    "Sessions/Table": {
        "AwsSolutions-DDB3": "Sessions of half a day: who loses one signs in again, and no backup should hold it."
    },
    "Traffic/Table": {
        "AwsSolutions-DDB3": "What it holds is found out again by the next calls; there is nothing to recover."
    },
    "Evidence/Bucket": {"AwsSolutions-S1": "Who reads evidence is recorded by CloudTrail data events of the account."},
    "Reports/Bucket": {"AwsSolutions-S1": "Who reads reports is recorded by CloudTrail data events of the account."},
    "MailDoor/Bucket": {"AwsSolutions-S1": "Who reads mail is recorded by CloudTrail data events of the account."},
    "Identity/Pool": {
        "AwsSolutions-COG2": "Multi-factor sign-in is required where the stage table says so: in production.",
        "AwsSolutions-COG8": "The plus plan's risk scores are for public sign-in; here an administrator makes each user.",
    },
    "DeskApi/Api/POST--webhooks--{source}": {
        "AwsSolutions-APIG4": "Senders prove themselves by a signature on the raw body, which the function verifies."
    },
    "DeskApi/Api/POST--acknowledgments--{callback_id}": {
        "AwsSolutions-APIG4": "A one-time callback id and the warehouse's signature, which the function verifies."
    },
    "DeskApi/Api/ANY--vendor-answers--{token}": {
        "AwsSolutions-APIG4": "A signed link to one answer of one request, which the function verifies; opening it has no effect."
    },
    **{
        f"DeskApi/Api/{route}": {
            "AwsSolutions-APIG4": "A withdrawal needs no login (Directive 2011/83/EU, Article 11a); the order's own address decides later."
        }
        for route in ("GET--cancel--{merchant}", "POST--cancel--{merchant}", "POST--cancel--{merchant}--confirm")
    },
    **{
        f"DeskApi/Api/{route}": {
            "AwsSolutions-APIG4": "The console's own sessions decide, in the function: a browser that has none must get the page to sign in."
        }
        for route in (
            "GET--console",
            "GET--console--{proxy+}",
            "GET--console--kpi",
            "GET--console--kpi--{proxy+}",
            "POST--console--{proxy+}",
            "POST--console--sign-in",
            "POST--console--challenge",
        )
    },
    **{
        f"Functions/{worker}": {"Serverless-LambdaEventSourceMappingDestination": REDRIVE}
        for worker in ("ProcessIntake", "ReceiveMail", "CountOrders", "ErasePersonalData")
    },
}


def acknowledge(stack: Stack, stage: Stage, evidence: IConstruct, mail: IConstruct, reports: IConstruct) -> None:
    """``evidence``, ``mail`` and ``reports`` are the buckets, whose objects some roles may name only by a wildcard."""
    _keep(stack, {**EVERYWHERE, **_wildcards(stack, stage, evidence, mail, reports)})
    built = _by_path(stack)
    for path, rules in BY_PATH.items():
        _keep(built[path], rules)
    for merchant in stage.merchants:
        reason = "Holds other companies' credentials: rotated with each of them, not by a schedule of ours."
        _keep(built[f"Merchants/{merchant}"], {"AwsSolutions-SMG4": reason})
    for child in built["Queues"].node.children:
        if child.node.id.endswith("DeadLetters"):
            _keep(child, {"AwsSolutions-SQS3": DEAD_LETTERS, "Serverless-SQSRedrivePolicy": DEAD_LETTERS})


def _wildcards(
    stack: Stack, stage: Stage, evidence: IConstruct, mail: IConstruct, reports: IConstruct
) -> dict[str, str]:
    """Wildcards at the end of a name that begins with the stage's own."""
    prefix = "arn:<AWS::Partition>:{}:<AWS::Region>:<AWS::AccountId>:{}"
    names = {
        f"<{_logical_id(stack, evidence)}.Arn>/*": "Evidence is kept under keys that come from hashes.",
        f"<{_logical_id(stack, reports)}.Arn>/*": "Files are named after merchants and weeks.",
        f"<{_logical_id(stack, mail)}.Arn>/*": "SES names each mail by an id of its own.",
        prefix.format("ssm", f"parameter/{PROJECT}/{stage.name}/*"): "Merchants are connected without a deployment.",
        prefix.format("secretsmanager", f"secret:{merchant_secret_name(stage.name, '*')}"): (
            "Merchants are connected without a deployment; every name ends in six random characters."
        ),
        prefix.format(
            "scheduler", f"schedule/{PROJECT}-{stage.name}-deadlines/*"
        ): "A timer is named after its exception.",
        prefix.format("ses", "identity/*"): "Each merchant sends from a verified address of its own.",
        prefix.format(
            "states", f"execution:{state_machine_name(stage.name)}:*"
        ): "An execution is named after its case.",
    }
    return {f"AwsSolutions-IAM5[Resource::{name}]": reason for name, reason in names.items()}


def _logical_id(stack: Stack, bucket: IConstruct) -> str:
    resource = bucket.node.default_child
    if not isinstance(resource, CfnElement):
        raise TypeError(f"{bucket.node.path} has no CloudFormation resource")
    return stack.get_logical_id(resource)


def _by_path(stack: Stack) -> dict[str, IConstruct]:
    """Every construct by its path below the stack. Asking one for its path is a call to another process, so all are asked once."""
    prefix = f"{stack.node.path}/"
    return {child.node.path.removeprefix(prefix): child for child in stack.node.find_all()}


def _keep(on: IConstruct, rules: dict[str, str]) -> None:
    for rule, reason in rules.items():
        Validations.of(on).acknowledge(Acknowledgment(id=rule, reason=reason))
