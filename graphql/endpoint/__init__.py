"""The one endpoint, whatever the schema: transports, limits, errors in two languages, traces."""
