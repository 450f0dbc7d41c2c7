"""Commands about the registers: elements, the care ledger, the diary."""
