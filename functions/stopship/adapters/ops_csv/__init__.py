"""A list of cancel wishes as one CSV file, as ops makes it in a spreadsheet. This docstring is the contract.

``POST /cancellations/csv`` takes up to 1,000 rows of UTF-8 text (with or without a byte order mark), separated by ``,`` or ``;``. The first
line names the columns, in any order; case, spaces, ``_`` and ``-`` in a name do not count:

- ``order_ref`` (or ``order``, ``order id``): the order's id in its order system, or ``#`` and the number that the customer knows;
- ``reason``: ``stockout``, ``address``, ``lead_time``, ``customer_request``, ``duplicate_order`` or ``payment_timeout``. A fraud block needs
  documents, so that it is asked for one by one;
- ``channel`` (optional): ``shopify`` or ``amazon``; else the order's id tells;
- ``sku`` or ``line_id`` (optional, one of them): what is meant; else everything that is still open;
- ``quantity`` (optional): how many pieces of it; else all of them;
- ``ticket_ref`` (optional): the ticket, for the audit;
- ``request_id`` (optional): an id of this wish. A row that says the same under the same id acts once, whichever file it comes in.

A row without a ``request_id`` is known by its file and its line: the same file again acts once.
"""
