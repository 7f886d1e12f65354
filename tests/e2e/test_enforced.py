"""The day is played under enforced roles. That they are enforced shows when one is taken away."""

import json

import pytest

from stopship.contract import function_name
from tests.e2e.conftest import Day

pytestmark = pytest.mark.emulator


def test_what_a_role_does_not_allow_is_refused(played: Day) -> None:
    iam, functions = (played.desk.emulator.client(x) for x in ("iam", "lambda"))
    name = function_name("dev", "check_credentials")
    role = functions.get_function(FunctionName=name)["Configuration"]["Role"].rsplit("/", 1)[-1]
    own = {
        x: iam.get_role_policy(RoleName=role, PolicyName=x)
        for x in iam.list_role_policies(RoleName=role)["PolicyNames"]
    }
    for policy in own:
        iam.delete_role_policy(RoleName=role, PolicyName=policy)
    try:
        answer = functions.invoke(FunctionName=name, Payload=b"{}")
        assert "is not authorized to perform: secretsmanager:ListSecrets" in answer["Payload"].read().decode()
    finally:
        for policy, found in own.items():
            document = json.dumps(found["PolicyDocument"])
            iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=document)
