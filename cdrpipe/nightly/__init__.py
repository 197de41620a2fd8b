"""The work of jobs that run beside the path: one file a job."""
