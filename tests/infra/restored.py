"""The stream of a table that was restored from the ledger, as a stage names it."""

STREAM = "arn:aws:dynamodb:eu-central-1:111122223333:table/ledger-restored/stream/2026-11-26T10:00:00.000"
