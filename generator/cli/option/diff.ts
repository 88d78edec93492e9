import type { OptionGroup } from "./option.js";

export const DIFF_OPTIONS: OptionGroup = {
  heading: "What to tell, and when to fail:",
  options: {
    "fail-on": {
      type: "list",
      describe:
        "Exit 1 on changes of these classes: breaking, security, compatible, prose, or none; default breaking,security",
    },
    format: {
      type: "text",
      alias: ["f"],
      choices: ["human", "json", "markdown", "sarif", "github", "junit"],
      describe: "Form of the result; default human",
    },
    output: { type: "text", alias: ["o", "out"], describe: "Write the result to this file instead of stdout" },
    lock: { type: "text", describe: "The lock; default mcpgen.lock beside the config file, else here" },
  },
};
