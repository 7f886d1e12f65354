"""Cancel tickets from Jira or any other help desk that can send signed JSON. This docstring is the contract.

``POST {desk}/webhooks/ticket`` with the headers

- ``X-Stopship-Merchant``: the merchant's name at the desk;
- ``X-Stopship-Help-Desk``: the name under which this help desk is connected (``jira``);
- ``X-Stopship-Delivery``: an id of this message; a repeat carries the same one and acts once;
- ``X-Stopship-Signature``: ``t=<unix seconds>,v1=<hex>``, where v1 is the HMAC-SHA256, under the shared secret, of ``"<t>."`` followed by
  the raw body. Two v1 while a secret is replaced. Older or newer than 300 s is refused;

and one JSON object as its body:

- ``ticket_id`` (text, up to 100): the ticket's own id; it follows the case into the ERP;
- ``order_ref`` (text of letters, digits, ``.``, ``_``, ``-``): the order's id in its order system;
- ``channel``: ``shopify`` or ``amazon``, as the merchant has connected;
- ``reason``: ``stockout``, ``fraud``, ``address``, ``lead_time``, ``customer_request``, ``duplicate_order`` or ``payment_timeout``;
- ``lines`` (optional): ``[{"line_id": text, "quantity": whole number}]``; without it all that is still open;
- ``requester``: ``customer`` or ``ops``;
- ``link`` (optional): the ticket's https address, without query or fragment, for a person to open.

Any other field is refused: what people wrote is not wanted here and decides nothing. Answers: 200 the message is safe; 400 names the field
(``ticket_id`` missing, no JSON); 401 the signature does not prove the sender; 409 the delivery's id stands for another message; 413 too
large; 5xx send it again. A ticket that is taken and makes no wish (an order that cannot be read, an unknown reason) is put before a person.
"""
