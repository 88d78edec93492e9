import type { OptionGroup } from "./option.js";

export const CALL_OPTIONS: OptionGroup = {
  heading: "What to call:",
  options: {
    resource: { type: "text", describe: "Read this resource instead of calling a tool" },
    prompt: { type: "text", describe: "Get this prompt; its arguments as NAME=VALUE" },
    "json-args": { type: "text", describe: "The arguments as a JSON object" },
    "args-file": { type: "text", describe: "File with the arguments as a JSON object" },
    "request-timeout": { type: "text", describe: "For each request to the server; default 10m" },
    format: {
      type: "text",
      alias: ["f"],
      choices: ["human", "json", "yaml"],
      describe: "human: the content; json and yaml: the whole result; default human",
    },
    output: { type: "text", alias: ["o", "out"], describe: "Write it to this file; an image is written as it is" },
  },
};
