"""`celltwin verify …`: promises of the system checked by experiment."""
