import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { evolveGate } from "./corpus-evolve.js";
import { nastySpecs } from "./corpus-fuzz.js";
import { schemaGate } from "./corpus-schema.js";
import { readSpecs } from "./corpus-spec.js";
import { hasProtoc } from "./gate-protobuf.js";

vi.setConfig({ testTimeout: 300_000 });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mcpgen-schema-gate-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const { specs } = readSpecs([]);

it("finds nothing wrong with the schemas of the fixtures, nor with values that go there and back", async () => {
  const { servers, errors } = await schemaGate(specs, folder, { protoc: hasProtoc(), consumers: false });
  expect([...errors, ...servers.flatMap(({ name, errors: own }) => own.map((text) => `${name}: ${text}`))]).toEqual([]);
  expect(servers.map(({ name }) => name)).toEqual(specs.map(({ name }) => name));
  for (const language of ["graphql", "proto"] as const) {
    const shares = servers.flatMap(({ values }) => values[language] ?? []);
    const sum = (of: (share: (typeof shares)[number]) => number): number =>
      shares.reduce((all, one) => all + of(one), 0);
    const [values, exact] = [sum((one) => one.values - one.strange), sum((one) => one.exact)];
    expect(values).toBeGreaterThan(1500);
    expect(exact / values).toBeGreaterThan(0.97);
    expect(values).toBe(exact + sum((one) => one.lossy - one.strange));
  }
});

it("finds nothing wrong with the schemas of nasty specs", async () => {
  const { servers, errors } = await schemaGate(nastySpecs(40, 20), folder, { protoc: hasProtoc(), consumers: false });
  expect([...errors, ...servers.flatMap(({ name, errors: own }) => own.map((text) => `${name}: ${text}`))]).toEqual([]);
});

const named = (...names: readonly string[]): typeof specs => specs.filter(({ name }) => names.includes(name));

it("breaks nothing and renames nothing while servers change, thanks to the lock", async () => {
  const { steps, survivors, errors } = await evolveGate(named("everything", "schemas"), folder);
  expect(errors).toEqual([]);
  expect(survivors).toBeGreaterThan(300);
  expect(steps.map(({ reserved }) => reserved > 0)).toEqual([false, false, false, false, true, true]);
});

it("sees what breaks and what is renamed without the lock", async () => {
  const { errors } = await evolveGate(named("names", "schemas"), folder, { forgets: true });
  for (const language of ["typescript", "openapi", "graphql", "buf"])
    expect(errors.filter((text) => text.includes(`${language}: `) || text.startsWith(`${language}, `))).not.toEqual([]);
});
