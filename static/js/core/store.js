// What this browser keeps for a person, in IndexedDB: signing keys, nonces of draws, bids under way.
const STORE = "keys";

export function recall(name) {
  return inStore("readonly", (store) => store.get(name));
}

export function keep(name, value) {
  return inStore("readwrite", (store) => store.put(value, name));
}

export function forget(name) {
  return inStore("readwrite", (store) => store.delete(name));
}

function opened() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open("zhaobiao", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

// Resolves with the result only when the transaction is complete: what was kept is kept.
async function inStore(mode, ask) {
  const database = await opened();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(STORE, mode);
    const asked = ask(transaction.objectStore(STORE));
    transaction.oncomplete = () => resolve(asked.result);
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  }).finally(() => database.close());
}
