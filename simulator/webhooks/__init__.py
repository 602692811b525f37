"""Webhooks on their way to the product: delivery, retries, faults. Imports protocol."""
