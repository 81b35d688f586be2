"""One address for all services that run here: index, schema, documents."""
