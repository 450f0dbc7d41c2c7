"""会商 Meetings: work meetings, deliberation, coordination between units, and the invitation of the day."""
