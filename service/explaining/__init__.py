"""差异说明 Why an answer at one position is not what it was at an earlier one: event by event."""
