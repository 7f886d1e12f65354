"""What KMS signs for the desk is what JWT calls PS256."""

import boto3
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from moto import mock_aws

from stopship.adapters.netsuite.kms_signer import KmsSigner


@mock_aws
def test_the_signature_is_pss_over_sha256_of_the_raw_message() -> None:
    kms = boto3.client("kms", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    key_id = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")["KeyMetadata"]["KeyId"]
    public = load_der_public_key(kms.get_public_key(KeyId=key_id)["PublicKey"])
    assert isinstance(public, rsa.RSAPublicKey)
    signature = KmsSigner(kms, key_id).sign(b"head.claims")
    # KMS itself salts with the length of the hash; this stand-in uses another length, so any is taken here.
    pss = padding.PSS(padding.MGF1(SHA256()), padding.PSS.AUTO)
    public.verify(signature, b"head.claims", pss, SHA256())
    with pytest.raises(InvalidSignature):
        public.verify(signature, b"head.other", pss, SHA256())
