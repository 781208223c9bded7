"""Outlay: a payouts system that serves three public payout APIs over one double-entry ledger."""
