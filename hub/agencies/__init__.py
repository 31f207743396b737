"""Agencies, the people in them, and the roles people hold."""
