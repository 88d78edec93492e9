import { optionError } from "../../errors.js";

export interface ProtobufOptions {
  /** `split`: a file for each kind of thing, in the folder of the package. `single`: one file, `<server>.proto`. Default split. */
  readonly layout: "split" | "single";
  /** `names`: messages in which it matters name their members that are null or empty. `none`: null and empty are as absent. Default names. */
  readonly explicitNull: "names" | "none";
  /** Default: `mcpgen.<server>.v1`. */
  readonly package?: string;
}

/** For `mcpgen emitters`. */
export const OPTIONS: Readonly<Record<string, string>> = {
  layout: "split: a file for each kind of thing, in the folder of the package; single: one file; default split",
  "explicit-null":
    "names: messages name their members that are null or empty; none: these are as absent; default names",
  package: "package of all files, such as acme.tools.v1; default: mcpgen.<server>.v1",
};

const KNOWN = Object.keys(OPTIONS);

/** Source: buf's rules PACKAGE_LOWER_SNAKE_CASE and PACKAGE_VERSION_SUFFIX. */
const PACKAGE =
  /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*(?:\.[a-z][a-z0-9]*(?:_[a-z0-9]+)*)*\.v[1-9]\d{0,5}(?:(?:alpha|beta)[1-9]\d{0,5})?$/;

/** Throws GeneratorError `option` naming the key. */
export function parseOptions(raw: Readonly<Record<string, unknown>>): ProtobufOptions {
  const unknown = Object.keys(raw).find((key) => !KNOWN.includes(key));
  if (unknown !== undefined) throw optionError(unknown, "there is no such option", `known are ${KNOWN.join(", ")}`);
  return {
    layout: oneOf("layout", raw["layout"] ?? "split", ["split", "single"]),
    explicitNull: oneOf("explicit-null", raw["explicit-null"] ?? "names", ["names", "none"]),
    ...packageOf(raw["package"]),
  };
}

function oneOf<const Value extends string>(key: string, value: unknown, allowed: readonly Value[]): Value {
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw optionError(key, `${JSON.stringify(value)} is not one of ${allowed.join(", ")}`);
  return found;
}

function packageOf(value: unknown): Pick<ProtobufOptions, "package"> {
  if (value === undefined) return {};
  if (typeof value !== "string" || value.length > 200 || !PACKAGE.test(value))
    throw optionError(
      "package",
      "it must be words in lower case with dots between, the last one a version",
      'such as "acme.tools.v1"',
    );
  return { package: value };
}
