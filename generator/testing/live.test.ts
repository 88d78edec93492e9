import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { httpBackend } from "../../runtime/backends/http.js";
import { stdioBackend } from "../../runtime/backends/stdio.js";
import { introspect } from "../introspect/introspect.js";
import { fixtureArgv, FIXTURES, startFixtureHttp } from "./fixture.js";
import { keptSpec, specText } from "./snapshot.js";

// What emitters are tested from is what the servers say today, whichever way they are asked.
describe.each(FIXTURES)("snapshots/%s/spec.json", (name) => {
  const kept = (): Promise<string> => readFile(new URL(`../../snapshots/${name}/spec.json`, import.meta.url), "utf8");

  it("is what the fixture says on stdio", async () => {
    expect(specText(await introspect(stdioBackend({ argv: fixtureArgv(name) })))).toBe(await kept());
  });

  it("is what the fixture says over HTTP", async () => {
    const server = await startFixtureHttp(name);
    try {
      expect(specText(await introspect(httpBackend({ url: server.url })))).toBe(await kept());
    } finally {
      await server.close();
    }
  });

  it("reads back as it was written", async () => {
    expect(specText(await keptSpec(name))).toBe(await kept());
  });
});
