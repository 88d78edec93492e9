export { apiKeyAuthenticator, oneTimeKey, type ApiKey, type ApiKeyOptions } from "./auth/api-key.js";
export type { Authenticator } from "./auth/authenticator.js";
export { httpBackend, type HttpBackendOptions } from "./backends/http.js";
export { httpOrSseBackend } from "./backends/http-or-sse.js";
export { sseBackend, type SseBackendOptions } from "./backends/sse.js";
export { stdioBackend, type StdioBackendOptions } from "./backends/stdio.js";
export { tcpBackend, type TcpBackendOptions } from "./backends/tcp.js";
export { unixBackend, type UnixBackendOptions } from "./backends/unix.js";
export { websocketBackend, type WebSocketBackendOptions } from "./backends/websocket.js";
export type { Backend, Client, StatefulBackend, TransportKind } from "./core/backend.js";
export { caller, type Caller, type CallerOptions, type CallOptions } from "./core/caller.js";
export { pipe, type Channel } from "./core/channel.js";
export { RuntimeError, type RuntimeErrorCode, type RpcErrorObject } from "./core/errors.js";
export type { Credentials, Frontend, Host, Listening, OpenOptions, Readiness } from "./core/frontend.js";
export { DEFAULT_LIMITS, type Limits } from "./core/limits.js";
export { silent, type Log, type LogLevel } from "./core/log.js";
export type { Message, RequestId, Rpc } from "./core/message.js";
export { ANONYMOUS, type Era, type Principal, type Session } from "./core/session.js";
export {
  httpFrontend,
  streamableHttp,
  type HttpFrontendOptions,
  type StreamableHttpOptions,
} from "./frontends/http.js";
export { legacySse, type LegacySseOptions } from "./frontends/sse.js";
export { stdioFrontend, type StdioFrontendOptions } from "./frontends/stdio.js";
export { tcpFrontend, type TcpFrontendOptions } from "./frontends/tcp.js";
export { unixFrontend, type UnixFrontendOptions } from "./frontends/unix.js";
export { webFrontend, type Mount, type WebFrontendOptions } from "./frontends/web.js";
export { webSocket, type WebSocketOptions } from "./frontends/websocket.js";
export { splitCommand } from "./guard/command.js";
export type { Isolation } from "./relay/relay.js";
export { serve, type Gauges, type Running, type ServeOptions } from "./serve.js";
export type { TlsClient, TlsServer } from "./wire/tls.js";
