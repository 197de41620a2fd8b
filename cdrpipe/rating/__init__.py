"""CDR and tariff to rated usage."""
