"""演示 What the demonstration plays of each package of mechanisms, on the divisions of a real district."""
