// Where sealed envelopes lie until they are received: in this browser's own file system, so that a
// reload loses nothing; where a browser has none (private windows of some), in memory.
const FOLDER = "sealed";

// For the worker: takes parts in order under a name; `done` tells whether they outlive the page.
export async function keeping(name) {
  try {
    const folder = await home();
    const file = await folder.getFileHandle(name, { create: true });
    const handle = await file.createSyncAccessHandle();
    handle.truncate(0);
    return {
      add: (part, at) => written(handle, part, at),
      done: async () => (handle.flush(), handle.close(), { kept: true }),
      drop: async () => (handle.close(), folder.removeEntry(name)),
    };
  } catch {
    return inMemory();
  }
}

function written(handle, part, at) {
  if (handle.write(part, { at }) !== part.length) throw new Error("the disk is full");
}

function inMemory() {
  const parts = [];
  return {
    add: (part) => parts.push(new Blob([part])),
    done: async () => ({ kept: false, blob: new Blob(parts) }),
    drop: async () => parts.splice(0),
  };
}

// For the page: the envelope kept under this name with this many bytes, or null.
export async function kept(name, bytes) {
  const folder = await home().catch(() => null);
  const handle = await folder?.getFileHandle(name).catch(() => null);
  const file = await handle?.getFile();
  return file?.size === bytes ? file : null;
}

export async function cleared(name) {
  const folder = await home().catch(() => null);
  await folder?.removeEntry(name).catch(() => null); // it may be gone already
}

export async function canKeep() {
  return home().then(
    () => true,
    () => false,
  );
}

async function home() {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(FOLDER, { create: true });
}
