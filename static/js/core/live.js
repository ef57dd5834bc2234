// Pages work without scripts; live rooms are joined by pages that ask for them.
export {};
