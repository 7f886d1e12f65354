"""A stack of ours with one more thing in it that the rule packs must object to. Run as an application, as app.py is."""

from aws_cdk import App, Validations
from aws_cdk import aws_sqs as sqs
from cdk_nag import AwsSolutionsChecks, ServerlessChecks

from infra.stack import StopshipStack
from infra.stages import stage

app = App()
sqs.Queue(StopshipStack(app, "Planted", stage=stage("staging"), platform="arm64"), "Bare")
Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
app.synth()
