// What the page keeps on the device: the lists as they were signed, the names, and the highest version that was seen.

const NAME = "sise-verifier", SHELF = "kept";

function opened() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(SHELF);
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export async function keep(key, value) {
  const held = await opened();
  await done(held.transaction(SHELF, "readwrite").objectStore(SHELF).put(value, key));
  held.close();
}

export async function kept(key) {
  const held = await opened();
  const value = await done(held.transaction(SHELF).objectStore(SHELF).get(key));
  held.close();
  return value;
}
