/**
 * What every server answers with, as the MCP schema names it. Source: MCP schema 2025-11-25, `ContentBlock`, `ResourceContents`, `Annotations`,
 * `Icon`. Numbers are settled here.
 */
export const CONTENT = `// One piece of what a tool, a prompt or a resource answers with.
message ContentBlock {
  oneof kind {
    TextContent text = 1;
    ImageContent image = 2;
    AudioContent audio = 3;
    ResourceLink resource_link = 4;
    EmbeddedResource resource = 5;

    // A block of another kind, or one with members that the messages above lack, as it is in JSON.
    .google.protobuf.Struct other = 6;
  }
}

message TextContent {
  string text = 1;
  Annotations annotations = 2;
  .google.protobuf.Struct meta = 3 [json_name = "_meta"];
}

message ImageContent {
  bytes data = 1;
  string mime_type = 2;
  Annotations annotations = 3;
  .google.protobuf.Struct meta = 4 [json_name = "_meta"];
}

message AudioContent {
  bytes data = 1;
  string mime_type = 2;
  Annotations annotations = 3;
  .google.protobuf.Struct meta = 4 [json_name = "_meta"];
}

message ResourceLink {
  string uri = 1;
  string name = 2;
  optional string title = 3;
  optional string description = 4;
  optional string mime_type = 5;
  optional int64 size = 6;
  repeated Icon icons = 7;
  Annotations annotations = 8;
  .google.protobuf.Struct meta = 9 [json_name = "_meta"];
}

message EmbeddedResource {
  ResourceContents resource = 1;
  Annotations annotations = 2;
  .google.protobuf.Struct meta = 3 [json_name = "_meta"];
}

message ResourceContents {
  string uri = 1;
  optional string mime_type = 2;
  oneof kind {
    string text = 3;
    bytes blob = 4;
  }
  .google.protobuf.Struct meta = 5 [json_name = "_meta"];
}

message Annotations {
  repeated Role audience = 1;
  optional double priority = 2;
  optional string last_modified = 3;
}

enum Role {
  ROLE_UNSPECIFIED = 0;
  ROLE_USER = 1;
  ROLE_ASSISTANT = 2;
}

message Icon {
  string src = 1;
  optional string mime_type = 2;
  repeated string sizes = 3;
  optional string theme = 4;
}
`;

export const TOOL_LIST = `message ListToolsRequest {
  optional string cursor = 1;
}

message ListToolsResponse {
  repeated Tool tools = 1;
  optional string next_cursor = 2;
  .google.protobuf.Struct meta = 3 [json_name = "_meta"];
}

message Tool {
  string name = 1;
  optional string title = 2;
  optional string description = 3;
  .google.protobuf.Struct input_schema = 4;
  .google.protobuf.Struct output_schema = 5;
  ToolAnnotations annotations = 6;
  repeated Icon icons = 7;
  .google.protobuf.Struct meta = 8 [json_name = "_meta"];
}

// What a server says of a tool. Hints: nobody has proved them.
message ToolAnnotations {
  optional string title = 1;
  optional bool read_only_hint = 2;
  optional bool destructive_hint = 3;
  optional bool idempotent_hint = 4;
  optional bool open_world_hint = 5;
}
`;

export const RESOURCE_LIST = `message ListResourcesRequest {
  optional string cursor = 1;
}

message ListResourcesResponse {
  repeated Resource resources = 1;
  optional string next_cursor = 2;
  .google.protobuf.Struct meta = 3 [json_name = "_meta"];
}

message Resource {
  string uri = 1;
  string name = 2;
  optional string title = 3;
  optional string description = 4;
  optional string mime_type = 5;
  optional int64 size = 6;
  repeated Icon icons = 7;
  Annotations annotations = 8;
  .google.protobuf.Struct meta = 9 [json_name = "_meta"];
}

message ReadResourceRequest {
  string uri = 1;
}

message ReadResourceResponse {
  repeated ResourceContents contents = 1;
  .google.protobuf.Struct meta = 2 [json_name = "_meta"];
}
`;

export const TEMPLATE_LIST = `message ListResourceTemplatesRequest {
  optional string cursor = 1;
}

message ListResourceTemplatesResponse {
  repeated ResourceTemplate resource_templates = 1;
  optional string next_cursor = 2;
  .google.protobuf.Struct meta = 3 [json_name = "_meta"];
}

message ResourceTemplate {
  string uri_template = 1;
  string name = 2;
  optional string title = 3;
  optional string description = 4;
  optional string mime_type = 5;
  repeated Icon icons = 6;
  Annotations annotations = 7;
  .google.protobuf.Struct meta = 8 [json_name = "_meta"];
}
`;

export const PROMPT_LIST = `message ListPromptsRequest {
  optional string cursor = 1;
}

message ListPromptsResponse {
  repeated Prompt prompts = 1;
  optional string next_cursor = 2;
  .google.protobuf.Struct meta = 3 [json_name = "_meta"];
}

message Prompt {
  string name = 1;
  optional string title = 2;
  optional string description = 3;
  repeated PromptArgument arguments = 4;
  repeated Icon icons = 5;
  .google.protobuf.Struct meta = 6 [json_name = "_meta"];
}

message PromptArgument {
  string name = 1;
  optional string title = 2;
  optional string description = 3;
  optional bool required = 4;
}

message PromptMessage {
  Role role = 1;
  ContentBlock content = 2;
}
`;

/** Names that none of a server's types may have, whether they are printed or not. */
export const FIXED_NAMES: readonly string[] = [CONTENT, TOOL_LIST, RESOURCE_LIST, TEMPLATE_LIST, PROMPT_LIST].flatMap(
  (text) => [...text.matchAll(/^(?:message|enum) (\w+)/gm)].map(([, name = ""]) => name),
);
