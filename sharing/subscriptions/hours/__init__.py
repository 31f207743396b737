"""When mail may reach a person or a desk: their time zone, and their quiet hours."""
