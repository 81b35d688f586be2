"""What HTTP needs everywhere: problems, paging, keys, principals, limits."""
