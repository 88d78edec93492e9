import { describe, expect, test } from "vitest";
import { checkConfig } from "./schema.js";

const servers = { demo: { cmd: "node server.js" } };

describe("checkConfig", () => {
  test.each([
    { name: "empty", config: {} },
    {
      name: "every key of servers",
      config: {
        servers: {
          a: { command: "x", args: ["", "-y"], cwd: ".", env: { K: "" }, era: "auto" },
          b: { url: "http://x", headers: { A: "b" }, era: "legacy" },
          c: { spec: "s.json" },
        },
      },
    },
    {
      name: "every key of outputs",
      config: {
        $schema: "x",
        servers,
        outputs: [
          {
            server: "demo",
            out: "o",
            emit: ["project", "./e.mjs"],
            options: { project: { port: 1 } },
            include: ["a*"],
            exclude: ["b"],
            frontend: ["http", "stdio"],
          },
        ],
      },
    },
    { name: "the one server need not be named", config: { servers, outputs: [{ out: "o" }] } },
  ])("accepts: $name", ({ config }) => {
    expect(checkConfig(config, "c.json")).toBe(config);
  });

  test.each([
    { name: "no object", config: [], at: "the config is []", why: "an object", pointer: "" },
    {
      name: "unknown key",
      config: { server: {} },
      at: "server is no key",
      why: "$schema, servers, outputs",
      pointer: "/server",
    },
    {
      name: "unknown key of a server",
      config: { servers: { demo: { cmd: "x", comand: "y" } } },
      at: "servers.demo.comand is no key",
      why: "command, cmd",
      pointer: "/servers/demo/comand",
    },
    {
      name: "no target",
      config: { servers: { demo: { args: [] } } },
      at: "servers.demo names no server",
      why: "one of command, cmd, url, websocket, tcp, unix, spec",
      pointer: "/servers/demo",
    },
    {
      name: "two targets",
      config: { servers: { demo: { cmd: "x", url: "http://x" } } },
      at: "servers.demo has both cmd and url",
      why: "one of",
      pointer: "/servers/demo",
    },
    {
      name: "a key without effect",
      config: { servers: { demo: { url: "http://x", env: {} } } },
      at: "servers.demo.env has no effect beside url",
      why: "without it",
      pointer: "/servers/demo/env",
    },
    {
      name: "a number in env",
      config: { servers: { demo: { cmd: "x", env: { PORT: 3000 } } } },
      at: "servers.demo.env.PORT is 3000",
      why: "in quotes",
      pointer: "/servers/demo/env/PORT",
    },
    {
      name: "unknown era",
      config: { servers: { demo: { cmd: "x", era: "old" } } },
      at: 'servers.demo.era is "old"',
      why: '"auto", "legacy", "modern"',
      pointer: "/servers/demo/era",
    },
    {
      name: "emit as text",
      config: { servers, outputs: [{ out: "o", emit: "project" }] },
      at: 'outputs[0].emit is "project"',
      why: "an array",
      pointer: "/outputs/0/emit",
    },
    {
      name: "emit empty",
      config: { servers, outputs: [{ out: "o", emit: [] }] },
      at: "outputs[0].emit is empty",
      why: "at least one",
      pointer: "/outputs/0/emit",
    },
    {
      name: "no out",
      config: { servers, outputs: [{}] },
      at: "outputs[0].out is missing",
      why: "a string",
      pointer: "/outputs/0/out",
    },
    {
      name: "headers over TCP",
      config: { servers: { demo: { tcp: "localhost:5000", headers: {} } } },
      at: "servers.demo.headers has no effect beside tcp",
      why: "without it",
      pointer: "/servers/demo/headers",
    },
    {
      name: "the transport of an address that has none",
      config: { servers: { demo: { unix: "/tmp/s", transport: "sse" } } },
      at: "servers.demo.transport has no effect beside unix",
      why: "without it",
      pointer: "/servers/demo/transport",
    },
    {
      name: "an unknown file of TLS",
      config: { servers: { demo: { url: "https://x", tls: { pfx: "x" } } } },
      at: "servers.demo.tls.pfx is no key of the config",
      why: "ca, cert, key",
      pointer: "/servers/demo/tls/pfx",
    },
    {
      name: "an unknown frontend",
      config: { servers, outputs: [{ out: "o", frontend: ["http", "smtp"] }] },
      at: 'outputs[0].frontend[1] is "smtp"',
      why: '"stdio", "http", "sse", "tcp", "unix", "websocket"',
      pointer: "/outputs/0/frontend/1",
    },
    {
      name: "foreign server",
      config: { servers, outputs: [{ out: "o", server: "other" }] },
      at: 'outputs[0].server is "other"',
      why: "one of demo",
      pointer: "/outputs/0/server",
    },
    {
      name: "which of two",
      config: { servers: { a: { cmd: "x" }, b: { cmd: "y" } }, outputs: [{ out: "o" }] },
      at: "outputs[0].server is missing",
      why: "one of a, b",
      pointer: "/outputs/0/server",
    },
  ])("refuses: $name", ({ config, at, why, pointer }) => {
    expect(() => checkConfig(config, "c.json")).toThrow(
      expect.objectContaining({
        code: "config",
        text: expect.stringContaining(`c.json: ${at}`) as string,
        why: expect.stringContaining(why) as string,
        pointer,
      }) as Error,
    );
  });
});
