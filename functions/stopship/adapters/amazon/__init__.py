"""Amazon orders that the merchant ships (MFN), over the Selling Partner API.

The automatic flow moves no money here, on purpose. The buyer of a seller-fulfilled order is charged when shipment is confirmed, so for an
order that has not shipped the cancel *is* the money action, and a refund on top would pay out money that was never taken. What was
confirmed as shipped becomes a return, which Amazon's own process pays back; ``refunds`` is for what two people have approved.

Sources: SP-API models orders_2026-01-01, feeds_2021-06-30, finances_2024-06-19 and messaging; OrderChangeNotification and
FeedProcessingFinishedNotification; the XSDs of the order acknowledgement and order adjustment feeds; Seller Central help on the
pre-fulfilment cancel rate.
"""
