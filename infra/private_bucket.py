"""A bucket for raw messages: encrypted under our own key, private, over TLS only, and kept with the stage's data."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.stages import Stage


def private_bucket(
    scope: Construct,
    stage: Stage,
    key: kms.IKey,
    *,
    versioned: bool = False,
    expiration: Duration | None = None,
    noncurrent_version_expiration: Duration | None = None,
) -> s3.Bucket:
    """Named "Bucket" in its scope. Uploads that nobody finished go after a day."""
    return s3.Bucket(
        scope,
        "Bucket",
        encryption=s3.BucketEncryption.KMS,
        encryption_key=key,
        bucket_key_enabled=True,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        enforce_ssl=True,
        versioned=versioned or None,
        lifecycle_rules=[
            s3.LifecycleRule(
                expiration=expiration,
                noncurrent_version_expiration=noncurrent_version_expiration,
                abort_incomplete_multipart_upload_after=Duration.days(1),
            )
        ],
        removal_policy=RemovalPolicy.RETAIN if stage.retain_data else RemovalPolicy.DESTROY,
    )
