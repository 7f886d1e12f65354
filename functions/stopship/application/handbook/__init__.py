"""The desk's handbook: written from the policy in force, the table of capabilities and the fields in the ERP, so that it is never out of date."""
