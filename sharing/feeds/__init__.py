"""What programs read: the hub in the forms that partners' own tools understand."""
