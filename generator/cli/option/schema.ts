import type { OptionGroup } from "./option.js";

export const SCHEMA_OPTIONS: OptionGroup = {
  heading: "Result:",
  options: {
    format: {
      type: "text",
      alias: ["f"],
      choices: ["json", "yaml"],
      describe: "Of OpenAPI; default by the extension of --output, else json",
    },
    output: {
      type: "text",
      alias: ["o", "out"],
      describe:
        "Write to this file instead of stdout; to this folder, in as many files as are good, if it ends with a slash",
    },
    "with-examples": { type: "flag", describe: "OpenAPI: examples of requests and answers, valid by their schemas" },
    include: { type: "list", describe: "Only tools, resources and prompts whose name matches this glob (repeatable)" },
    exclude: { type: "list", describe: "Not those whose name matches this glob (repeatable)" },
    option: { type: "list", describe: "KEY=VALUE for the emitter; mcpgen emitters lists them (repeatable)" },
    check: { type: "flag", describe: "Write nothing; compare with --output; exit 1 with a diff if it differs" },
    force: { type: "flag", describe: "Overwrite files in the folder that are not ours" },
    strict: { type: "flag", describe: "Fail if the server's description has errors" },
  },
};
