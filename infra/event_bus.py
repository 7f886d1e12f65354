"""Events into the desk's queues: from the desk's own bus, and from the buses of partners that are connected."""

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.queues import Queues
from infra.stages import Stage
from stopship.contract import AMAZON_SOURCE_PREFIX, PROJECT, SHOPIFY_COUNTED, SHOPIFY_PRIVACY, SHOPIFY_SOURCE_PREFIX

TOPIC = "X-Shopify-Topic"


class IntakeBus(Construct):
    def __init__(self, scope: Construct, id_: str, stage: Stage, queues: Queues) -> None:
        super().__init__(scope, id_)
        self.bus = events.EventBus(self, "Bus", event_bus_name=f"{PROJECT}-{stage.name}")
        self._lost = queues.dead_letters("Events")
        buses: list[tuple[str, events.IEventBus]] = [("", self.bus)]
        for number, name in enumerate(stage.partner_buses):
            buses.append((str(number), events.EventBus.from_event_bus_name(self, f"Partner{number}", name)))
        for suffix, bus in buses:
            self._amazon(suffix, bus, queues)
            self._shopify(suffix, bus, queues)

    def _amazon(self, suffix: str, bus: events.IEventBus, queues: Queues) -> None:
        pattern = events.EventPattern(source=events.Match.prefix(AMAZON_SOURCE_PREFIX))
        self._rule(f"Amazon{suffix}", bus, pattern, queues.intake, "Everything that Amazon tells a seller")

    def _shopify(self, suffix: str, bus: events.IEventBus, queues: Queues) -> None:
        """All that is not named goes to the intake: also what nobody has decided about, and what names no topic."""
        aside = [*SHOPIFY_COUNTED, *SHOPIFY_PRIVACY]
        anything_else = events.Match.any_of(events.Match.anything_but(*aside), events.Match.does_not_exist())
        ways = (
            ("", anything_else, queues.intake, "What Shopify tells of orders"),
            ("Counts", list(SHOPIFY_COUNTED), queues.counts, "Orders that Shopify's shops took"),
            ("Privacy", list(SHOPIFY_PRIVACY), queues.privacy, "What Shopify's shops must have named or erased"),
        )
        for name, topics, queue, what in ways:
            pattern = events.EventPattern(
                source=events.Match.prefix(SHOPIFY_SOURCE_PREFIX), detail={"metadata": {TOPIC: topics}}
            )
            self._rule(f"Shopify{name}{suffix}", bus, pattern, queue, what)

    def _rule(
        self, id_: str, bus: events.IEventBus, pattern: events.EventPattern, queue: sqs.IQueue, what: str
    ) -> None:
        target = targets.SqsQueue(queue, dead_letter_queue=self._lost, retry_attempts=185)
        events.Rule(self, id_, event_bus=bus, description=what, event_pattern=pattern, targets=[target])
