import { describe, expect, test } from "vitest";
import { splitCommand } from "../../runtime/guard/command.js";
import { readArguments } from "./program.js";

/** The command lines of the readme that mcpgen was made after, as they stand there but for the program's name. */
const UNDERSTOOD = String.raw`
inspect stdio --cmd "python my-server.py"
inspect --backend stdio --cmd "python server.py"
inspect --backend http --http https://api.example.com/mcp
inspect --backend tcp --tcp localhost:5000 --format json
inspect --backend unix --unix /tmp/mcp.sock --output capabilities.json
serve --backend stdio --cmd "python my-server.py" --frontend http --bind 127.0.0.1:3000
serve --backend stdio --cmd "./my-mcp-server" --frontend http --bind 127.0.0.1:3000
serve --backend tcp --tcp localhost:5000 --frontend http --bind 127.0.0.1:3001
serve --backend tcp --tcp localhost:5000 --frontend http --bind 0.0.0.0:3000
serve --backend unix --unix /tmp/mcp.sock --frontend http --bind 127.0.0.1:3002
serve --backend unix --unix /tmp/mcp.sock --frontend http --bind 0.0.0.0:3000
serve --backend stdio --cmd "./my-mcp-server" --frontend http --bind 0.0.0.0:3000 --require-auth --api-key-header x-api-key
serve --backend stdio --cmd "python server.py" --frontend http --bind 0.0.0.0:3000 --require-auth
serve --backend http --http https://api.example.com/mcp --frontend stdio
serve --backend http --http https://api.example.com/mcp --auth-token "your-secret-token" --frontend stdio
serve --backend http --server https://api.example.com/mcp --auth-token "backend-token" --frontend stdio
generate --backend stdio --cmd "python my-server.py" --frontend http --output ./my-proxy --build --release
schema openapi --backend stdio --cmd "python my-server.py" --output api-spec.json
schema graphql --backend tcp --tcp localhost:5000 --output schema.graphql
schema protobuf --backend unix --unix /tmp/mcp.sock --output server.proto
schema openapi --backend stdio --cmd "npx @mcp/server-fs /tmp"
`;

/** Those whose options are not there yet: refused by name, never taken without effect. */
const REFUSED = [
  {
    line: 'serve --backend stdio --cmd "./my-mcp-server" --frontend http --bind 0.0.0.0:3000 --jwt-secret "your-secret-key"',
    option: "--jwt-secret",
  },
  {
    line: 'serve --backend stdio --cmd "python my-server.py" --jwt-jwks-uri "https://accounts.google.com/.well-known/jwks.json"',
    option: "--jwt-jwks-uri",
  },
];

const words = (line: string): readonly string[] => splitCommand(line);

describe("command lines of the seed", () => {
  test.each(UNDERSTOOD.trim().split("\n"))("%s", (line) => {
    const asked = readArguments(words(line), 100);
    expect(asked).toHaveProperty("command.name", words(line)[0]);
    // Options may stand before the command.
    const [command = "", ...options] = words(line);
    const turned = options[0]?.startsWith("-") ? [...options, command] : [command, ...options];
    expect(readArguments(turned, 100)).toHaveProperty("command.name", command);
  });

  test.each(REFUSED)("waits: $line", ({ line, option }) => {
    expect(() => readArguments(words(line), 100)).toThrow(`serve has no ${option}`);
  });
});
