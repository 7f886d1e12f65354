"""The CDK application: one stack per stage of cdk.json.

Context: ``stopship:stage`` chooses one stage, for its deployment; ``stopship:platform`` is ``arm64`` (default) or ``host`` for the local stack;
``stopship:check`` set to ``no`` leaves the rule packs out.
"""

from aws_cdk import App, Tags, Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks

from infra.stack import StopshipStack
from infra.stages import check_deployable, stages

app = App()
chosen = app.node.try_get_context("stopship:stage")
platform = app.node.try_get_context("stopship:platform") or "arm64"
for stage in stages().values():
    if chosen == stage.name:
        check_deployable(stage)
    if chosen in (None, stage.name):
        stack = StopshipStack(app, f"Stopship-{stage.name}", stage=stage, platform=platform)
        Tags.of(stack).add("project", "stopship")
        Tags.of(stack).add("stage", stage.name)
if app.node.try_get_context("stopship:check") != "no":
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
app.synth()
