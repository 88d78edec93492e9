import { isObject, type Members } from "../../../runtime/era/envelope.js";
import { ExactNumber, isMembers, type Exact } from "../exact.js";
import type { Answer, Asking, Step } from "./verify-ask.js";
import { HANDSHAKE } from "./verify-compare.js";

export interface PlanOptions {
  /** Tools that may be called, with the JSON text of their arguments. */
  readonly calls: readonly { readonly name: string; readonly text: string }[];
  /** How many resources are read and prompts are got, at most. */
  readonly maxReads: number;
}

const LISTS = [
  { method: "tools/list", member: "tools" },
  { method: "resources/list", member: "resources" },
  { method: "resources/templates/list", member: "resourceTemplates" },
  { method: "prompts/list", member: "prompts" },
] as const;

/** No server has anything of this name. */
const NOWHERE = "mcpgen-verify-nowhere";

/** How many completions are asked for. */
const MAX_COMPLETIONS = 3;

/**
 * What can be asked of a server without changing anything, and the calls that were allowed by name. The lists of the server itself say
 * what there is. Tools are called unasked only where they say that they only read, and need no arguments.
 */
export async function planSteps(server: Asking, { calls, maxReads }: PlanOptions): Promise<readonly Step[]> {
  const steps: Step[] = [{ method: HANDSHAKE }, { method: "ping" }];
  const lists = new Map<string, readonly Members[]>();
  for (const { method, member } of LISTS) {
    const step: Step = { method, paged: true };
    steps.push(step);
    lists.set(member, itemsOf(await server.ask(step), member));
  }
  const list = (member: string): readonly Members[] => lists.get(member) ?? [];
  for (const { uri } of list("resources").slice(0, maxReads))
    steps.push({ method: "resources/read", item: String(uri), params: { uri } });
  const free = list("prompts").filter((prompt) => argumentsOf(prompt).every(({ required }) => required !== true));
  for (const { name } of free.slice(0, maxReads))
    steps.push({ method: "prompts/get", item: String(name), params: { name } });
  steps.push(...completions(list("prompts")));

  const readOnly = list("tools").filter(({ annotations, inputSchema, name }) => {
    const required = isObject(inputSchema) ? inputSchema["required"] : undefined;
    const needs = Array.isArray(required) && required.length > 0;
    const says = isObject(annotations) && annotations["readOnlyHint"] === true;
    return says && !needs && !calls.some((call) => call.name === name);
  });
  for (const { name } of readOnly.slice(0, maxReads)) steps.push(toolStep(String(name), "{}"));
  for (const { name, text } of calls) steps.push(toolStep(name, text));

  return [
    ...steps,
    toolStep(NOWHERE, "{}"),
    { method: "resources/read", item: `${NOWHERE}:x`, params: { uri: `${NOWHERE}:x` } },
    { method: "prompts/get", item: NOWHERE, params: { name: NOWHERE } },
    { method: `${NOWHERE}/method`, params: { a: 1 } },
  ];
}

const toolStep = (name: string, argumentsText: string): Step => ({
  method: "tools/call",
  item: name,
  params: { name, arguments: {} },
  argumentsText,
});

function completions(prompts: readonly Members[]): readonly Step[] {
  const asked = prompts.flatMap((prompt) =>
    argumentsOf(prompt)
      .slice(0, 1)
      .map((argument): Step => {
        const [prefix, of] = [String(prompt["name"]), String(argument["name"])];
        const params = { ref: { type: "ref/prompt", name: prefix }, argument: { name: of, value: "" } };
        return { method: "completion/complete", item: `${prefix} ${of}`, params };
      }),
  );
  return asked.slice(0, MAX_COMPLETIONS);
}

const argumentsOf = ({ arguments: given }: Members): readonly Members[] =>
  Array.isArray(given) ? given.filter(isObject) : [];

function itemsOf(answer: Answer, member: string): readonly Members[] {
  const said = "said" in answer ? plain(answer.said) : undefined;
  const pages = isObject(said) && Array.isArray(said["pages"]) ? said["pages"].filter(isObject) : [];
  return pages
    .flatMap(({ result }) => (isObject(result) ? result[member] : []))
    .filter(isObject)
    .filter((item) => typeof item[member === "resources" ? "uri" : "name"] === "string");
}

/** The value as JavaScript has it: spellings are gone. */
function plain(value: Exact): unknown {
  if (value instanceof ExactNumber) return Number(value.text);
  if (Array.isArray(value)) return (value as Exact[]).map(plain);
  return isMembers(value) ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)])) : value;
}
