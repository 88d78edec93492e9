/** What a child may see of our environment. Source: the allow-lists of the MCP SDKs, plus locale, zone and temporary folder. */
const INHERITED = new Set(
  process.platform === "win32"
    ? [
        "APPDATA",
        "HOMEDRIVE",
        "HOMEPATH",
        "LOCALAPPDATA",
        "PATH",
        "PATHEXT",
        "PROCESSOR_ARCHITECTURE",
        "PROGRAMFILES",
        "SYSTEMDRIVE",
        "SYSTEMROOT",
        "TEMP",
        "TMP",
        "USERNAME",
        "USERPROFILE",
      ]
    : ["HOME", "LANG", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER"],
);

/** The environment of a child: the allow-list, and what was given by name, which wins. Secrets of ours stay here. */
export function childEnvironment(given: Readonly<Record<string, string>> = {}): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    const key = process.platform === "win32" ? name.toUpperCase() : name;
    // "()" begins an exported shell function: code, where text is meant.
    if (value !== undefined && (INHERITED.has(key) || key.startsWith("LC_")) && !value.startsWith("()"))
      env[name] = value;
  }
  return { ...env, ...given };
}
