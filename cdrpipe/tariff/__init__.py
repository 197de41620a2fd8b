"""What calls cost: plans as people write them, and flattened for the kernel."""
