"""Commands about persons and the posts they hold."""
