import type { OptionGroup } from "./option.js";

/** Options that every command has. */
export const MANNERS: OptionGroup = {
  heading: "Output and manners:",
  options: {
    json: { type: "flag", describe: "Machine-readable: the result on stdout, errors on stderr, as JSON" },
    color: {
      type: "text",
      choices: ["auto", "always", "never"],
      describe: "Colour; default auto: on a terminal, unless NO_COLOR",
    },
    quiet: { type: "flag", alias: ["q"], describe: "Errors only" },
    verbose: { type: "count", alias: ["v"], describe: "More on stderr: -v notices, -vv everything" },
    "log-format": { type: "text", choices: ["pretty", "json"], describe: "Form of notices on stderr; default pretty" },
    help: { type: "flag", alias: ["h"], describe: "Show help" },
    version: { type: "flag", alias: ["V"], describe: "Show the version" },
  },
};
