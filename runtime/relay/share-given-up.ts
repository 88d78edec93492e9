import type { RequestId } from "../core/message.js";
import type { Member } from "./share-member.js";

/** Given-up calls that are told apart, for each server session. */
const MAX_GIVEN_UP = 1_000;

/** Whose a call was. */
export interface GivenUpCall {
  /** `undefined`: the client has gone. */
  readonly owner: Member | undefined;
  /** `undefined`: there were too many to remember whose. */
  readonly principal: string | undefined;
}

/**
 * Calls that no client waits for any more: canceled, timed out, or their client has gone. The server may be at them still, and
 * what it then says without naming a request may belong to them, until it answers them late or limits.parkedMs has passed.
 */
export interface GivenUp {
  /** `id`: the call's towards the server. */
  add(id: RequestId, owner: Member): void;
  answered(id: RequestId): void;
  /** The client has gone: its calls stay, it is not kept for them. */
  left(owner: Member): void;
  calls(): readonly GivenUpCall[];
}

const UNKNOWN: GivenUpCall = { owner: undefined, principal: undefined };

export function givenUpOf(parkedMs: number): GivenUp {
  const known = new Map<RequestId, GivenUpCall & { readonly untilMs: number }>();
  let unknownUntilMs = 0;
  return {
    add(id, owner) {
      known.set(id, { owner, principal: owner.principal, untilMs: performance.now() + parkedMs });
      const [oldest] = known;
      if (!oldest || known.size <= MAX_GIVEN_UP) return;
      // Forgotten without a trace it would let a client crowd out the calls of others.
      unknownUntilMs = oldest[1].untilMs;
      known.delete(oldest[0]);
    },
    answered: (id) => void known.delete(id),
    left(owner) {
      for (const [id, one] of known) if (one.owner === owner) known.set(id, { ...one, owner: undefined });
    },
    calls() {
      const nowMs = performance.now();
      for (const [id, { untilMs }] of known) if (untilMs <= nowMs) known.delete(id);
      return unknownUntilMs > nowMs ? [...known.values(), UNKNOWN] : [...known.values()];
    },
  };
}
