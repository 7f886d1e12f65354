"""The desk's own contract for warehouses that offer nothing better: signed stop-ship calls, signed answers, signed events.

``contract`` holds the message shapes, ``openapi`` the same as a document for a warehouse's engineer, ``signature`` the scheme
that both directions use.
"""
