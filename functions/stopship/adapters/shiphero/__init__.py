"""A warehouse that works with ShipHero, over its public GraphQL API.

ShipHero is told what not to do: ``force`` would cancel an order with valid labels and completed shipments, ``void_on_platform`` would
cancel it in the store as well, before anything is proven. Its cancel is a record, never a parcel held back: at most system_cancelled.

Sources: the API's introspection (2024-09), developer.shiphero.com (getting started, webhooks).
"""
