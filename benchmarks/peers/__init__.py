"""The servers of others that ours is measured against, each as a competent team would write it."""
