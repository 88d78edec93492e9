import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{generator,runtime,fixtures,bench}/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Real servers are started as child processes: two cores are shared by the tests and their children.
    maxWorkers: 2,
    retry: 0,
  },
});
