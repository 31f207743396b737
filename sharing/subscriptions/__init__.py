"""What people and desks want to be told: filters over what they are shown, channels, frequency."""
