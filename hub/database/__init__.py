"""How the hub talks to PostgreSQL: roles, policies, and whose eyes a transaction has."""
