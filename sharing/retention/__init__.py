"""Reviewing what names subjects: keep with a reason, or purge (28 CFR 23.20 h)."""
