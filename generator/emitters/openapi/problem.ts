import type { OpenAPIV3_1 } from "openapi-types";
import { SCHEMAS } from "./component.js";
import type { OpenApiOptions } from "./options.js";

type Response = OpenAPIV3_1.ResponseObject;
type Reference = OpenAPIV3_1.ReferenceObject;

interface ProblemResponse {
  readonly status: string;
  readonly description: string;
  readonly schema?: string;
}

/** Source: schemas.md §11. */
const PROBLEMS = {
  InvalidArguments: {
    status: "400",
    description:
      "The arguments do not fit the schema, or the server refused them. `type`: `urn:mcp:invalid-arguments`.",
  },
  Unauthorized: {
    status: "401",
    description: "Credentials are missing or not accepted, here or by the server behind.",
  },
  NotFound: { status: "404", description: "The server knows nothing of that name or address." },
  InputRequired: {
    status: "409",
    description: "The server asks for more input than a single request can give.",
    schema: "InputRequiredProblem",
  },
  ToolFailed: { status: "422", description: "The tool itself failed.", schema: "ToolProblem" },
  NotSupported: { status: "501", description: "The server needs something of its client that is not to be had here." },
  BadServer: { status: "502", description: "The server failed, or its answer is not what it promised." },
  Unavailable: { status: "503", description: "The server cannot be reached." },
  TimedOut: { status: "504", description: "The server took too long." },
  Unexpected: { status: "default", description: "Anything else that went wrong." },
} as const satisfies Readonly<Record<string, ProblemResponse>>;

type ProblemName = keyof typeof PROBLEMS;

const ALWAYS = ["Unauthorized", "BadServer", "Unavailable", "TimedOut", "Unexpected"] as const;

/** By what is asked of the server. Each has an answer of 4xx. */
const BY_METHOD = {
  "tools/call": ["InvalidArguments", "NotFound", "InputRequired", "NotSupported", ...ALWAYS],
  "resources/read": ["InvalidArguments", "NotFound", "InputRequired", ...ALWAYS],
  "prompts/get": ["InvalidArguments", "NotFound", "InputRequired", ...ALWAYS],
  list: ["InvalidArguments", ...ALWAYS],
} as const satisfies Readonly<Record<string, readonly ProblemName[]>>;

/** References to all problems that a request of this method may end in, by status, in order. */
export function problemsOf(
  method: keyof typeof BY_METHOD,
  { toolErrorStatus }: Pick<OpenApiOptions, "toolErrorStatus">,
): Readonly<Record<string, Reference>> {
  const names: readonly ProblemName[] = [
    ...BY_METHOD[method],
    ...(method === "tools/call" && toolErrorStatus === 422 ? (["ToolFailed"] as const) : []),
  ];
  return Object.fromEntries(names.map((name) => [PROBLEMS[name].status, { $ref: `#/components/responses/${name}` }]));
}

/** What `problemsOf` refers to. */
export const PROBLEM_RESPONSES: Readonly<Record<string, Response>> = Object.fromEntries(
  Object.entries<ProblemResponse>(PROBLEMS).map(([name, { status, description, schema = "Problem" }]) => [
    name,
    {
      description,
      ...(status === "401" && {
        headers: {
          "WWW-Authenticate": { description: "How to authenticate. Source: RFC 9110.", schema: { type: "string" } },
        },
      }),
      content: { "application/problem+json": { schema: { $ref: SCHEMAS + schema } } },
    } satisfies Response,
  ]),
);
