"""E-mail as a door: SES receives, keeps the mail in S3 and says so; what the mail says becomes "cancel this order" or "unclear".

Nothing in a mail is taken for more than these two words. The receiving server's verdicts say how far its sender is believed; a small fixed
vocabulary reads the newest part of the text; no other word of it goes anywhere.

Sources: Amazon SES developer guide, "Contents of notifications for Amazon SES email receiving", "Giving permissions to Amazon SES for email
receiving", "Amazon SES header fields"; RFC 3834 (automatic responses), RFC 5322, RFC 7489 (DMARC alignment).
"""
