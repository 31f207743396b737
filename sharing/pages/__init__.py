"""Pages that join stages: releasing, recalling, carrying over, showing as another agency."""
