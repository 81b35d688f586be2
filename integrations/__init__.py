"""Outside services, one small package each."""
