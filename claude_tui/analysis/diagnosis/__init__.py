"""What is wrong, whose it is, how bad it is and what to do next."""
