"""How vendors are called, whoever calls them: by gateways and by integrations."""
