"""A stack of ours with one more thing in it that the rule packs must object to, and whose ledger was restored into another table. Run as an
application, as app.py is."""

from dataclasses import replace

from aws_cdk import App, Validations
from aws_cdk import aws_sqs as sqs
from cdk_nag import AwsSolutionsChecks, ServerlessChecks

from infra.stack import StopshipStack
from infra.stages import stage
from tests.infra.restored import STREAM

app = App()
restored = replace(stage("prod"), restored_ledger=STREAM)
sqs.Queue(StopshipStack(app, "Planted", stage=restored, platform="arm64"), "Bare")
Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
app.synth()
