"""The periodic work of this service; it acts on no event of another one."""
