import { unwatchFile, watchFile, type Stats } from "node:fs";

/** By asking for their state: notices of the file system differ between systems, and are lost where editors replace files. */
const INTERVAL_MS = 300;

/** Calls back whenever one of the files has changed, come or gone. Returns the way to stop. */
export function watchFiles(paths: Iterable<string>, onChange: () => void): () => void {
  const listener = (now: Stats, before: Stats): void => {
    if (now.mtimeMs !== before.mtimeMs || now.size !== before.size || now.ino !== before.ino) onChange();
  };
  const watched = [...new Set(paths)];
  for (const path of watched) watchFile(path, { interval: INTERVAL_MS }, listener);
  return () => {
    for (const path of watched) unwatchFile(path, listener);
  };
}
