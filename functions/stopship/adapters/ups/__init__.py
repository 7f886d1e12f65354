"""UPS as a carrier: tracking, void of labels (Shipping v2409) and Delivery Intercept v2, with OAuth client credentials."""
