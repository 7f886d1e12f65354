"""A carrier with parcels of its own: what it takes it may carry out on the day of delivery, or not."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from stopship.application.ports import CarrierAnswer, VoidAnswer, VoidState
from stopship.domain.carrier import UNSCANNED, CarrierState, InterceptOffer, Offer, ParcelReading
from stopship.domain.request import Reason

if TYPE_CHECKING:
    from tests.fakes.world import World


@dataclass
class FakeCarrier:
    """``completes`` is whether a request that was taken is carried out; ``eligible`` whether one is taken at all; ``voids`` whether a
    label that was never scanned is voided. ``states`` is by tracking number. ``delivers_after`` are the seconds from a request to the day of
    delivery, 0 for a day that does not come by itself."""

    world: "World"
    name: str = "ups"
    completes: bool = True
    eligible: bool = True
    voids: bool = True
    cost: Decimal | None = Decimal("18.50")
    currency: str = "EUR"
    states: dict[str, CarrierState] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    delivers_after: float = 0
    refuses: set[str] = field(default_factory=set)
    """Numbers that it offers to bring back, and will not when it is asked."""
    foreign: set[str] = field(default_factory=set)
    """Numbers of another account."""

    def deliver(self, number: str) -> None:
        """The day of delivery."""
        back = number in self.asked and self.completes
        self.states[number] = CarrierState.RETURNED if back else CarrierState.DELIVERED

    def owns(self, number: str) -> bool:
        return number not in self.foreign

    def track(self, number: str) -> ParcelReading:
        now = self.world.clock.now()
        return self.world.call(
            f"{self.name}.track", lambda: ParcelReading(self.states.get(number, CarrierState.UNKNOWN), now, now)
        )

    def void(self, number: str) -> VoidAnswer:
        return self.world.call(f"{self.name}.void", lambda: self._void(number))

    def _void(self, number: str) -> VoidAnswer:
        state = self.states.get(number, CarrierState.UNKNOWN)
        if state is CarrierState.VOIDED:
            return VoidAnswer(VoidState.VOIDED)
        if state not in UNSCANNED:
            return VoidAnswer(VoidState.USED, "used")
        if not self.voids:
            return VoidAnswer(VoidState.REFUSED, "190102")
        self.states[number] = CarrierState.VOIDED
        self.world.did(f"{self.name}.void", number, "", number)
        return VoidAnswer(VoidState.VOIDED)

    def _may(self, number: str) -> bool:
        return self.eligible and self.states.get(number) is CarrierState.IN_TRANSIT

    def offer(self, number: str) -> InterceptOffer:
        def run() -> InterceptOffer:
            if number in self.foreign:
                return InterceptOffer(Offer.BY_HAND, reason="another_account")
            if number in self.asked:
                return InterceptOffer(Offer.PENDING)
            if not self._may(number):
                return InterceptOffer(Offer.NO, reason="not_eligible")
            return InterceptOffer(Offer.YES, self.cost, self.currency)

        return self.world.call(f"{self.name}.offer", run)

    def intercept(self, number: str, reason: Reason) -> CarrierAnswer:
        def run() -> CarrierAnswer:
            if number in self.asked:
                return CarrierAnswer(accepted=True, code="pending")
            if not self._may(number) or number in self.refuses:
                return CarrierAnswer(accepted=False, code="not_eligible")
            self.asked.add(number)
            self.world.did(f"{self.name}.intercept", number, str(reason), number)
            if self.delivers_after:
                self.world.schedule(self.delivers_after, lambda: self.deliver(number))
            return CarrierAnswer(accepted=True)

        return self.world.call(f"{self.name}.intercept", run)

    def cancel_intercept(self, number: str) -> CarrierAnswer:
        def run() -> CarrierAnswer:
            if number in self.asked:
                self.asked.discard(number)
                self.world.did(f"{self.name}.cancel", number, "", number)
            return CarrierAnswer(accepted=True)

        return self.world.call(f"{self.name}.cancel_intercept", run)
