import type { OptionGroup } from "./option.js";
import { TRANSPORTS } from "./server.js";

export const VERIFY_OPTIONS: OptionGroup = {
  heading: "What to verify:",
  options: {
    frontend: {
      type: "list",
      choices: TRANSPORTS,
      describe: "How the proxy is reached (repeatable); default http and stdio",
    },
    era: {
      type: "list",
      describe: "Eras in which the proxy is spoken to, with commas between them; default legacy,modern",
    },
    call: { type: "list", describe: "TOOL=JSON: call this tool with these arguments, too (repeatable)" },
    "max-reads": { type: "text", describe: "How many resources, prompts and read-only tools, each; default 20" },
    ignore: {
      type: "list",
      describe:
        "JSON pointer into the answers that does not count, * for any step: /result/content/*/text (repeatable)",
    },
    isolation: {
      type: "text",
      choices: ["auto", "session", "principal", "shared"],
      describe: "Of the proxy; default auto",
    },
    "request-timeout": { type: "text", describe: "For each request; default 30s" },
    format: {
      type: "text",
      alias: ["f"],
      choices: ["human", "json"],
      describe: "Form of the result; default human",
    },
    output: { type: "text", alias: ["o", "out"], describe: "Write the result to this file instead of stdout" },
  },
};
