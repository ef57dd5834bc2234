"""The made-up city 临江市: accounts to try the program with. No name in it is a real one."""
