"""Zendesk: cancel tickets come in by signed webhook, and are answered where they were asked.

The webhook only says which ticket: the wish is read from the ticket's custom fields at Zendesk, and never from what somebody wrote.

Sources: Zendesk Support API 2.0.0 (show ticket, update ticket, list comments, add tags); developer.zendesk.com, "Verifying webhooks".
"""
