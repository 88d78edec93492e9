import type { OptionGroup } from "./option.js";

/** For every command that settles names or numbers. */
export const LOCK_OPTIONS: OptionGroup = {
  heading: "Lock:",
  options: {
    lock: { type: "text", describe: "The lock file; default mcpgen.lock beside the config file, else here" },
    locked: {
      type: "flag",
      describe: "Ask the server anew and fail, writing nothing, if the lock is missing or would change",
    },
    offline: { type: "flag", describe: "Take the contract from the lock; start and ask no server" },
    update: {
      type: "flag",
      describe: "Ask the server anew and give names as if there were no lock; field numbers stay",
    },
  },
};
