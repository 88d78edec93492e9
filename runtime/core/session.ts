/** `legacy` opens with `initialize`; `modern` has no session and names its revision in every request. */
export type Era = "legacy" | "modern";

/** Who a client is. `id` is stable for one identity and is what sessions are bound to. */
export interface Principal {
  readonly id: string;
}

/** Everybody, where nothing asks who they are. */
export const ANONYMOUS: Principal = { id: "anonymous" };

/** One client's conversation with one backend channel, bridged. */
export interface Session {
  /** Settles when both sides are closed. Never rejects. `undefined` after an orderly end. */
  readonly closed: Promise<unknown>;
  /** Idempotent, never throws. */
  close(reason?: unknown): Promise<void>;
}
