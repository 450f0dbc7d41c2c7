"""演示 What the demonstration plays of each package of mechanisms."""
