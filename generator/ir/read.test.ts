import { describe, expect, it } from "vitest";
import { GeneratorError } from "../errors.js";
import { readSpec } from "./read.js";

const tool = { name: "a", inputSchema: { type: "object" } };

describe("readSpec", () => {
  it.each([
    {
      name: "bare lists",
      given: { tools: [tool], prompts: [{ name: "p" }] },
      want: { tools: [tool], prompts: [{ name: "p" }], capabilities: { tools: {}, prompts: {} } },
    },
    { name: "results of lists", given: { tools: { tools: [tool], nextCursor: "x" } }, want: { tools: [tool] } },
    {
      name: "responses of lists",
      given: { tools: { jsonrpc: "2.0", id: 1, result: { tools: [tool] } } },
      want: { tools: [tool] },
    },
    {
      name: "a response to tools/list",
      given: { jsonrpc: "2.0", id: 1, result: { tools: [tool] } },
      want: { tools: [tool] },
    },
    {
      name: "a response to initialize",
      given: {
        jsonrpc: "2.0",
        id: 1,
        result: {
          protocolVersion: "2024-11-05",
          serverInfo: { name: "s", version: "1" },
          capabilities: { logging: {} },
          instructions: "hi",
        },
      },
      want: {
        protocolVersion: "2024-11-05",
        server: { name: "s", version: "1" },
        capabilities: { logging: {} },
        instructions: "hi",
        tools: [],
      },
    },
    {
      name: "null lists",
      given: { serverInfo: { name: "s", version: "1" }, tools: null, resources: null },
      want: { tools: [], resources: [], capabilities: {} },
    },
    {
      name: "no version",
      given: { tools: [] },
      want: { protocolVersion: "2025-11-25", clientCapabilities: {}, server: { name: "mcp-server" } },
    },
    {
      name: "a capture with failed lists: only the declared ones are told",
      given: {
        name: "package",
        version: "9",
        serverInfo: { name: "s", version: "1" },
        capabilities: { tools: {} },
        tools: null,
        errors: {
          "tools/list": { code: -32603, message: "fetch\u202e failed" },
          "prompts/list": { code: -32601, message: "no" },
        },
      },
      want: {
        server: { name: "s", version: "1" },
        diagnostics: [
          {
            severity: "warning",
            code: "list-failed",
            pointer: "/tools",
            message: "tools/list: page 1 failed: fetch\\u{202e} failed",
          },
        ],
      },
    },
    {
      name: "diagnostics of a saved spec, and none that are not",
      given: {
        specVersion: 1,
        tools: [],
        serverInfo: { name: "s", version: "1" },
        diagnostics: [
          { severity: "info", code: "c", pointer: "", message: "m" },
          null,
          { severity: "fatal" },
          { severity: "info" },
        ],
      },
      want: { diagnostics: [{ severity: "info", code: "c", pointer: "", message: "m" }] },
    },
    {
      name: "hostile versions",
      given: { tools: [], protocolVersion: "\u001b[2J", supportedVersions: ["\u0007", 7] },
      want: { protocolVersion: "\\u{1b}[2J", supportedVersions: ["\\u{7}"] },
    },
  ])("$name", ({ given, want }) => {
    expect(readSpec(given, "x.json")).toMatchObject(want);
  });

  it.each([
    { name: "null", given: null, text: "x.json is null, not an object", why: /one of tools, resources/ },
    { name: "text", given: "x", text: "x.json is a string, not an object" },
    { name: "a bare list", given: [tool], text: "x.json is an array, not an object", hint: /\{"tools": \[…\]\}/ },
    { name: "an empty object", given: {}, text: "x.json holds no MCP server's answers", why: /found an empty object/ },
    {
      name: "something else",
      given: { openapi: "3.1.0", "\u001b": 1 },
      text: "x.json holds no MCP server's answers",
      why: /only "openapi", "\\u\{1b\}"/,
    },
    {
      name: "a client's config",
      given: { mcpServers: {} },
      text: "x.json holds no MCP server's answers",
      hint: /--config/,
    },
    {
      name: "an error response",
      given: { jsonrpc: "2.0", id: 1, error: { code: 1, message: "no\nway" } },
      text: "x.json is a JSON-RPC error response: no\\u{a}way",
    },
    {
      name: "a newer spec",
      given: { specVersion: 2, tools: [] },
      text: "x.json is of spec version 2; known here: 1",
      why: /newer mcpgen/,
      hint: /update/,
      pointer: "/specVersion",
    },
    {
      name: "no version of ours",
      given: { specVersion: "1", tools: [] },
      text: "x.json is of spec version a string; known here: 1",
      pointer: "/specVersion",
    },
    { name: "a list that is none", given: { tools: "x" }, text: 'x.json: "tools" is a string', pointer: "/tools" },
    {
      name: "a result of another list",
      given: { tools: { prompts: [] } },
      text: 'x.json: "tools" is an object',
      why: /result of tools\/list/,
      pointer: "/tools",
    },
  ])("refuses $name", ({ given, text, why = /./, hint = /./, pointer }) => {
    let caught: unknown;
    try {
      readSpec(given, "x.json");
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(GeneratorError);
    const error = caught as GeneratorError;
    expect({ code: error.code, text: error.text, pointer: error.pointer }).toEqual({ code: "spec", text, pointer });
    expect(error.why).toMatch(why);
    expect(error.hint).toMatch(hint);
  });
});
