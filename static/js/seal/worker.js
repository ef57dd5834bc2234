// The worker of the sealing pages: keys, packing, sealing and opening happen here, so that the page
// stays responsive and no key is ever in its hands.
import { keysFor, makeKeyFile, released } from "./keyfile.js";
import { sealEnvelope } from "./sealing.js";
import { keeping } from "./shelf.js";

const DEEDS = {
  makeKeyFile,

  // Whether this file opens what was sealed for `seals`.
  rehearse: async ({ seals, ...given }) => Boolean(await keysFor(seals, given)),

  release: async ({ seals, recipients, ...given }) =>
    released(await keysFor(seals, given), recipients),

  seal: async ({ shelf, ...envelope }, tell) => {
    const place = await keeping(shelf);
    try {
      const made = await sealEnvelope(envelope, place.add, tell);
      return { ...made, ...(await place.done()) };
    } catch (fault) {
      await place.drop();
      throw fault;
    }
  },
};

self.addEventListener("message", async ({ data: { number, deed, given } }) => {
  try {
    const result = await DEEDS[deed](given, (news) => self.postMessage({ number, news }));
    self.postMessage({ number, result });
  } catch (fault) {
    const { code = "unexpected", values = {}, message } = fault;
    self.postMessage({ number, fault: { code: String(code), values, message: String(message) } });
  }
});
