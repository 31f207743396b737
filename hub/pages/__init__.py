"""What every page shares: the shell around it, the drawings of concealment, icons and static files."""
