"""Shopify, through its Admin GraphQL API 2026-07: where the order lives, and the system of record for its payments.

``client`` is the wire, ``documents`` what is asked, ``mapping`` what the answers mean, ``order_system`` and ``payments`` the ports,
``webhooks`` what Shopify sends of its own accord. Everywhere else in the product an order, a line, a transaction and a fulfillment
order are known by the numeric part of their Shopify id, as text.
"""
