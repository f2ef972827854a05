"""Many runs that differ in what a sweep varies: made here or on a cluster, kept in one store."""
