"""Commands about territory: zones, sectors, street offices, coverage gaps and enclaves."""
