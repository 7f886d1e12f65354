"""Public list prices, us-east-1, US dollars per unit, without free tiers, as of 2025: check them before you rely on the sum.

Sources, under https://aws.amazon.com: /step-functions/pricing, /lambda/pricing (arm64), /dynamodb/pricing/on-demand, /sqs/pricing,
/api-gateway/pricing (HTTP API), /s3/pricing, /eventbridge/pricing, /secrets-manager/pricing, /kms/pricing, /ses/pricing.
"""

from collections.abc import Mapping

MILLION = 1_000_000
PRICES: Mapping[str, float] = {
    "state transitions": 0.025 / 1_000,
    "Lambda invocations": 0.20 / MILLION,
    "Lambda GB-seconds": 0.0000133334,
    "DynamoDB write units": 0.625 / MILLION,
    "DynamoDB read units": 0.125 / MILLION,
    "SQS requests": 0.40 / MILLION,
    "HTTP API requests": 1.00 / MILLION,
    "S3 puts": 0.005 / 1_000,
    "S3 gets": 0.0004 / 1_000,
    "EventBridge events": 1.00 / MILLION,
    "Scheduler calls": 1.00 / MILLION,
    "Secrets Manager calls": 0.05 / 10_000,
    "KMS signatures": 0.03 / 10_000,
    "mails": 0.10 / 1_000,
}
