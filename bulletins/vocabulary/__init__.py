"""The field's lists: concealment methods, drugs, transport modes, detection methods, ports."""
