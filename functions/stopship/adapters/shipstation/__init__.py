"""ShipStation API V2 (the ShipEngine document): a label tool. It cancels its own record of the work, after every label was voided, and
knows nothing of shelves."""
