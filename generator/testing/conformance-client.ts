// The client that the conformance suite starts: `tsx conformance-client.ts URL`. It puts a proxy of ours in front of the suite's
// server and does through it what the scenario asks of a client, so that what the suite judges is the proxy's backend side.
// MCPGEN_FRONT_ERA says in which era it speaks to the proxy. Servers of a modern scenario take `initialize` as well, so a legacy client's
// proxy is told what they are there for.
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { httpBackend } from "../../runtime/backends/http.js";
import { httpFrontend } from "../../runtime/frontends/http.js";
import { serve } from "../../runtime/serve.js";

const scenario = process.env["MCP_CONFORMANCE_SCENARIO"] ?? "";
const context = JSON.parse(process.env["MCP_CONFORMANCE_CONTEXT"] ?? "{}") as {
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: Record<string, unknown> }[];
};
const modern = process.env["MCPGEN_FRONT_ERA"] === "modern";

const scenarioIsModern = (process.env["MCP_CONFORMANCE_PROTOCOL_VERSION"] ?? "") >= "2026";
const proxy = await serve({
  backendEra: scenarioIsModern && !modern ? "modern" : "auto",
  backend: httpBackend({ url: process.argv.at(-1) ?? "" }),
  frontends: [httpFrontend({ host: "127.0.0.1", port: 0 })],
});
const client = new Client(
  { name: "conformance-client", version: "1.0.0" },
  {
    capabilities: { elicitation: { form: { applyDefaults: true } }, sampling: {}, roots: { listChanged: true } },
    versionNegotiation: { mode: modern ? { pin: "2026-07-28" } : "legacy" },
  },
);
client.setRequestHandler("elicitation/create", () => ({
  action: "accept" as const,
  content: scenario.startsWith("sep-2322") ? { confirmed: true } : {},
}));
try {
  await client.connect(new StreamableHTTPClientTransport(new URL(proxy.addresses[0] ?? "")));
  await act();
} finally {
  await client.close();
  await proxy.close();
}

async function act(): Promise<void> {
  const capabilities = client.getServerCapabilities() ?? {};
  const { tools } = scenario === "initialize" && !capabilities.tools ? { tools: [] } : await client.listTools();
  const call = (name: string, args: Record<string, unknown> = {}): Promise<unknown> =>
    client.callTool({ name, arguments: args });
  switch (scenario) {
    case "http-custom-headers":
      for (const one of context.toolCalls ?? []) await call(one.name, one.arguments);
      return;
    case "json-schema-2020-12-preservation":
      await call("json_schema_echo", {
        schema: tools.find((tool) => tool.name === "json_schema_2020_12_tool")?.inputSchema,
      });
      return;
    case "json-schema-ref-no-deref":
      return;
    case "sep-2322-client-request-state":
      await Promise.all([call("test_mrtr_echo_state"), call("test_mrtr_unrelated")]);
      await call("test_mrtr_no_state");
      await call("test_mrtr_no_result_type");
      return;
    case "http-standard-headers": {
      for (const tool of tools) await call(tool.name);
      const { resources } = await client.listResources();
      for (const { uri } of resources) await client.readResource({ uri });
      const { prompts } = await client.listPrompts();
      for (const { name } of prompts) await client.getPrompt({ name });
      return;
    }
    default:
      for (const { name } of tools) await call(name, { a: 2, b: 3, region: "eu", value: "x" });
  }
}
