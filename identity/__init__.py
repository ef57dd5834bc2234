"""People, organisations, roles, permissions, sign-in, keys and certificates, standing."""
