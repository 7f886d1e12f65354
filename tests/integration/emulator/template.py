"""The probe stack: what our product uses of AWS, in one template written by hand."""

from typing import Any

CODE = {"S3Bucket": "cdk-probe-assets-000000000000-us-east-1", "S3Key": "code.zip"}
LAYER = {"S3Bucket": CODE["S3Bucket"], "S3Key": "layer.zip"}
ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
    },
}


def arn(logical_id: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [logical_id, "Arn"]}


def ref(logical_id: str) -> dict[str, str]:
    return {"Ref": logical_id}


def function(name: str, timeout: int = 10) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "FunctionName": name,
            "Runtime": "python3.13",
            "Handler": "probe.handler",
            "Timeout": timeout,
            "MemorySize": 256,
            "Role": arn("Role"),
            "Code": CODE,
            "Layers": [ref("Layer")],
            "Environment": {"Variables": {"SEEN_QUEUE": ref("Seen"), "SECRET": ref("Secret")}},
        },
    }


def queue(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": properties}


def _http() -> dict[str, Any]:
    integration = {"Fn::Join": ["", ["integrations/", ref("Integration")]]}
    issuer = {"Fn::Join": ["", ["https://cognito-idp.us-east-1.amazonaws.com/", ref("Pool")]]}
    return {
        "Pool": {"Type": "AWS::Cognito::UserPool", "Properties": {"UserPoolName": "probe"}},
        "PoolClient": {
            "Type": "AWS::Cognito::UserPoolClient",
            "Properties": {
                "UserPoolId": ref("Pool"),
                "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            },
        },
        "Api": {
            "Type": "AWS::ApiGatewayV2::Api",
            "Properties": {
                "Name": "probe",
                "ProtocolType": "HTTP",
                "CorsConfiguration": {"AllowOrigins": ["https://desk.example"], "AllowMethods": ["GET", "POST"]},
            },
        },
        "Stage": {
            "Type": "AWS::ApiGatewayV2::Stage",
            "Properties": {"ApiId": ref("Api"), "StageName": "$default", "AutoDeploy": True},
        },
        "Integration": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": ref("Api"),
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": arn("Work"),
                "PayloadFormatVersion": "2.0",
            },
        },
        "Authorizer": {
            "Type": "AWS::ApiGatewayV2::Authorizer",
            "Properties": {
                "ApiId": ref("Api"),
                "Name": "desk",
                "AuthorizerType": "JWT",
                "IdentitySource": ["$request.header.Authorization"],
                "JwtConfiguration": {"Audience": [ref("PoolClient")], "Issuer": issuer},
            },
        },
        "OpenRoute": {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {"ApiId": ref("Api"), "RouteKey": "POST /callbacks/{id}", "Target": integration},
        },
        "DeskRoute": {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": ref("Api"),
                "RouteKey": "GET /desk",
                "AuthorizationType": "JWT",
                "AuthorizerId": ref("Authorizer"),
                "Target": integration,
            },
        },
    }


def _events() -> dict[str, Any]:
    return {
        "ToQueue": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventPattern": {"source": ["partner.orders"]},
                "Targets": [{"Id": "queue", "Arn": arn("Ruled"), "InputPath": "$.detail"}],
            },
        },
        "ToFunction": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventPattern": {"source": ["partner.calls"]},
                "Targets": [{"Id": "function", "Arn": arn("Work")}],
            },
        },
        "IntakeMapping": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "EventSourceArn": arn("Intake"),
                "FunctionName": ref("Consumer"),
                "BatchSize": 10,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
            },
        },
        "StreamMapping": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "EventSourceArn": {"Fn::GetAtt": ["Table", "StreamArn"]},
                "FunctionName": ref("Consumer"),
                "StartingPosition": "TRIM_HORIZON",
                "BatchSize": 10,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "FilterCriteria": {
                    "Filters": [{"Pattern": '{"dynamodb": {"Keys": {"pk": {"S": [{"prefix": "event"}]}}}}'}]
                },
            },
        },
    }


