"""What each stage's template promises."""

import json
import re
from dataclasses import fields
from typing import Any

import pytest

from infra.stages import stage
from infra.synth import Finding
from stopship.contract import AMAZON_NOTIFIER, FUNCTIONS, METRICS, ROLES, TEAMS, function_name
from stopship.settings import Settings, variable
from tests.e2e.rare import RARE
from tests.infra.conftest import Template
from tests.infra.reach import handlers_that_call
from tests.infra.restored import STREAM

WITHOUT_RESOURCES = {
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "dynamodb:ListStreams",
    "secretsmanager:ListSecrets",
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
}
"""Actions that IAM can only allow on all resources (Service Authorization Reference)."""
SIGN_IN = {"POST /console/sign-in", "POST /console/challenge"}


def as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def test_every_function_of_the_contract_is_deployed_and_no_other(template: Template) -> None:
    stage_name = template.of("AWS::Events::EventBus").popitem()[1]["Name"].removeprefix("stopship-")
    names = {x["FunctionName"] for x in template.of("AWS::Lambda::Function").values()}
    assert names == {function_name(stage_name, f.module) for f in FUNCTIONS}


def test_every_function_runs_the_same_way(template: Template) -> None:
    for function in template.of("AWS::Lambda::Function").values():
        assert function["Architectures"] == ["arm64"]
        assert function["Runtime"] == "python3.13"
        assert function["LoggingConfig"]["LogFormat"] == "JSON"
        assert function["TracingConfig"] == {"Mode": "Active"}
        assert function["Layers"]


def test_no_two_functions_share_a_role_or_a_log_group(template: Template) -> None:
    functions = template.of("AWS::Lambda::Function").values()
    assert len({json.dumps(f["Role"]) for f in functions}) == len(FUNCTIONS)
    assert len({json.dumps(f["LoggingConfig"]["LogGroup"]) for f in functions}) == len(FUNCTIONS)


def test_no_role_uses_a_managed_policy(template: Template) -> None:
    assert [r for r in template.of("AWS::IAM::Role").values() if r.get("ManagedPolicyArns")] == []


def test_all_resources_are_allowed_only_for_actions_that_know_no_resource(template: Template) -> None:
    for statements in template.policies().values():
        for statement in statements:
            if "*" in as_list(statement["Resource"]):
                assert set(as_list(statement["Action"])) <= WITHOUT_RESOURCES


def test_no_statement_allows_all_actions_of_a_service(template: Template) -> None:
    actions = [str(a) for x in template.policies().values() for s in x for a in as_list(s["Action"])]
    assert [a for a in actions if a.endswith(":*")] == []


def allowed(template: Template) -> dict[str, set[str]]:
    """Actions by function, as its physical name ends."""
    policies = template.policies()
    roles = {f["FunctionName"]: f["Role"]["Fn::GetAtt"][0] for f in template.of("AWS::Lambda::Function").values()}
    return {
        name.removeprefix(function_name("dev", "")): {str(a) for s in policies[role] for a in as_list(s["Action"])}
        for name, role in roles.items()
    }


def test_every_action_that_a_day_may_go_without_is_still_allowed(dev: Template) -> None:
    """An excuse for a right that is gone would excuse the next one that comes by that name."""
    given = allowed(dev)
    stale = {(name, action) for name, rare in RARE.items() for action in rare if action not in given.get(name, set())}
    assert stale == set()
    assert "dynamodb:DeleteItem" not in given["receive-webhook"]


def test_every_log_group_has_the_stages_retention(prod: Template) -> None:
    days = {x.get("RetentionInDays") for x in prod.of("AWS::Logs::LogGroup").values()}
    assert days == {stage("prod").log_retention_days}


def table(template: Template, construct: str) -> dict[str, Any]:
    """A table's whole resource, by the construct that it stands in."""
    tables = template.of("AWS::DynamoDB::Table")
    (name,) = [n for n in tables if n.startswith(construct)]
    found: dict[str, Any] = template.body["Resources"][name]
    return found


