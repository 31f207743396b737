"""Read and acknowledged: who, in the recipient's agency; which agency, to the owner."""
