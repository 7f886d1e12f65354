"""The state machine of a cancel: its definition is the file in statemachines/, with the functions' ARNs put in."""

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.log_retention import retention
from infra.stages import Stage
from stopship.contract import FUNCTIONS, state_machine_name

DEFINITION = Path(__file__).parents[1] / "statemachines" / "cancel_case.asl.json"


class CancelCase(Construct):
    def __init__(self, scope: Construct, id_: str, *, stage: Stage, functions: Mapping[str, lambda_.IFunction]) -> None:
        super().__init__(scope, id_)
        text = DEFINITION.read_text()
        called = {f"{f.name}Arn": functions[f.module] for f in FUNCTIONS if f"${{{f.name}Arn}}" in text}
        log_group = logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/aws/vendedlogs/states/{state_machine_name(stage.name)}",
            retention=retention(stage),
            removal_policy=RemovalPolicy.RETAIN if stage.retain_data else RemovalPolicy.DESTROY,
        )
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=state_machine_name(stage.name),
            state_machine_type=sfn.StateMachineType.STANDARD,
            definition_body=sfn.DefinitionBody.from_string(text),
            definition_substitutions={name: f.function_arn for name, f in called.items()},
            tracing_enabled=True,
            logs=sfn.LogOptions(destination=log_group, level=sfn.LogLevel.ALL, include_execution_data=False),
            removal_policy=RemovalPolicy.RETAIN if stage.retain_data else RemovalPolicy.DESTROY,
        )
        # Unqualified only: `grant_invoke` would allow every version and alias as well.
        may_call = sorted(called.items())
        self.machine.add_to_role_policy(
            iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[f.function_arn for _, f in may_call])
        )
