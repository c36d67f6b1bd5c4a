import type { Entry, EntryStore } from "./outbox.js";

const storeName = "outbox";

/** Opens the outbox of this browser, in IndexedDB. Each change is on the disk when its promise is fulfilled. */
export async function openEntryStore(): Promise<EntryStore> {
  const opening = indexedDB.open("routecard", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(storeName, { keyPath: "id" });
  const database = await result(opening);

  const change = async (apply: (store: IDBObjectStore) => void): Promise<void> => {
    // Without "strict", the browser keeps a change in memory for a while, and an empty battery loses it.
    const transaction = database.transaction(storeName, "readwrite", { durability: "strict" });
    apply(transaction.objectStore(storeName));
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
  };
  return {
    all: () => result<Entry[]>(database.transaction(storeName).objectStore(storeName).getAll()),
    put: (entry) => change((store) => store.put(entry)),
    delete: (id) => change((store) => store.delete(id)),
  };
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
