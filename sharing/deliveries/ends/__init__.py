"""Programs are told what ended without a recall, and given it anew when it is theirs again."""
