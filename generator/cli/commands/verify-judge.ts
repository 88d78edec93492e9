import type { Era } from "../../../runtime/core/session.js";
import { isMembers, type Exact } from "../exact.js";
import type { Transport } from "../option/server.js";
import type { Answer, Step } from "./verify-ask.js";
import { atHome, codeOf, differences, eraNeutral, saysTheSameRefusal, type Difference } from "./verify-compare.js";

/** What the server itself answered in one era. */
export interface Reference {
  readonly era: Era;
  readonly steps: readonly Step[];
  readonly answers: readonly Answer[];
}

/** What became of one question on its way through one proxy. */
export interface Verdict {
  readonly frontend: Transport;
  readonly era: Era;
  /** Of the server's own answer. */
  readonly reference: Era;
  readonly method: string;
  readonly item?: string;
  /** `not offered`: both say that there is no such method, or one of the eras has none. `no answer`: on neither side. */
  readonly outcome: "same" | "different" | "not offered" | "no answer";
  readonly differences: readonly Difference[];
  /** Of `no answer`. */
  readonly reasons?: { readonly direct: string; readonly proxied: string };
}

export interface JudgeOptions {
  readonly frontend: Transport;
  readonly era: Era;
  readonly ignore: readonly string[];
}

/** Whether there was something to compare. */
export const isCompared = ({ outcome }: Verdict): boolean => outcome === "same" || outcome === "different";

/** One verdict for each step. `answers` are those of the proxy, in the order of the steps. */
export function judge(
  reference: Reference,
  answers: readonly Answer[],
  { frontend, era, ignore }: JudgeOptions,
): readonly Verdict[] {
  return reference.steps.map((step, i) => {
    const direct = reference.answers[i] ?? UNASKED;
    const proxied = answers[i] ?? UNASKED;
    const { method, item } = step;
    const of = { frontend, era, reference: reference.era, method, ...(item !== undefined && { item }) };
    const same: Verdict = { ...of, outcome: "same", differences: [] };
    if ("failed" in direct && "failed" in proxied)
      return { ...same, outcome: "no answer", reasons: { direct: direct.failed, proxied: proxied.failed } };
    const across = reference.era !== era;
    // Only the legacy era has it: whoever speaks the other one refuses it in words of its own.
    if (method === "ping" && (across || isUnknown(direct)) && (era === "legacy" || isUnknown(proxied)))
      return { ...of, outcome: "not offered", differences: [] };
    if (era === "legacy" && across && "said" in direct && "said" in proxied)
      if (saysTheSameRefusal(direct.said, proxied.said)) return same;
    const found =
      "failed" in direct || "failed" in proxied
        ? [{ pointer: "", direct: toldBy(direct), proxied: toldBy(proxied) }]
        : differences(view(direct.said, method, { across, era }), view(proxied.said, method, { across, era }), {
            ignore,
          });
    if (found.length > 0) return { ...of, outcome: "different", differences: found };
    return isUnknown(direct) ? { ...same, outcome: "not offered" } : same;
  });
}

const UNASKED: Answer = { failed: "it was not asked" };

const toldBy = (answer: Answer): Exact => ("failed" in answer ? `no answer: ${answer.failed}` : answer.said);

interface ViewOptions {
  readonly across: boolean;
  readonly era: Era;
}

/** What of an answer is compared, each page by itself. */
function view(said: Exact, method: string, { across, era }: ViewOptions): Exact {
  const pages = isMembers(said) ? said["pages"] : undefined;
  if (Array.isArray(pages)) return { pages: (pages as Exact[]).map((page) => view(page, method, { across, era })) };
  const own = atHome(said, method, era);
  return across ? eraNeutral(own, method) : own;
}

/** Source: JSON-RPC 2.0, section 5.1, "Method not found". */
const isUnknown = (answer: Answer): boolean => "said" in answer && codeOf(answer.said) === "-32601";
