from pathlib import Path

from infra.synth import Finding, check

PLANTED = Path(__file__).with_name("planted.py")


def test_no_rule_of_either_pack_is_broken_without_a_reason(findings: list[Finding]) -> None:
    assert findings == []


def test_the_packs_object_to_a_queue_without_encryption_and_dead_letters(tmp_path: Path) -> None:
    found = {(f.rule, f.resource) for f in check(tmp_path / "cdk.out", PLANTED)}

    bare = "Planted/Bare/Resource"
    assert {("AwsSolutions-SQS3", bare), ("AwsSolutions-SQS4", bare), ("Serverless-SQSRedrivePolicy", bare)} == found
