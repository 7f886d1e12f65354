"""Mail is received where the stage table says so, written by SES alone, encrypted, and gone when it can be nowhere on its way any more."""

import json

import pytest

from infra.mail_door import RECEIVING_REGIONS
from infra.queues import KEPT
from infra.stages import stages
from tests.infra.conftest import Template

RECEIVING = sorted(name for name, stage in stages().items() if stage.mail_recipients)


def statements(policy: object) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(json.dumps(policy))["PolicyDocument"]["Statement"]
    return found


def from_ses(template: Template, kind: str) -> list[dict[str, object]]:
    policies = template.of(kind).values()
    return [s for p in policies for s in statements(p) if s.get("Principal") == {"Service": "ses.amazonaws.com"}]


def bucket_of(template: Template) -> dict[str, object]:
    (found,) = [x for name, x in template.of("AWS::S3::Bucket").items() if name.startswith("MailDoor")]
    return found


def test_only_a_stage_that_names_recipients_receives_mail(template: Template, dev: Template, prod: Template) -> None:
    assert RECEIVING == ["dev"]
    assert (len(dev.of("AWS::SES::ReceiptRule")), len(prod.of("AWS::SES::ReceiptRule"))) == (1, 0)
    assert from_ses(prod, "AWS::S3::BucketPolicy") == [] == from_ses(prod, "AWS::SNS::TopicPolicy")


def test_the_rule_keeps_and_tells_what_comes_for_the_stages_recipients_and_has_it_checked(dev: Template) -> None:
    rule = dev.one("AWS::SES::ReceiptRule")["Rule"]
    (action,) = rule["Actions"]
    assert rule["ScanEnabled"] is True and rule["Enabled"] is True
    assert rule["Recipients"] == list(stages()["dev"].mail_recipients)
    assert set(action) == {"S3Action"}
    assert set(action["S3Action"]) == {"BucketName", "ObjectKeyPrefix", "TopicArn"}


def test_the_rule_is_made_only_in_regions_where_ses_receives(dev: Template) -> None:
    (name,) = {x["Condition"] for x in dev.body["Resources"].values() if x["Type"].startswith("AWS::SES::Receipt")}
    regions = [x["Fn::Equals"][1] for x in dev.body["Conditions"][name]["Fn::Or"]]
    assert regions == list(RECEIVING_REGIONS)


@pytest.mark.parametrize(
    ("kind", "action"), [("AWS::S3::BucketPolicy", "s3:PutObject"), ("AWS::SNS::TopicPolicy", "sns:Publish")]
)
def test_ses_may_do_one_thing_for_one_rule_of_this_account(dev: Template, kind: str, action: str) -> None:
    (statement,) = from_ses(dev, kind)
    condition = json.dumps(statement["Condition"])
    assert statement["Action"] == action
    assert "receipt-rule-set/stopship-dev:receipt-rule/stopship-dev" in condition
    assert '"aws:SourceAccount": {"Ref": "AWS::AccountId"}' in condition


def test_mail_lies_encrypted_in_private_and_not_for_ever(template: Template) -> None:
    bucket = bucket_of(template)
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]  # type: ignore[index]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert all(bucket["PublicAccessBlockConfiguration"].values())  # type: ignore[attr-defined]
    (days,) = {x["ExpirationInDays"] for x in bucket["LifecycleConfiguration"]["Rules"]}  # type: ignore[index]
    # The mail queue's retention, and that of its dead letters.
    assert 2 * KEPT.to_days() < days <= 31


def test_what_sns_or_the_function_cannot_take_is_left_where_an_alarm_watches(dev: Template) -> None:
    (subscription,) = [x for x in dev.of("AWS::SNS::Subscription").values() if x["Protocol"] == "sqs"]
    assert subscription["RawMessageDelivery"] is True
    assert "MailTopicDeadLetters" in json.dumps(subscription["RedrivePolicy"])
    metrics = {x["MetricName"] for x in dev.of("AWS::CloudWatch::Alarm").values() if x["Namespace"] == "AWS/SES"}
    assert metrics == {"PublishExpired"}
    sources = [json.dumps(x["EventSourceArn"]) for x in dev.of("AWS::Lambda::EventSourceMapping").values()]
    assert len([x for x in sources if "QueuesMail" in x]) == 1


def test_only_the_mail_door_may_read_received_mail(dev: Template) -> None:
    readers = {role for role, rows in dev.policies().items() if "MailDoorBucket" in json.dumps(rows)}
    (reader,) = readers
    assert reader.startswith("FunctionsReceiveMailRole")
    actions = {str(s["Action"]) for s in dev.policies()[reader] if "MailDoorBucket" in json.dumps(s["Resource"])}
    assert actions == {"s3:GetObject", "s3:ListBucket"}
