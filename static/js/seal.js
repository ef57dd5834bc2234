// The bidder's pages: each part wakes up where the page holds it.
import "./seal/receipt.js";
import "./seal/release.js";
import "./seal/deeds.js";
