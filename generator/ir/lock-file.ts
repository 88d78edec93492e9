/** `mcpgen.lock`: its model, its text, and the way from a spec into it and back. */
export {
  lockedSpec,
  lockServer,
  settleContract,
  type LockedFilter,
  type LockedItem,
  type LockedItems,
  type LockedServer,
  type LockFile,
} from "./lock-contract.js";
export { looksLikeLock, MAX_LOCK_BYTES, parseLock } from "./lock-parse.js";
export { printLock } from "./lock-print.js";
