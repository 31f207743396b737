"""The monthly call: a pack of what every attendee may see."""
