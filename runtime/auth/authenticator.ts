import type { Credentials } from "../core/frontend.js";
import type { Principal } from "../core/session.js";

/**
 * Tells who a client is by what it shows. Throws RuntimeError `unauthenticated` (no valid credentials) or
 * `forbidden` (known, but not allowed); its text never says which part was wrong.
 */
export type Authenticator = (credentials: Credentials, signal: AbortSignal) => Promise<Principal>;
