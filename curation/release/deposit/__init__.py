"""Deposit: a dataset version in, a published record of a repository out; a run that was stopped goes on."""
