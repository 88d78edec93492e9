import { createPrivateKey } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  AUTHORITY,
  CLIENT_CERT,
  CLIENT_KEY,
  SERVER_CERT,
  SERVER_KEY,
  STRANGER_CERT,
  STRANGER_KEY,
} from "../../generator/testing/certificate.js";
import { RuntimeError } from "../core/errors.js";
import { clientTls, serverTls, tlsTrouble, type TlsClient, type TlsServer } from "./tls.js";

const LOCKED_KEY = createPrivateKey(SERVER_KEY)
  .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "secret" })
  .toString();

function refusal(work: () => unknown): RuntimeError {
  try {
    work();
  } catch (error) {
    if (error instanceof RuntimeError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("serverTls", () => {
  it("asks for at least TLS 1.2, and for no certificate of clients", () => {
    const options = serverTls({ cert: SERVER_CERT, key: SERVER_KEY });
    expect(options).toMatchObject({ cert: SERVER_CERT, key: SERVER_KEY, minVersion: "TLSv1.2" });
    expect(options.requestCert).toBeUndefined();
  });

  it("with authorities asks clients for a certificate, and lets nobody in without", () => {
    const options = serverTls({ cert: SERVER_CERT, key: SERVER_KEY, ca: `${AUTHORITY}${STRANGER_CERT}` });
    expect(options).toMatchObject({ requestCert: true, rejectUnauthorized: true });
  });

  const good: TlsServer = { cert: SERVER_CERT, key: SERVER_KEY };
  const bad: readonly { name: string; given: TlsServer; want: readonly [text: string, why: string] }[] = [
    { name: "text", given: { ...good, cert: "x" }, want: ["certificate", "no certificate"] },
    { name: "nothing", given: { ...good, cert: "" }, want: ["certificate", "no certificate"] },
    { name: "a key for a certificate", given: { ...good, cert: SERVER_KEY }, want: ["certificate", "no certificate"] },
    { name: "half a chain", given: { ...good, cert: SERVER_CERT + AUTHORITY.slice(0, 99) }, want: ["certificate", ""] },
    { name: "no key", given: { ...good, key: "x" }, want: ["key", "no private key"] },
    { name: "a certificate for a key", given: { ...good, key: SERVER_CERT }, want: ["key", "no private key"] },
    { name: "a locked key", given: { ...good, key: LOCKED_KEY }, want: ["key", "passphrase"] },
    { name: "another's key", given: { ...good, key: CLIENT_KEY }, want: ["key", "does not belong"] },
    { name: "no authority", given: { ...good, ca: "x" }, want: ["authority", "no certificate"] },
    { name: "an empty authority", given: { ...good, ca: "" }, want: ["authority", "no certificate"] },
    { name: "half an authority", given: { ...good, ca: AUTHORITY.slice(0, 200) }, want: ["authority", "broken"] },
    {
      name: "half a second one",
      given: { ...good, ca: AUTHORITY + AUTHORITY.slice(0, 99) },
      want: ["authority", "broken"],
    },
  ];
  it.each(bad)("names what is wrong: $name", ({ given, want: [text, why] }) => {
    const error = refusal(() => serverTls(given));
    expect(error).toMatchObject({ code: "config", text: `the TLS ${text} cannot be used` });
    expect(error.why).toContain(why);
    expect(`${error.message}${error.why ?? ""}${error.hint ?? ""}`).not.toContain(SERVER_KEY.slice(30, 60));
  });
});

describe("clientTls", () => {
  const names: readonly { host: string; serverName?: string; want: string | undefined }[] = [
    { host: "mcp.example", want: "mcp.example" },
    { host: "127.0.0.1", want: undefined },
    { host: "::1", want: undefined },
    { host: "127.0.0.1", serverName: "mcp.example", want: "mcp.example" },
  ];
  it.each(names)("asks $host for the name $want", ({ host, want, ...given }) => {
    expect(clientTls(given, host).servername).toBe(want);
  });

  it("passes on what is given, and asks for at least TLS 1.2", () => {
    const given: TlsClient = { ca: AUTHORITY, cert: CLIENT_CERT, key: CLIENT_KEY };
    expect(clientTls(given, "localhost")).toMatchObject({ ...given, minVersion: "TLSv1.2" });
  });

  const bad: readonly { name: string; given: TlsClient; want: readonly [text: string, why: string] }[] = [
    { name: "a key alone", given: { key: CLIENT_KEY }, want: ["key", "no TLS certificate with it"] },
    { name: "a certificate alone", given: { cert: CLIENT_CERT }, want: ["certificate", "no TLS key with it"] },
    { name: "another's key", given: { cert: CLIENT_CERT, key: STRANGER_KEY }, want: ["key", "does not belong"] },
    { name: "no authority", given: { ca: "x" }, want: ["authority", "no certificate"] },
    { name: "an address for a name", given: { serverName: "127.0.0.1" }, want: ["server name", "no host name"] },
    { name: "a URL for a name", given: { serverName: "https://a" }, want: ["server name", "no host name"] },
  ];
  it.each(bad)("names what is wrong: $name", ({ given, want: [text, why] }) => {
    const error = refusal(() => clientTls(given, "localhost"));
    expect(error).toMatchObject({ code: "config", text: `the TLS ${text} cannot be used` });
    expect(error.why).toContain(why);
  });
});

describe("tlsTrouble", () => {
  it.each([
    { code: "ERR_SSL_WRONG_VERSION_NUMBER", want: /does not speak TLS/ },
    { code: "EPROTO", want: /does not speak TLS/ },
    { code: "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", want: /refuses our side of TLS/ },
    { code: "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", want: /refuses our side of TLS/ },
    { code: "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", want: /no version of TLS in common/ },
    { code: "ERR_TLS_CERT_ALTNAME_INVALID", want: /ALTNAME_INVALID/ },
    { code: "DEPTH_ZERO_SELF_SIGNED_CERT", want: /SELF_SIGNED/ },
    { code: "ECONNREFUSED", want: undefined },
  ])("tells $code", ({ code, want }) => {
    const trouble = tlsTrouble(Object.assign(new Error("failed"), { code }));
    if (want) expect(trouble?.why).toMatch(want);
    else expect(trouble).toBeUndefined();
  });
});
