import { GeneratorError } from "../errors.js";

export interface Variables {
  readonly env: NodeJS.ProcessEnv;
  /** What `${workspaceFolder}` of editors' files stands for. */
  readonly workspace: string;
  /** `.mcp.json: servers.demo.env.TOKEN`, for errors. */
  readonly where: string;
}

/**
 * `${NAME}`, `${NAME:-default}`, and as editors write them `${env:NAME}` and `${workspaceFolder}`. Nothing else is looked at: a dollar
 * without a brace stays. Throws GeneratorError `config` on a variable that is not set, so that no secret is silently empty.
 */
export function expand(text: string, { env, workspace, where }: Variables): string {
  return text.replace(/\$\{([^}]*)\}/g, (whole, inside: string) => {
    if (inside === "workspaceFolder") return workspace;
    const [, name, fallback] = /^(?:env:)?([A-Za-z_]\w*)(?::-(.*))?$/.exec(inside) ?? [];
    if (name === undefined)
      throw new GeneratorError("config", `${where}: ${whole} cannot be filled in`, {
        why: "known are ${NAME}, ${NAME:-default}, ${env:NAME} and ${workspaceFolder}",
        hint: "put the value into an environment variable and name that",
      });
    const value = env[name] ?? fallback;
    if (value === undefined)
      throw new GeneratorError("config", `${where}: the variable ${name} is not set`, {
        why: `the value is "${text.length > 60 ? whole : text}"`,
        hint: `set ${name}, or write \${${name}:-default}`,
      });
    return value;
  });
}
