"""Puts the real adapters behind the ports, once per process, from the environment."""

import secrets
from functools import cache
from typing import TYPE_CHECKING

from stopship.adapters import aws
from stopship.adapters.access_tokens import SharedTokens
from stopship.adapters.access_tokens_dynamodb import DynamoTokens
from stopship.adapters.callbacks_stepfunctions import StepFunctionsExecutions, StepFunctionsTasks
from stopship.adapters.clock import SystemClock
from stopship.adapters.evidence_s3 import S3Evidence
from stopship.adapters.form_seal_kms import KmsSeal
from stopship.adapters.gate import Pacing
from stopship.adapters.ledger_dynamodb import DynamoLedger
from stopship.adapters.mailer_ses import SesMailer
from stopship.adapters.merchants import Merchants
from stopship.adapters.notices import DeskNotices
from stopship.adapters.people_cognito import CognitoPeople
from stopship.adapters.queues_sqs import SqsQueue, SqsWork
from stopship.adapters.received_mails_s3 import S3Mails
from stopship.adapters.sessions_dynamodb import DynamoSessions
from stopship.adapters.timers_scheduler import SchedulerTimers
from stopship.adapters.traffic_dynamodb import DynamoTraffic
from stopship.application.context import Desk
from stopship.application.sign_in import Entrance
from stopship.settings import Settings, from_environment
from stopship.wiring import metrics
from stopship.wiring.governed_partners import GovernedPartners
from stopship.wiring.lazy import Lazy
from stopship.wiring.partners import ConfiguredPartners
from stopship.wiring.policies import LedgerPolicies

if TYPE_CHECKING:
    from stopship.adapters.facts_table import DynamoFacts
    from stopship.adapters.reports_s3 import S3Reports


@cache
def settings() -> Settings:
    return from_environment()


@cache
def merchants() -> Merchants:
    return Merchants(settings().stage, Lazy(lambda: aws.client("secretsmanager")), Lazy(lambda: aws.client("ssm")))


@cache
def ledger() -> DynamoLedger:
    return DynamoLedger(aws.client("dynamodb"), settings().table_name)


@cache
def facts() -> "DynamoFacts":
    from stopship.adapters.facts_table import DynamoFacts

    return DynamoFacts(aws.client("dynamodb"), settings().facts_table_name)


@cache
def reports() -> "S3Reports":
    from stopship.adapters.reports_s3 import S3Reports

    return S3Reports(aws.client("s3"), settings().reports_bucket)


@cache
def access_tokens() -> SharedTokens:
    s = settings()
    database, kms = Lazy(lambda: aws.client("dynamodb")), Lazy(lambda: aws.client("kms"))
    return SharedTokens(DynamoTokens(database, s.token_table_name, kms, s.token_key_arn), SystemClock())


@cache
def evidence() -> S3Evidence:
    return S3Evidence(Lazy(lambda: aws.client("s3")), settings().evidence_bucket)


@cache
def received_mails() -> S3Mails:
    return S3Mails(aws.client("s3"), settings().mail_bucket)


@cache
def intake_queue() -> SqsQueue:
    return SqsQueue(aws.client("sqs"), settings().intake_queue_url)


@cache
def form_seal() -> KmsSeal:
    return KmsSeal(aws.client("kms"), settings().form_key)


@cache
def counts_queue() -> SqsQueue:
    return SqsQueue(aws.client("sqs"), settings().counts_queue_url)


@cache
def privacy_queue() -> SqsQueue:
    return SqsQueue(aws.client("sqs"), settings().privacy_queue_url)


@cache
def traffic() -> DynamoTraffic:
    return DynamoTraffic(Lazy(lambda: aws.client("dynamodb")), settings().traffic_table_name)


@cache
def entrance() -> Entrance:
    s = settings()
    people = CognitoPeople(aws.anonymous("cognito-idp"), s.user_pool_client_id)
    sessions = DynamoSessions(
        aws.client("dynamodb"), s.session_table_name, Lazy(lambda: aws.client("kms")), s.token_key_arn
    )
    return Entrance(people, sessions, SystemClock())


@cache
def connected_partners() -> GovernedPartners:
    """Built once for all, so that an adapter that works with another partner's finds its gate here."""
    configured = ConfiguredPartners(
        merchants(), access_tokens(), lambda *adapter: connected_partners().behind_gate(*adapter)
    )
    return GovernedPartners(configured, merchants().connections, traffic(), Pacing(), meter=metrics.partner_called)


@cache
def desk() -> Desk:
    """Clients are made when they are first used: a function pays only for what it calls."""
    s = settings()
    states = Lazy(lambda: aws.client("stepfunctions"))
    scheduler = Lazy(lambda: aws.client("scheduler"))
    return Desk(
        ledger=ledger(),
        clock=SystemClock(),
        policies=LedgerPolicies(ledger(), merchants()),
        partners=connected_partners(),
        evidence=evidence(),
        executions=StepFunctionsExecutions(states, s.state_machine_arn),
        tasks=StepFunctionsTasks(states),
        timers=SchedulerTimers(scheduler, s.schedule_group, s.escalate_function_arn, s.scheduler_role_arn),
        mailer=SesMailer(Lazy(lambda: aws.client("sesv2"))),
        traffic=traffic(),
        notices=DeskNotices(Lazy(lambda: aws.client("sns")), s.notices_topic_arn, merchants().connections),
        queues=SqsWork(Lazy(lambda: aws.client("sqs")), s.exception_queues),
        new_id=lambda: secrets.token_urlsafe(24),
        callback_url=callback_url,
        case_url=case_url,
    )


def callback_url(merchant: str, callback_id: str) -> str:
    """Where a partner sends its answer: the merchant's own address for the desk, or the API's."""
    base = merchants().connections(merchant).get("desk_url") or settings().public_url
    return f"{base.rstrip('/')}/acknowledgments/{callback_id}"


def case_url(merchant: str, case_id: str) -> str:
    """Where a person looks at a case: the console, under the desk's own address."""
    return f"{settings().public_url.rstrip('/')}/console/cases/{case_id}?merchant={merchant}"