def test_the_ledger_is_on_demand_recoverable_streamed_and_encrypted(template: Template) -> None:
    ledger = table(template, "Ledger")["Properties"]
    assert ledger["BillingMode"] == "PAY_PER_REQUEST"
    assert ledger["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert ledger["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}
    assert ledger["SSESpecification"] == {"SSEEnabled": True}
    assert ledger["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}


def test_a_restored_ledger_takes_the_place_of_the_stacks_own_which_stays(
    prod: Template, planted: tuple[Template, list[Finding]]
) -> None:
    template = planted[0]
    own, now = table(prod, "Ledger"), table(template, "Ledger")
    assert now["Properties"] == {k: v for k, v in own["Properties"].items() if k != "Tags"}
    assert now["DeletionPolicy"] == "Retain"
    arn = STREAM.partition("/stream/")[0]
    streams = [x for x in template.of("AWS::Lambda::EventSourceMapping").values() if "/stream/" in str(x)]
    assert [x["EventSourceArn"] for x in streams] == [STREAM, STREAM]
    (name,) = [n for n in template.of("AWS::DynamoDB::Table") if n.startswith("Ledger")]
    readers = [x for x in template.of("AWS::Lambda::Function").values() if "STOPSHIP_TABLE_NAME" in str(x)]
    assert {x["Environment"]["Variables"]["STOPSHIP_TABLE_NAME"] for x in readers} == {"ledger-restored"}
    assert template.body["Outputs"]["TableName"]["Value"] == "ledger-restored"
    policies = str(template.policies())
    assert arn in policies and f"{arn}/index/gsi1" in policies and STREAM in policies
    assert name not in policies, "nothing writes to the old one by mistake"


def test_access_tokens_lie_in_a_table_apart_that_is_encrypted_forgets_and_is_never_backed_up(
    template: Template,
) -> None:
    tokens = table(template, "Tokens")
    properties = tokens["Properties"]
    assert properties["SSESpecification"] == {"SSEEnabled": True}
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert {"StreamSpecification", "PointInTimeRecoverySpecification"} & set(properties) == set()
    assert tokens["DeletionPolicy"] == "Delete"


def test_sessions_lie_in_a_table_that_forgets_and_only_the_consoles_functions_may_use(template: Template) -> None:
    sessions = table(template, "Sessions")
    assert sessions["Properties"]["SSESpecification"] == {"SSEEnabled": True}
    assert sessions["Properties"]["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert sessions["DeletionPolicy"] == "Delete"
    (name,) = [n for n in template.of("AWS::DynamoDB::Table") if n.startswith("Sessions")]
    users = [role for role, told in template.policies().items() if name in json.dumps([s["Resource"] for s in told])]
    assert len(users) == 2 and all("ServeConsole" in x or "ServeFigures" in x for x in users)


def test_who_may_use_access_tokens_are_the_functions_that_call_partners_and_they_may_delete_none(
    template: Template,
) -> None:
    (name,) = [n for n in template.of("AWS::DynamoDB::Table") if n.startswith("Tokens")]
    allowed = {
        role: set(as_list(statement["Action"]))
        for role, statements in template.policies().items()
        for statement in statements
        if name in json.dumps(statement["Resource"])
    }
    assert {json.dumps(sorted(actions)) for actions in allowed.values()} == {
        json.dumps(["dynamodb:GetItem", "dynamodb:UpdateItem"])
    }
    assert len(allowed) == len([f for f in FUNCTIONS if "partner_tokens" in f.grants])


def test_production_keeps_its_data_when_the_stack_goes(prod: Template) -> None:
    kept = ("AWS::S3::Bucket", "AWS::KMS::Key", "AWS::Cognito::UserPool")
    for resource in prod.body["Resources"].values():
        if resource["Type"] in kept:
            assert resource["DeletionPolicy"] == "Retain"
    ledger = table(prod, "Ledger")
    assert (ledger["DeletionPolicy"], ledger["Properties"]["DeletionProtectionEnabled"]) == ("Retain", True)


def test_development_leaves_nothing_behind(dev: Template) -> None:
    assert [n for n, x in dev.body["Resources"].items() if x.get("DeletionPolicy") == "Retain"] == []


def test_every_queue_is_encrypted_and_has_dead_letters_that_an_alarm_watches(template: Template) -> None:
    queues = template.of("AWS::SQS::Queue")
    dead = {name for name in queues if "DeadLetters" in name}
    watched = {
        d["Value"]["Fn::GetAtt"][0]
        for alarm in template.of("AWS::CloudWatch::Alarm").values()
        if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
        for d in alarm["Dimensions"]
    }
    assert all(q["SqsManagedSseEnabled"] for q in queues.values())
    assert all("RedrivePolicy" in queues[name] for name in set(queues) - dead)
    assert watched == dead


def test_an_exception_queue_alarms_when_its_tier_is_overdue(template: Template) -> None:
    ages = {
        alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0]: alarm["Threshold"]
        for alarm in template.of("AWS::CloudWatch::Alarm").values()
        if alarm["MetricName"] == "ApproximateAgeOfOldestMessage"
    }
    hours = {tier: next(v for k, v in ages.items() if f"Exceptions{tier}" in k) / 3600 for tier in ("P1", "P2", "P3")}
    assert hours == {"P1": 1, "P2": 4, "P3": 24}


def test_credentials_that_end_soon_are_alarmed_twice_and_a_day_without_a_number_changes_nothing(
    template: Template,
) -> None:
    alarms = [
        alarm
        for alarm in template.of("AWS::CloudWatch::Alarm").values()
        if alarm["MetricName"] == "FirstCredentialDaysLeft"
    ]
    assert [(a["Threshold"], a["ComparisonOperator"]) for a in alarms] == [
        (30, "LessThanOrEqualToThreshold"),
        (7, "LessThanOrEqualToThreshold"),
    ]
    assert {(a["Statistic"], a["Period"], a["TreatMissingData"]) for a in alarms} == {("Minimum", 86400, "ignore")}


def test_credentials_are_looked_at_every_day(template: Template) -> None:
    schedules = template.of("AWS::Scheduler::Schedule")
    every = {s["ScheduleExpression"] for name, s in schedules.items() if name.startswith("Credentials")}
    assert every == {"rate(1 day)"}


def alarm_on(template: Template, metric: str) -> dict[str, Any]:
    """What one alarm watches and when it rings, without who is told."""
    alarms = template.of("AWS::CloudWatch::Alarm").values()
    (alarm,) = [a for a in alarms if a["MetricName"] == metric]
    dimensions = {d["Name"]: d["Value"] for d in alarm.get("Dimensions", [])}
    return {**alarm, "Dimensions": {k: v for k, v in dimensions.items() if isinstance(v, str)}}


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_goods_that_leave_and_partners_that_are_down_are_alarmed_whoever_the_merchant(
    request: pytest.FixtureRequest, name: str
) -> None:
    """Production's table names no merchant: all of them are connected without a deployment."""
    for metric in ("ShippedAfterStopAnywhere", "PartnersDownAnywhere"):
        alarm = alarm_on(request.getfixturevalue(name), metric)
        assert (alarm["Dimensions"], alarm["Threshold"]) == ({"stage": name}, 0)
        assert METRICS[metric] == ("stage",)


def test_a_door_that_answers_500_is_alarmed_though_its_function_does_not_fail(template: Template) -> None:
    alarm = alarm_on(template, "5xx")
    assert (alarm["Namespace"], alarm["Statistic"], alarm["Threshold"]) == ("AWS/ApiGateway", "Sum", 0)


def test_webhooks_that_are_refused_are_alarmed_by_their_share_and_not_for_one_of_them(template: Template) -> None:
    alarm = alarm_on(template, "4xx")
    assert alarm["Dimensions"] == {"Stage": "$default", "Method": "POST", "Resource": "/webhooks/{source}"}
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Average", 0.05)
    assert (alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"]) == (3, 6)
    made = template.one("AWS::ApiGatewayV2::Stage")
    assert made["DefaultRouteSettings"]["DetailedMetricsEnabled"], "without it no metric is by route"
    assert "POST /webhooks/{source}" in {r["RouteKey"] for r in template.of("AWS::ApiGatewayV2::Route").values()}


def test_calls_that_lambda_refuses_are_alarmed_for_all_functions_at_once(template: Template) -> None:
    alarm = alarm_on(template, "Throttles")
    assert (alarm["Namespace"], alarm["Dimensions"], alarm["Threshold"]) == ("AWS/Lambda", {}, 10)


def test_every_group_that_the_desk_knows_by_name_is_there(template: Template) -> None:
    stage_name = template.of("AWS::Events::EventBus").popitem()[1]["Name"].removeprefix("stopship-")
    there = {g["GroupName"] for g in template.of("AWS::Cognito::UserPoolGroup").values()}
    people = {f"role.{role}" for role in ROLES} | {f"team.{team}" for team in TEAMS}
    assert there == people | {f"merchant.{m}" for m in stage(stage_name).merchants}


def test_every_alarm_tells_somebody(template: Template) -> None:
    assert all(a["AlarmActions"] and a["OKActions"] for a in template.of("AWS::CloudWatch::Alarm").values())


def test_the_state_machine_calls_only_functions_that_are_there(template: Template) -> None:
    machine = template.one("AWS::StepFunctions::StateMachine")
    wanted = set(re.findall(r"\$\{(\w+)\}", machine["DefinitionString"]))
    assert wanted == set(machine["DefinitionSubstitutions"])
    assert machine["StateMachineType"] == "STANDARD"
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False


def test_only_the_doors_that_prove_their_senders_are_open(template: Template) -> None:
    routes = template.of("AWS::ApiGatewayV2::Route").values()
    open_routes = {r["RouteKey"] for r in routes if r.get("AuthorizationType", "NONE") == "NONE"}
    form = {"GET /cancel/{merchant}", "POST /cancel/{merchant}", "POST /cancel/{merchant}/confirm"}
    proven = {"POST /webhooks/{source}", "POST /acknowledgments/{callback_id}", "ANY /vendor-answers/{token}"}
    console = {"GET /console", "GET /console/{proxy+}", "POST /console/{proxy+}"}
    figures = {"GET /console/kpi", "GET /console/kpi/{proxy+}"}
    assert open_routes == proven | form | console | figures | SIGN_IN


def test_what_anybody_may_post_has_a_rate_of_its_own(template: Template) -> None:
    made = template.one("AWS::ApiGatewayV2::Stage")
    usual = made["DefaultRouteSettings"]["ThrottlingRateLimit"]
    limits = {route: told["ThrottlingRateLimit"] for route, told in made["RouteSettings"].items()}
    form = {"GET /cancel/{merchant}", "POST /cancel/{merchant}", "POST /cancel/{merchant}/confirm"}
    assert set(limits) == form | SIGN_IN
    assert all(0 < limit < usual for limit in limits.values())


def test_the_form_reads_no_credential(template: Template) -> None:
    (role,) = [name for name in template.policies() if "CancelForm" in name]
    allowed = {str(a) for s in template.policies()[role] for a in as_list(s["Action"])}
    assert not allowed & {"secretsmanager:GetSecretValue", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"}


def test_the_two_dashboards_show_every_metric_of_ours(template: Template) -> None:
    boards = template.of("AWS::CloudWatch::Dashboard")
    assert len(boards) == 2
    assert [name for name in METRICS if name not in json.dumps(boards)] == []


def test_a_merchant_of_the_stage_has_a_secret_under_our_key(dev: Template) -> None:
    secrets = dev.of("AWS::SecretsManager::Secret").values()
    assert {s["Name"] for s in secrets} == {f"stopship/dev/merchants/{m}" for m in stage("dev").merchants}
    assert all("KmsKeyId" in s for s in secrets)


def test_a_functions_environment_holds_names_and_addresses_only(template: Template) -> None:
    known = {variable(f.name) for f in fields(Settings)} | {"POWERTOOLS_SERVICE_NAME"}
    for function in template.of("AWS::Lambda::Function").values():
        assert set(function["Environment"]["Variables"]) <= known


def test_whoever_tells_an_address_of_the_desk_knows_it(template: Template) -> None:
    functions = template.of("AWS::Lambda::Function").values()
    variables = {f["Handler"].split(".")[-2]: f["Environment"]["Variables"] for f in functions}
    tell = handlers_that_call("case_url", "callback_url")
    assert {"escalate_exception", "sweep_cases", "execute_stop_ship", "serve_console"} <= tell
    assert [module for module in sorted(tell) if not variables[module].get(variable("public_url"))] == []


def test_only_amazon_may_send_to_its_queue_from_outside(template: Template) -> None:
    allowed = [
        (as_list(statement["Principal"].get("AWS")), as_list(statement["Action"]))
        for policy in template.of("AWS::SQS::QueuePolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow" and "AWS" in statement["Principal"]
    ]
    ((principals, actions),) = allowed
    assert AMAZON_NOTIFIER in json.dumps(principals)
    assert set(actions) == {"sqs:SendMessage", "sqs:GetQueueAttributes"}


def test_the_worker_reads_the_intake_queue_and_amazons(template: Template) -> None:
    sources = [json.dumps(x["EventSourceArn"]) for x in template.of("AWS::Lambda::EventSourceMapping").values()]
    for name in ("QueuesIntake", "QueuesAmazonNotifications"):
        assert len([x for x in sources if name in x]) == 1


def test_amazon_is_asked_no_more_often_than_its_allowance_bears(template: Template) -> None:
    rates = {x["ScheduleExpression"] for x in template.of("AWS::Scheduler::Schedule").values()}
    others = {"rate(1 minute)", "rate(15 minutes)", "rate(1 hour)", "rate(1 day)", "cron(30 12 ? * MON *)"}
    assert rates == {"rate(5 minutes)", *others}
