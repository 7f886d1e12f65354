"""Looks at a merchant's connections as they are configured: each partner's own check, over the same settings that its adapter gets."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from stopship.adapters.access_tokens import MemoryTokens, SharedTokens
from stopship.adapters.clock import SystemClock
from stopship.adapters.merchants import Merchants
from stopship.domain.errors import InvalidInput, NotFound
from stopship.domain.finding import Finding, wrong
from stopship.wiring.partners import CARRIER_KINDS, SHARED, WAREHOUSE_KINDS

PARTNERS: Final = ("shopify", "amazon", "netsuite", "stripe", "zendesk")
SETTINGS: Final = "settings"


type Look = Callable[[], list[Finding]]
"""A partner's check, with everything it needs: only now is the partner called."""


class ConnectionChecks:
    """``kms`` is a client that may sign with the merchants' keys, ``ses`` a sesv2 client that may read its account and identities. Every look fetches access tokens of its own, so that it is the
    credentials that are tried and not what somebody else has fetched with them."""

    def __init__(self, merchants: Merchants, kms: Any, api_url: str, ses: Any = None) -> None:
        self._merchants, self._kms, self._api_url, self._ses = merchants, kms, api_url, ses

    def connected(self, merchant: str, wanted: str = "") -> dict[str, str]:
        """Connection to partner: {"netsuite": "netsuite", "warehouses.east": "generic_3pl"}. ``wanted`` is one or the other, "" for all."""
        secret = self._merchants.connections(merchant)
        found = {name: name for name in PARTNERS if isinstance(secret.get(name), Mapping)}
        warehouses = secret.get("warehouses", {})
        found |= {f"warehouses.{name}": str(config.get("kind")) for name, config in warehouses.items()}
        found |= {f"carriers.{name}": name for name in secret.get("carriers", {})}
        return {name: partner for name, partner in found.items() if wanted in ("", name, partner)}

    def check(self, merchant: str, connection: str, partner: str) -> list[Finding]:
        """Settings that make no connection are a finding as well, without a call."""
        look = _CHECKS.get(partner)
        if look is None:
            fix = f"a partner that can be connected is one of {', '.join(sorted({*PARTNERS, *WAREHOUSE_KINDS, *CARRIER_KINDS}))}"
            return [wrong(SETTINGS, f"{partner!r} is no partner", fix)]
        config = self._config(merchant, connection)
        try:
            run = look(self, merchant, connection, config)
        except KeyError as missing:
            return [
                wrong(SETTINGS, f"{missing.args[0]} is missing", f"add it to {connection} in the merchant's secret")
            ]
        except NotFound as missing:
            return [wrong(SETTINGS, f"there is no {missing}", f"add it to {connection} in the merchant's secret")]
        except InvalidInput as error:
            return [wrong(SETTINGS, f"{error.field} {error.problem}", error.fix)]
        except (TypeError, ValueError, IndexError) as error:
            fix = f"compare {connection} in the merchant's secret with the README"
            return [wrong(SETTINGS, f"{type(error).__name__}: the settings do not make a connection", fix)]
        return run()

    def _config(self, merchant: str, connection: str) -> Mapping[str, Any]:
        told: Any = self._merchants.connections(merchant)
        for name in connection.split(".", 1):
            told = told.get(name, {})
        if not told:
            raise NotFound(f"{connection} of merchant {merchant}")
        config: Mapping[str, Any] = told
        return config

    def _door(self, owner: str, source: str, **query: str) -> str:
        """Where the desk takes a partner's messages; ``query`` says whose they are where the messages do not."""
        base = self._merchants.connections(owner).get("desk_url") or self._api_url
        return f"{str(base).rstrip('/')}/webhooks/{source}{f'?{urlencode(query)}' if query else ''}"

    # ---------------------------------------------------------------------------------------- partners

    def _shopify(self, merchant: str, _: str, config: Mapping[str, Any]) -> Look:
        from stopship.adapters.shopify.check import check
        from stopship.wiring.partners import shopify_connection

        return partial(check, shopify_connection(merchant, config), self._door(merchant, "shopify"))

    def _amazon(self, merchant: str, _: str, config: Mapping[str, Any]) -> Look:
        from stopship.adapters.amazon.check import check
        from stopship.wiring.partners import amazon_connection

        return partial(check, amazon_connection(merchant, config), SystemClock(), _own_tokens())

    def _netsuite(self, merchant: str, _: str, config: Mapping[str, Any]) -> Look:
        from stopship.adapters import policy_file
        from stopship.adapters.netsuite.check import check
        from stopship.adapters.netsuite.kms_signer import KmsSigner
        from stopship.wiring.partners import netsuite_connection

        _, policy = policy_file.effective(str(self._merchants.settings(merchant).get("policy", "")))
        codes = {rule.erp_code for rule in policy.reasons.values()}
        signer = KmsSigner(self._kms, config["signing_key"])
        return partial(check, netsuite_connection(merchant, config), signer, SystemClock(), _own_tokens(), codes)

    def _generic_3pl(self, merchant: str, connection: str, config: Mapping[str, Any]) -> Look:
        from stopship.adapters.generic_3pl.check import check
        from stopship.adapters.generic_3pl.warehouse import Generic3plConnection

        name = connection.removeprefix("warehouses.")
        return partial(
            check,
            Generic3plConnection(merchant, name, config["endpoint"], (config["secrets"][0], *config["secrets"][1:])),
            SystemClock(),
        )

    def _stripe(self, merchant: str, _: str, config: Mapping[str, Any]) -> Look:
        from stopship.adapters.stripe.check import check
        from stopship.wiring.partners import stripe_connection

        return partial(
            check, stripe_connection(merchant, "shopify", config), self._door(merchant, "stripe", merchant=merchant)
        )

    def _zendesk(self, merchant: str, _: str, config: Mapping[str, Any]) -> Look:
        from stopship.adapters.zendesk.check import check
        from stopship.wiring.partners import zendesk_connection

        return partial(check, zendesk_connection(merchant, config), self._door(merchant, "zendesk"))

    def _shiphero(self, merchant: str, connection: str, config: Mapping[str, Any]) -> Look:
        from stopship.adapters.shiphero.check import check
        from stopship.adapters.shiphero.connection import ShipHeroConnection

        name = connection.removeprefix("warehouses.")
        hero = ShipHeroConnection(merchant, name, config["endpoint"], config["refresh_token"])
        door = self._door(merchant, "shiphero", merchant=merchant, warehouse=name)
        return partial(check, hero, SystemClock(), _own_tokens(), door)

    def _shipbob(self, merchant: str, connection: str, config: Mapping[str, Any]) -> Look:
        from stopship.adapters.shipbob.check import check
        from stopship.adapters.shipbob.client import ShipBobConnection

        name = connection.removeprefix("warehouses.")
        bob = ShipBobConnection(merchant, name, config["endpoint"], config["token"], str(config["channel_id"]))
        return partial(check, bob, self._door(merchant, "shipbob", merchant=merchant, warehouse=name))

    def _shipstation(self, merchant: str, connection: str, config: Mapping[str, Any]) -> Look:
        from stopship.adapters.shipstation.check import check
        from stopship.adapters.shipstation.client import ShipStationConnection

        name = connection.removeprefix("warehouses.")
        station = ShipStationConnection(merchant, name, config["endpoint"], config["api_key"])
        return partial(check, station, self._door(merchant, "shipstation", merchant=merchant, warehouse=name))

    def _email_vendor(self, merchant: str, connection: str, config: Mapping[str, Any]) -> Look:
        from stopship.adapters.email_vendor import warehouse
        from stopship.adapters.email_vendor.check import check

        secret = self._merchants.connections(merchant)
        shared = {key: secret[key] for key in SHARED if key in secret}
        name = connection.removeprefix("warehouses.")
        return partial(check, warehouse.connection(merchant, name, {**shared, **config}), self._ses)

    def _ups(self, merchant: str, _: str, config: Mapping[str, Any]) -> Look:
        from stopship.adapters.ups.check import check
        from stopship.adapters.ups.connection import connection

        return partial(check, connection(merchant, config), SystemClock(), _own_tokens())


def _own_tokens() -> SharedTokens:
    return SharedTokens(MemoryTokens(), SystemClock())


_CHECKS: Final[Mapping[str, Callable[[ConnectionChecks, str, str, Mapping[str, Any]], Look]]] = {
    "shopify": ConnectionChecks._shopify,
    "amazon": ConnectionChecks._amazon,
    "netsuite": ConnectionChecks._netsuite,
    "email_vendor": ConnectionChecks._email_vendor,
    "generic_3pl": ConnectionChecks._generic_3pl,
    "shiphero": ConnectionChecks._shiphero,
    "shipbob": ConnectionChecks._shipbob,
    "shipstation": ConnectionChecks._shipstation,
    "stripe": ConnectionChecks._stripe,
    "ups": ConnectionChecks._ups,
    "zendesk": ConnectionChecks._zendesk,
}


def every(checks: ConnectionChecks, merchant: str, wanted: str = "") -> Iterator[tuple[str, list[Finding]]]:
    """(connection, what was found) of everything that is connected, or of what is ``wanted``."""
    for connection, partner in sorted(checks.connected(merchant, wanted).items()):
        yield connection, checks.check(merchant, connection, partner)
