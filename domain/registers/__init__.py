"""台账 Registers: the elements of a grid, the ledger of those who need care, the diary."""
