"""Commands about a street's powers, funds and duties, the tasks of communities, and deputies' proposals."""
