"""Commands about work meetings, deliberations, coordination orders and invitations of the day."""
