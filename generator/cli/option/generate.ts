import type { OptionGroup } from "./option.js";
import { TRANSPORTS } from "./server.js";

export const GENERATE_OPTIONS: OptionGroup = {
  heading: "What to generate:",
  options: {
    output: { type: "text", alias: ["o", "out"], describe: "Folder for the generated files" },
    emit: {
      type: "list",
      describe: "Emitters, by name or ./file.mjs, with commas between them (repeatable); default project",
    },
    frontend: {
      type: "list",
      choices: TRANSPORTS,
      describe: "How clients reach the generated proxy (repeatable); default http",
    },
    include: { type: "list", describe: "Only tools, resources and prompts whose name matches this glob (repeatable)" },
    exclude: { type: "list", describe: "Not those whose name matches this glob (repeatable)" },
    option: {
      type: "list",
      describe: "KEY=VALUE for the emitter, EMITTER.KEY=VALUE where there are several (repeatable)",
    },
    force: { type: "flag", describe: "Overwrite files that are not ours" },
    strict: { type: "flag", describe: "Fail if the server's description has errors" },
  },
};

export const AFTERWARDS_OPTIONS: OptionGroup = {
  heading: "And then:",
  options: {
    build: { type: "flag", describe: "Bundle the project to dist/proxy.mjs" },
    release: { type: "flag", describe: "The same, minified" },
    run: { type: "flag", describe: "Bundle it and start it in the foreground" },
    check: {
      type: "flag",
      describe: "Write nothing; compare with the disk and ask the server anew; exit 1 with a diff if it differs",
    },
    "dry-run": { type: "flag", describe: "Write nothing; tell what would be created, changed and removed" },
    watch: {
      type: "flag",
      describe: "Again whenever a server's lists, its own program, a spec or the config change, until Ctrl-C",
    },
    poll: {
      type: "text",
      describe: "With --watch: how often servers are asked that do not say when their lists change; default 30s",
    },
  },
};
