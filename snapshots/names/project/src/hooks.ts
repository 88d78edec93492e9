import type { Hooks } from "./hook-types.gen.js";

/**
 * Your own code around the server's tools. This file is yours: it was written once and will not be replaced.
 *
 * A hook gets the arguments, already checked against the tool's schema, and `next`, which calls the tool. It returns
 * the answer that the client gets. To refuse a call, return `{ content: [{ type: "text", text: "why" }], isError: true }`.
 * Tools without a hook are passed on untouched.
 *
 *   " ": async (args, next, { signal }) => {
 *     const result = await next(args);
 *     return result;
 *   },
 */
export const hooks: Hooks = {};
