import type { OptionGroup } from "./option.js";

export const INSPECT_OPTIONS: OptionGroup = {
  heading: "Result:",
  options: {
    format: {
      type: "text",
      alias: ["f"],
      choices: ["human", "json", "yaml"],
      describe: "Form of the result; default human",
    },
    output: { type: "text", alias: ["o", "out"], describe: "Write the result to this file instead of stdout" },
  },
};
