// What a bidder signs about a lot. The same keys as the client's; canonical JSON makes the bytes.
import { hex } from "../core/keys.js";

export function submission({ tender, lot, bidder }, envelopes, replaces) {
  return {
    ...said("bid-submission/v1", { tender, lot, bidder }),
    envelopes,
    escrow_sha256: null,
    replaces: replaces || null,
  };
}

export function withdrawal(address, receipt) {
  return { ...said("bid-withdrawal/v1", address), receipt };
}

function said(type, { tender, lot, bidder }) {
  return { type, tender, lot, bidder, nonce: hex(crypto.getRandomValues(new Uint8Array(16))) };
}
