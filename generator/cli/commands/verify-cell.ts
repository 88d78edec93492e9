import type { Era } from "../../../runtime/core/session.js";
import { GeneratorError } from "../../errors.js";
import type { Transport } from "../option/server.js";

/** One frontend, spoken to in one era. */
export interface Cell {
  readonly frontend: Transport;
  readonly era: Era;
  /** Why it is not asked. */
  readonly why?: string;
}

export interface Cells {
  readonly asked: readonly Cell[];
  readonly unspoken: readonly Cell[];
}

const SSE_ERA = "HTTP+SSE is the transport of 2024-11-05; the modern era has none of it";

/**
 * Every frontend in every era, apart from those that do not go together.
 * Throws GeneratorError `usage` where nothing is left to ask. Source: MCP 2024-11-05, basic/transports, "HTTP with SSE".
 */
export function cellsOf(frontends: readonly Transport[], eras: readonly Era[]): Cells {
  const all = frontends.flatMap((frontend) => eras.map((era): Cell => ({ frontend, era })));
  const isSpoken = ({ frontend, era }: Cell): boolean => frontend !== "sse" || era !== "modern";
  const asked = all.filter(isSpoken);
  if (asked.length === 0)
    throw new GeneratorError("usage", `--era ${eras.join()} is not spoken over --frontend ${frontends.join()}`, {
      why: SSE_ERA,
      hint: "give --era legacy, or another frontend",
    });
  return { asked, unspoken: all.filter((cell) => !isSpoken(cell)).map((cell) => ({ ...cell, why: SSE_ERA })) };
}
