"""Credentials of the local merchants. Each opens a sandbox on this machine and nothing else."""

import hashlib


def secret_for(merchant: str, purpose: str) -> str:
    """The same at every start."""
    return hashlib.sha256(f"sandbox/{merchant}/{purpose}".encode()).hexdigest()
