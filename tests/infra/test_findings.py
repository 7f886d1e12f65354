from infra.synth import Finding
from tests.infra.conftest import Template


def test_no_rule_of_either_pack_is_broken_without_a_reason(findings: list[Finding]) -> None:
    assert findings == []


def test_the_packs_object_to_a_queue_without_encryption_and_dead_letters(
    planted: tuple[Template, list[Finding]],
) -> None:
    bare = "Planted/Bare/Resource"
    wanted = {("AwsSolutions-SQS3", bare), ("AwsSolutions-SQS4", bare), ("Serverless-SQSRedrivePolicy", bare)}
    assert {(f.rule, f.resource) for f in planted[1]} == wanted
