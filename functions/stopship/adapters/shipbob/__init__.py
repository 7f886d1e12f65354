"""ShipBob's Developer API, version 2026-01: shipments are cancelled one by one, and their timeline tells how far the work is."""
