"""The desk's HTTP API: open doors that prove the sender themselves, the desk behind a token, and the console behind its own sessions."""

import json
from collections.abc import Mapping

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.identity import Identity
from infra.log_retention import retention
from infra.stages import Stage
from stopship.contract import PROJECT

GET, POST, ANY = apigateway.HttpMethod.GET, apigateway.HttpMethod.POST, apigateway.HttpMethod.ANY
WEBHOOKS = "/webhooks/{source}"
DOORS = {
    "receive_webhook": [(POST, WEBHOOKS)],
    "receive_acknowledgment": [(POST, "/acknowledgments/{callback_id}")],
    # Whatever a mail scanner tries is answered by the page, which knows that only a sent form counts.
    "answer_vendor_page": [(ANY, "/vendor-answers/{token}")],
    "cancel_form": [
        (GET, "/cancel/{merchant}"),
        (POST, "/cancel/{merchant}"),
        (POST, "/cancel/{merchant}/confirm"),
    ],
}
CONSOLE = [(GET, "/console"), (GET, "/console/{proxy+}"), (POST, "/console/{proxy+}")]
FIGURES = [(GET, "/console/kpi"), (GET, "/console/kpi/{proxy+}")]
"""Of the console's pages those that another function serves: the more specific route is taken."""
SIGN_IN = [(POST, "/console/sign-in"), (POST, "/console/challenge")]
"""The console's doors that anybody may knock on: they have keys of their own, so that they have a rate of their own."""
FORM_SHARE = 10
"""The form's routes and the console's sign-in, which anybody may call, each get this part of the stage's rate: an HTTP API throttles by route, not by caller."""
DESK = [
    (POST, "/cancellations"),
    (POST, "/cancellations/csv"),
    (GET, "/cases"),
    (GET, "/cases/{case_id}"),
    (GET, "/exceptions"),
    (POST, "/exceptions/next"),
    (POST, "/exceptions/{exception_id}/lease"),
    (POST, "/exceptions/{exception_id}/preview"),
    (POST, "/exceptions/{exception_id}/resolution"),
    (POST, "/exceptions/{exception_id}/approval"),
    (POST, "/exceptions/{exception_id}/assignment"),
    (POST, "/exceptions/{exception_id}/snooze"),
    (POST, "/exceptions/bulk/preview"),
    (POST, "/exceptions/bulk"),
    (GET, "/outages"),
    (GET, "/openapi.json"),
]
ACCESS_LOG = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "method": "$context.httpMethod",
    "route": "$context.routeKey",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "latency": "$context.responseLatency",
    "error": "$context.error.message",
    "integrationError": "$context.integrationErrorMessage",
}
"""No address, no header, no path parameter: a callback id and a vendor's link are secrets."""


class DeskHttpApi(Construct):
    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        functions: Mapping[str, lambda_.IFunction],
        identity: Identity,
    ) -> None:
        super().__init__(scope, id_)
        self._made: dict[str, list[apigateway.HttpRoute]] = {}
        self.api = apigateway.HttpApi(
            self,
            "Api",
            api_name=f"{PROJECT}-{stage.name}",
            description="Stopship: webhooks, acknowledgments, and the desk",
            create_default_stage=False,
        )
        for module, routes in {**DOORS, "serve_console": SIGN_IN + CONSOLE, "serve_figures": FIGURES}.items():
            self._route(routes, module, functions[module], None)
        self._add_stage(stage)
        self._route(DESK, "desk_api", functions["desk_api"], self._authorizer(identity))

    def _authorizer(self, identity: Identity) -> apigateway.IHttpRouteAuthorizer:
        issuer = f"https://cognito-idp.{Aws.REGION}.{Aws.URL_SUFFIX}/{identity.pool.user_pool_id}"
        audience = [identity.client.user_pool_client_id]
        return authorizers.HttpJwtAuthorizer("DeskUsers", issuer, jwt_audience=audience)

    def _route(
        self,
        routes: list[tuple[apigateway.HttpMethod, str]],
        module: str,
        function: lambda_.IFunction,
        authorizer: apigateway.IHttpRouteAuthorizer | None,
    ) -> None:
        integration = integrations.HttpLambdaIntegration(module, function)
        for method, path in routes:
            made = self.api.add_routes(path=path, methods=[method], integration=integration, authorizer=authorizer)
            self._made.setdefault(module, []).extend(made)

    def _add_stage(self, stage: Stage) -> None:
        access = logs.LogGroup(
            self,
            "AccessLog",
            log_group_name=f"/aws/vendedlogs/apis/{PROJECT}-{stage.name}",
            retention=retention(stage),
            removal_policy=RemovalPolicy.RETAIN if stage.retain_data else RemovalPolicy.DESTROY,
        )
        form = {
            "ThrottlingRateLimit": max(1, stage.requests_per_second // FORM_SHARE),
            "ThrottlingBurstLimit": max(1, stage.request_burst // FORM_SHARE),
            "DetailedMetricsEnabled": True,
        }
        made = apigateway.CfnStage(
            self,
            "Stage",
            api_id=self.api.api_id,
            stage_name="$default",
            auto_deploy=True,
            access_log_settings=apigateway.CfnStage.AccessLogSettingsProperty(
                destination_arn=access.log_group_arn, format=json.dumps(ACCESS_LOG)
            ),
            default_route_settings=apigateway.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=stage.requests_per_second,
                throttling_burst_limit=stage.request_burst,
                detailed_metrics_enabled=True,
            ),
            route_settings={f"{method.value} {path}": form for method, path in DOORS["cancel_form"] + SIGN_IN},
        )
        # A stage has settings only for routes that are there.
        for route in self._made["cancel_form"] + self._made["serve_console"]:
            made.node.add_dependency(route)
