"""街道 Street: the powers it exercises, its duties, the load of its communities, and deputies' proposals."""
