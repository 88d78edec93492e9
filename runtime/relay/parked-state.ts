import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { isObject } from "../era/envelope.js";

/** What a client carries from one round of a call to the next. */
export interface CarriedState {
  /** The call that waits for it. Absent: none does, the call is made again. */
  readonly call?: string;
  readonly round: number;
  /** Digest of whose call it is and of what was asked. */
  readonly binding: string;
}

/** Seals and opens `requestState`. Source: MCP 2026-07-28, basic/patterns/mrtr, "Server Requirements". */
export interface StateSeal {
  seal(state: CarriedState): string;
  /** `undefined`: not ours, not whole, or too old. */
  open(text: unknown): CarriedState | undefined;
}

const CIPHER = "aes-256-gcm";
const IV_BYTES = 12;
const TAG_BYTES = 16;
const MAX_CHARACTERS = 1_024;

/** The key never leaves this process, and neither do the calls that states speak of. */
export function stateSeal(ttlMs: number): StateSeal {
  const key = randomBytes(32);
  return {
    seal(state) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(CIPHER, key, iv);
      const text = JSON.stringify({ ...state, until: performance.now() + ttlMs });
      const sealed = [iv, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()];
      return Buffer.concat(sealed).toString("base64url");
    },
    open(text) {
      if (typeof text !== "string" || text.length > MAX_CHARACTERS) return undefined;
      const bytes = Buffer.from(text, "base64url");
      // One spelling for each: base64 has several, and none but ours has to be accepted.
      if (bytes.length < IV_BYTES + TAG_BYTES || bytes.toString("base64url") !== text) return undefined;
      try {
        const cipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
        cipher.setAuthTag(bytes.subarray(-TAG_BYTES));
        const opened = cipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES), undefined, "utf8") + cipher.final("utf8");
        return stateIn(JSON.parse(opened));
      } catch {
        return undefined; // somebody else's, or changed on its way
      }
    },
  };
}

function stateIn(value: unknown): CarriedState | undefined {
  if (!isObject(value) || typeof value["until"] !== "number" || value["until"] < performance.now()) return undefined;
  const { call, round, binding } = value;
  if (typeof round !== "number" || typeof binding !== "string") return undefined;
  return { round, binding, ...(typeof call === "string" ? { call } : {}) };
}
