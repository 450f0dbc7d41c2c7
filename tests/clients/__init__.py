"""The clients and linters that others use, against the real server: `make test-clients`."""
