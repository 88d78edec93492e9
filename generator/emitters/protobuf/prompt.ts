import { templateVariables } from "../../emit/uri-template.js";
import type { PromptRoute, ResourceRoute, TemplateRoute } from "../../ir/route.js";
import type { JsonObject } from "../../ir/spec.js";
import { messageBlock, type Block } from "./block.js";
import type { Element } from "./field-type.js";
import type { Message } from "./message.js";
import { snake } from "./name.js";
import { byNumber, numberFields, type FieldDraft } from "./number.js";
import type { Package } from "./tool.js";
import { requestName, responseName } from "./type-name.js";

const STRING: Element = { kind: "scalar", name: "string" };
const META = `.google.protobuf.Struct meta`;

/** Request and response of a prompt. Its arguments are texts. Source: MCP schema, `PromptArgument`, `GetPromptResult`. */
export function promptBlocks(route: PromptRoute, into: Package): readonly Block[] {
  const given = route.item["arguments"];
  const drafts = (Array.isArray(given) ? (given as readonly JsonObject[]) : []).map((argument): FieldDraft => {
    const { name, description, required } = argument;
    const [member, isRequired] = [typeof name === "string" ? name : "", required === true];
    return {
      ...textField(member, isRequired),
      use: {
        ...{ shape: { kind: "string" }, isNullable: false, schema: { type: "string" }, name: member },
        ...{ isRequired, isDeprecated: false },
        ...(typeof description === "string" && { description }),
      },
    };
  });
  const response = `message ${responseName(route)} {
  optional string description = 1;
  repeated PromptMessage messages = 2;
  ${META} = 3 [json_name = "_meta"];
}
`;
  return [requestBlock(route, drafts, into), { text: response, needs: ["struct"] }];
}

/** Request and response of a resource; a template's variables are texts, or lists of them where the template takes lists. */
export function resourceBlocks(route: ResourceRoute | TemplateRoute, into: Package): readonly Block[] {
  const variables = route.kind === "template" ? templateVariables(route.target) : [];
  const drafts = variables.map(({ name, optional, list }): FieldDraft => ({
    ...textField(name, !optional),
    ...(list && { label: "list", isOptional: false }),
    ...(optional ? {} : { notes: ["Required."] }),
  }));
  const response = `message ${responseName(route)} {
  repeated ResourceContents contents = 1;
  ${META} = 2 [json_name = "_meta"];
}
`;
  return [requestBlock(route, drafts, into), { text: response, needs: ["content", "struct"] }];
}

const textField = (member: string, isRequired: boolean): FieldDraft => ({
  ...{ member, base: snake(member, "field"), label: "one", element: STRING, isRequired, isOptional: !isRequired },
});

function requestBlock(
  route: PromptRoute | ResourceRoute | TemplateRoute,
  drafts: readonly FieldDraft[],
  into: Package,
): Block {
  const { fields, reserved } = numberFields(requestName(route), drafts, into);
  const ordered = byNumber(fields);
  const message: Message = {
    plan: { kind: "object", name: requestName(route), fields: ordered.map(({ plan }) => plan) },
    ...{ fields: ordered, reserved },
  };
  into.messages.set(message.plan.name, message.plan);
  return messageBlock(message);
}
