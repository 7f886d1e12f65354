"""Events into the one intake queue: from the desk's own bus, and from the buses of partners that are connected."""

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from infra.queues import Queues
from infra.stages import Stage
from stopship.contract import AMAZON_SOURCE_PREFIX, PROJECT


class IntakeBus(Construct):
    def __init__(self, scope: Construct, id_: str, stage: Stage, queues: Queues) -> None:
        super().__init__(scope, id_)
        self.bus = events.EventBus(self, "Bus", event_bus_name=f"{PROJECT}-{stage.name}")
        lost = queues.dead_letters("Events")
        buses: list[tuple[str, events.IEventBus]] = [("Amazon", self.bus)]
        for number, name in enumerate(stage.partner_buses):
            bus = events.EventBus.from_event_bus_name(self, f"Partner{number}", name)
            buses.append((f"Amazon{number}", bus))
        for rule_id, bus in buses:
            events.Rule(
                self,
                rule_id,
                event_bus=bus,
                description="Everything that Amazon tells a seller goes to the intake queue",
                event_pattern=events.EventPattern(source=events.Match.prefix(AMAZON_SOURCE_PREFIX)),
                targets=[targets.SqsQueue(queues.intake, dead_letter_queue=lost, retry_attempts=185)],
            )
