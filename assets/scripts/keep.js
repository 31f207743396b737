// Keystrokes that are not saved yet: kept in this tab alone (sessionStorage), encrypted with a key that no script can
// read out (IndexedDB), bound to the person. Sign-out drops the key and the rest. Photographs are never kept.
const PREFIX = "hub.unsent.";
const DATABASE = "hub";
const STORE = "keys";

function openKeys() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function inStore(mode, act) {
  return openKeys().then((database) => new Promise((resolve, reject) => {
    const transaction = database.transaction(STORE, mode);
    const request = act(transaction.objectStore(STORE));
    transaction.oncomplete = () => { database.close(); resolve(request.result); };
    transaction.onerror = () => { database.close(); reject(transaction.error); };
  }));
}

async function keyOf(reader, make) {
  const found = await inStore("readonly", (store) => store.get(reader));
  if (found || !make) return found;
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  await inStore("readwrite", (store) => store.put(key, reader));
  return key;
}

const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const bound = (reader, name) => new TextEncoder().encode(`${reader}\n${name}`);

export async function keep(reader, name, value) {
  const key = await keyOf(reader, true);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const plain = new TextEncoder().encode(JSON.stringify(value));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: bound(reader, name) }, key, plain);
  sessionStorage.setItem(PREFIX + name, JSON.stringify({ reader, iv: base64(iv), sealed: base64(new Uint8Array(sealed)) }));
}

// What was kept for this person under this name; somebody else's is dropped unread.
export async function kept(reader, name) {
  const text = sessionStorage.getItem(PREFIX + name);
  if (!text) return null;
  try {
    const found = JSON.parse(text);
    const key = found.reader === reader && await keyOf(reader, false);
    if (!key) throw new Error("not this reader's");
    const options = { name: "AES-GCM", iv: bytesOf(found.iv), additionalData: bound(reader, name) };
    return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(options, key, bytesOf(found.sealed))));
  } catch {
    drop(name);
    return null;
  }
}

export function drop(name) {
  sessionStorage.removeItem(PREFIX + name);
}

// Sign-out: nothing of anybody stays.
export async function forget() {
  for (const name of Object.keys(sessionStorage)) if (name.startsWith(PREFIX)) sessionStorage.removeItem(name);
  await inStore("readwrite", (store) => store.clear()).catch(() => {});
}
