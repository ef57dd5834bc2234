"""What leaves the program: numbered messages per channel, the relay, letters."""
