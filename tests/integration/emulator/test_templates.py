"""What a template says about a resource is what the resource is."""

from tests.integration.emulator.harness import Probe


def test_a_table_keeps_its_time_to_live_and_its_point_in_time_recovery(probe: Probe) -> None:
    table = {"TableName": "probe"}
    time_to_live = probe.client("dynamodb").describe_time_to_live(**table)["TimeToLiveDescription"]
    assert time_to_live == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    backups = probe.client("dynamodb").describe_continuous_backups(**table)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_ref_of_a_secret_is_its_arn_and_opens_it(probe: Probe) -> None:
    arn = probe.outputs["Secret"]
    assert arn.startswith("arn:aws:secretsmanager:us-east-1:000000000000:secret:probe/secret-")
    assert probe.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"] == "hush"


def test_a_user_pool_tells_its_issuer(probe: Probe) -> None:
    issuer = f"https://cognito-idp.us-east-1.amazonaws.com/{probe.outputs['Pool']}"
    assert probe.outputs["PoolProviderUrl"] == issuer


def test_alarms_on_metrics_on_math_and_on_other_alarms_exist_and_so_does_the_dashboard(probe: Probe) -> None:
    described = probe.client("cloudwatch").describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    assert {"dlq", "math"} <= {alarm["AlarmName"] for alarm in described["MetricAlarms"]}
    assert [alarm["AlarmName"] for alarm in described["CompositeAlarms"]] == ["any"]
    boards = probe.client("cloudwatch").list_dashboards()["DashboardEntries"]
    assert [board["DashboardName"] for board in boards] == ["probe"]


def test_a_key_encrypts_and_decrypts(probe: Probe) -> None:
    kms = probe.client("kms")
    sealed = kms.encrypt(KeyId=probe.outputs["Key"], Plaintext=b"address")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"address"


def test_a_receipt_rule_is_made_where_its_condition_on_the_region_holds_and_nowhere_else(probe: Probe) -> None:
    ses = probe.client("ses")
    assert [x["Name"] for x in ses.list_receipt_rule_sets()["RuleSets"]] == ["probe"]
    (rule,) = ses.describe_receipt_rule_set(RuleSetName="probe")["Rules"]
    assert (rule["Name"], rule["Enabled"], rule["Recipients"]) == ("probe", True, ["cancel@shop.example"])
    assert rule["Actions"][0]["S3Action"]["BucketName"] == probe.outputs["Bucket"]
