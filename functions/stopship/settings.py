"""What a function is told by its environment. Infra writes these variables from the same fields."""

import os
from collections.abc import Mapping
from dataclasses import fields

from stopship.frozen import frozen


@frozen
class Settings:
    """Every field is the environment variable ``STOPSHIP_<FIELD>``. Empty means: this function has no use for it.

    ``token_table_name`` holds the partners' access tokens, encrypted under ``token_key_arn``. ``public_url`` is the desk's base URL, from which callback URLs are made. ``scheduler_role_arn`` is what EventBridge
    Scheduler assumes to call the escalation function. ``exception_queue_urls`` is "P1=<url> P2=<url> P3=<url>";
    ``notices_topic_arn`` is where people are told of exceptions that grow old. ``form_key`` is the KMS key that seals the
    cancel form's tokens. ``session_table_name`` holds the console's sessions, whose refresh tokens are encrypted under
    ``token_key_arn``; ``user_pool_client_id`` is what people sign in with.
    """

    stage: str = ""
    table_name: str = ""
    facts_table_name: str = ""
    token_table_name: str = ""
    token_key_arn: str = ""
    traffic_table_name: str = ""
    evidence_bucket: str = ""
    reports_bucket: str = ""
    mail_bucket: str = ""
    intake_queue_url: str = ""
    counts_queue_url: str = ""
    privacy_queue_url: str = ""
    state_machine_arn: str = ""
    exception_queue_urls: str = ""
    notices_topic_arn: str = ""
    schedule_group: str = ""
    scheduler_role_arn: str = ""
    escalate_function_arn: str = ""
    public_url: str = ""
    form_key: str = ""
    session_table_name: str = ""
    user_pool_client_id: str = ""

    @property
    def exception_queues(self) -> Mapping[str, str]:
        """Queue URL by tier."""
        return dict(pair.split("=", 1) for pair in self.exception_queue_urls.split())


def variable(field: str) -> str:
    """The environment variable of a field."""
    return f"STOPSHIP_{field.upper()}"


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """Reads the settings; a missing variable is empty, and using it fails where it is used, by name."""
    source = os.environ if environment is None else environment
    return Settings(**{f.name: source.get(variable(f.name), "") for f in fields(Settings)})