def _watch() -> dict[str, Any]:
    return {
        "DlqAlarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmName": "dlq",
                "Namespace": "AWS/SQS",
                "MetricName": "ApproximateNumberOfMessagesVisible",
                "Dimensions": [{"Name": "QueueName", "Value": {"Fn::GetAtt": ["Rung", "QueueName"]}}],
                "Statistic": "Maximum",
                "Period": 60,
                "EvaluationPeriods": 1,
                "Threshold": 1,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "TreatMissingData": "notBreaching",
            },
        },
        "MathAlarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmName": "math",
                "Metrics": [{"Id": "rate", "Expression": "a / b"}],
                "EvaluationPeriods": 1,
                "Threshold": 1,
                "ComparisonOperator": "GreaterThanThreshold",
            },
        },
        "AnyAlarm": {
            "Type": "AWS::CloudWatch::CompositeAlarm",
            "DependsOn": ["DlqAlarm"],
            "Properties": {"AlarmName": "any", "AlarmRule": 'ALARM("dlq")'},
        },
        "Board": {
            "Type": "AWS::CloudWatch::Dashboard",
            "Properties": {"DashboardName": "probe", "DashboardBody": '{"widgets": []}'},
        },
    }


def _mail() -> dict[str, Any]:
    """A receipt rule that is only made in a region where mail is received, and one that is made nowhere."""
    rule = {"Name": "probe", "Enabled": True, "ScanEnabled": True, "Recipients": ["Cancel@Shop.example"]}
    action = {"S3Action": {"BucketName": ref("Bucket"), "ObjectKeyPrefix": "mail/", "TopicArn": "arn:aws:sns:::t"}}
    return {
        "Rules": {"Type": "AWS::SES::ReceiptRuleSet", "Condition": "Here", "Properties": {"RuleSetName": "probe"}},
        "Rule": {
            "Type": "AWS::SES::ReceiptRule",
            "Condition": "Here",
            "DependsOn": ["Rules"],
            "Properties": {"RuleSetName": "probe", "Rule": {**rule, "Actions": [action]}},
        },
        "OtherRules": {
            "Type": "AWS::SES::ReceiptRuleSet",
            "Condition": "Elsewhere",
            "Properties": {"RuleSetName": "elsewhere"},
        },
    }


CONDITIONS = {
    "Here": {"Fn::Or": [{"Fn::Equals": [ref("AWS::Region"), x]} for x in ("eu-west-1", "us-east-1")]},
    "Elsewhere": {"Fn::Equals": [ref("AWS::Region"), "eu-west-1"]},
}


def template() -> dict[str, Any]:
    dead = {"deadLetterTargetArn": arn("Dead"), "maxReceiveCount": 2}
    resources = {
        "Role": ROLE,
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": []}}},
        "Layer": {"Type": "AWS::Lambda::LayerVersion", "Properties": {"LayerName": "probe", "Content": LAYER}},
        "Secret": {
            "Type": "AWS::SecretsManager::Secret",
            "Properties": {"Name": "probe/secret", "SecretString": "hush"},
        },
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": "probe",
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
                "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
            },
        },
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {}},
        "Seen": queue(),
        "Ruled": queue(),
        "Rung": queue(),
        "Dead": queue(),
        "Intake": queue(VisibilityTimeout=4, RedrivePolicy=dead),
        "Work": function("probe-work"),
        "Slow": function("probe-slow", timeout=1),
        "Consumer": function("probe-consumer"),
        **_http(),
        **_events(),
        **_watch(),
        **_mail(),
    }
    named = ("Api", "Bucket", "Dead", "Intake", "Key", "Pool", "PoolClient", "Role", "Ruled", "Rung", "Secret", "Seen")
    outputs: dict[str, Any] = {name: {"Value": ref(name)} for name in named}
    arns = {f"{name}Arn": {"Value": arn(name)} for name in ("Role", "Seen", "Work", "Slow")}
    provider = {"PoolProviderUrl": {"Value": {"Fn::GetAtt": ["Pool", "ProviderURL"]}}}
    return {"Conditions": CONDITIONS, "Resources": resources, "Outputs": outputs | arns | provider}
