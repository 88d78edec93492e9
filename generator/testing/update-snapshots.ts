import { stdioBackend } from "../../runtime/backends/stdio.js";
import { BUILT_IN } from "../emitters/index.js";
import { generate } from "../generate.js";
import { introspect } from "../introspect/introspect.js";
import { fixtureArgv, FIXTURES } from "./fixture.js";
import { snapshotOf, specText, writeSnapshot } from "./snapshot.js";

// Rewrites snapshots/ as a whole from what the fixtures say today, and removes what is no longer made.
const all = new Map<string, string>();
for (const fixture of FIXTURES) {
  const spec = await introspect(stdioBackend({ argv: fixtureArgv(fixture) }));
  all.set(`${fixture}/spec.json`, specText(spec));
  for (const emitter of BUILT_IN)
    for (const [path, text] of snapshotOf(await generate({ spec, emitters: [{ emitter, options: {} }] })))
      all.set(`${fixture}/${emitter.name}/${path}`, text);
}
const changed = await writeSnapshot(".", all);
console.log(
  changed.length === 0 ? `all ${all.size} snapshots stand` : [`changed ${changed.length}:`, ...changed].join("\n"),
);
