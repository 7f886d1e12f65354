"""NetSuite over its REST services: SuiteQL finds the sales order, the record API reads and changes it.

Sources: Oracle NetSuite help, "REST Web Services Record Actions", "OAuth 2.0 Client Credentials Flow", "Closing a Sales Order",
"Web Services and RESTlet Concurrency Governance".
"""
