"""The intake queue, the queue of received mails before it, queues for counts and for privacy duties, one queue a tier for exceptions, and
the queues behind them for what nobody could take."""

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stopship.contract import AMAZON_NOTIFIER, FUNCTIONS, TIERS

KEPT = Duration.days(14)
TRIES = 8
LOOKS = 1000
"""How often an exception's message may be received. Looking at one without ending it is no failure, so this is as often as SQS can count; what
is set aside after that is still open in the ledger, which gives it to whoever asks for the next one."""
TIER_HOURS = {"P1": 1, "P2": 4, "P3": 24}
"""How old an exception may grow in its queue."""


class Queues(Construct):
    """``dead`` are all dead-letter queues by name, for the alarms: nothing may lie there unseen."""

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        self.dead: dict[str, sqs.Queue] = {}
        self.intake = self._queue("Intake", _longer_than("process_intake"))
        self.mail = self._queue("Mail", _longer_than("receive_mail"))
        # Some of Amazon's notifications (FEED_PROCESSING_FINISHED) come over SQS only.
        self.amazon = self._queue("AmazonNotifications", _longer_than("process_intake"))
        self.amazon.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.AccountPrincipal(AMAZON_NOTIFIER)],
                actions=["sqs:SendMessage", "sqs:GetQueueAttributes"],
                resources=[self.amazon.queue_arn],
            )
        )
        self.counts = self._queue("Counts", _longer_than("count_orders"))
        self.privacy = self._queue("Privacy", _longer_than("erase_personal_data"))
        self.exceptions = {tier: self._queue(f"Exceptions{tier}", Duration.minutes(5), LOOKS) for tier in TIERS}

    def _queue(self, name: str, visibility: Duration, tries: int = TRIES) -> sqs.Queue:
        dead = self.dead_letters(name)
        return sqs.Queue(
            self,
            name,
            visibility_timeout=visibility,
            retention_period=KEPT,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=tries),
        )

    def dead_letters(self, name: str) -> sqs.Queue:
        """A dead-letter queue for ``name``, watched like all others."""
        self.dead[name] = sqs.Queue(
            self,
            f"{name}DeadLetters",
            retention_period=KEPT,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
        )
        return self.dead[name]


def _longer_than(module: str) -> Duration:
    """A message must not come back while a batch may still be at work on it (AWS Lambda developer guide, SQS event sources)."""
    worker = next(f for f in FUNCTIONS if f.module == module)
    return Duration.seconds(6 * worker.timeout_seconds)
