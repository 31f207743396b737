"""Files of seizures that officers upload: checked, shown, and taken in where they say so."""
