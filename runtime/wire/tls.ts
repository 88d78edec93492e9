import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { isIP } from "node:net";
import { createSecureContext, type ConnectionOptions, type TlsOptions } from "node:tls";
import { RuntimeError } from "../core/errors.js";

/** What a listener shows, as PEM texts. */
export interface TlsServer {
  /** The certificate, then those that lead from it to its authority. */
  readonly cert: string;
  /** Without a passphrase. */
  readonly key: string;
  /** Authorities. With them, clients must show a certificate that one of them signed (mutual TLS). */
  readonly ca?: string | undefined;
}

/** How a server is trusted, and what is shown to it, as PEM texts. */
export interface TlsClient {
  /** The authorities to trust, instead of those that Node trusts. */
  readonly ca?: string | undefined;
  /** For mutual TLS, with `key`. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Name that the server's certificate must have. Default: the host that is connected to. */
  readonly serverName?: string | undefined;
}

const MIN_VERSION = "TLSv1.2";
const HANDSHAKE_MS = 10_000;

/** Node's options of a listener. Throws RuntimeError `config` that names what cannot be used. */
export function serverTls({ cert, key, ca }: TlsServer): TlsOptions {
  checkPair(cert, key);
  const options: TlsOptions = { cert, key, minVersion: MIN_VERSION, handshakeTimeout: HANDSHAKE_MS };
  if (ca === undefined) return checkedContext(options);
  checkAuthorities(ca);
  return checkedContext({ ...options, ca, requestCert: true, rejectUnauthorized: true });
}

/** Node's options of a connection to `host`, also for https.Agent. Throws RuntimeError `config` that names what cannot be used. */
export function clientTls({ ca, cert, key, serverName }: TlsClient, host: string): ConnectionOptions {
  const options: ConnectionOptions = { minVersion: MIN_VERSION };
  if (ca !== undefined) {
    checkAuthorities(ca);
    options.ca = ca;
  }
  if (cert !== undefined && key !== undefined) {
    checkPair(cert, key);
    options.cert = cert;
    options.key = key;
  } else if (cert !== undefined || key !== undefined) {
    const [given, missing] = key === undefined ? ["certificate", "key"] : ["key", "certificate"];
    throw unusable(given, `there is no TLS ${missing} with it`, `give both, or neither`);
  }
  if (serverName !== undefined && (isIP(serverName) !== 0 || !/^[\w.-]{1,253}$/.test(serverName)))
    throw unusable("server name", "it is no host name", "give a name of the server's certificate, such as mcp.example");
  // SNI knows names only; an address is compared with the certificate all the same.
  const name = serverName ?? (isIP(host) === 0 ? host : undefined);
  if (name !== undefined) options.servername = name;
  return checkedContext(options);
}

/** Why TLS failed, for people. `undefined` if the error is of another kind. */
export function tlsTrouble(error: unknown): { readonly why: string; readonly hint: string } | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = "code" in error ? String(error.code) : "";
  if (/CERTIFICATE_REQUIRED|ALERT_(BAD|UNKNOWN|UNSUPPORTED)_C|HANDSHAKE_FAILURE|UNKNOWN_CA/.test(code))
    return {
      why: `the server refuses our side of TLS (${code})`,
      hint: "it may want a client certificate: give one, with its key, of an authority that the server trusts",
    };
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/.test(code))
    return { why: `there is no version of TLS in common (${code})`, hint: "the server must speak TLS 1.2 or 1.3" };
  if (code === "EPROTO" || code.startsWith("ERR_SSL"))
    return { why: "the server does not speak TLS there", hint: "check the port, or connect without TLS" };
  if (/CERT|SIGNED|SIGNATURE|ISSUER/.test(code))
    return {
      why: `${error.message} (${code})`,
      hint: "give the authority of its certificate, or a name that the certificate has",
    };
  return undefined;
}

function checkPair(cert: string, key: string): void {
  const certificate = certificateOf(cert, "certificate");
  let secret: KeyObject;
  try {
    secret = createPrivateKey(key);
  } catch (cause) {
    if (key.includes("ENCRYPTED"))
      throw unusable("key", "it is protected by a passphrase", "give it without one: openssl pkey -in KEY -out PLAIN");
    throw unusable("key", "it holds no private key in PEM form", "it begins with -----BEGIN PRIVATE KEY-----", cause);
  }
  if (certificate.checkPrivateKey(secret)) return;
  throw unusable("key", "it does not belong to the TLS certificate", "the server's own certificate comes first");
}

/** Node drops what it cannot read here, and trusts nobody, without a word. */
function checkAuthorities(text: string): void {
  const blocks = text.match(/-----BEGIN [^-]*CERTIFICATE-----[^-]*(?:-----END [^-]*-----)?/g) ?? [""];
  for (const block of blocks) certificateOf(block, "authority");
}

function certificateOf(text: string, what: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch (cause) {
    const hint = "it begins with -----BEGIN CERTIFICATE-----";
    throw unusable(what, "it holds no certificate in PEM form, or a broken one", hint, cause);
  }
}

/** What only OpenSSL can tell: a chain that breaks off, a key too short for today. */
function checkedContext<T extends TlsOptions | ConnectionOptions>(options: T): T {
  try {
    createSecureContext(options);
    return options;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw unusable("certificate", why, "check it with openssl x509 -text", cause);
  }
}

const unusable = (what: string, why: string, hint: string, cause?: unknown): RuntimeError =>
  new RuntimeError("config", `the TLS ${what} cannot be used`, { why, hint, cause });
