// SPDX-License-Identifier: Apache-2.0
#include "gateway/protocol/rpc/rpc_dialect.h"

#include <vector>

#include "absl/container/flat_hash_map.h"
#include "gateway/protocol/rpc/error.h"
#include "gateway/protocol/write_payload.h"

namespace sluice::protocol {
namespace {

using hub::Payload;

bool IsStructured(const Payload& payload) {
  if (payload.kind != Payload::Kind::kJson) return false;
  size_t first = payload.bytes.find_first_not_of(" \t\r\n");
  return first != std::string::npos && KindOf(payload.bytes.substr(first, 1)) >= JsonKind::kArray;
}

// What stands for "params": clients in the field want an array or an object.
template <typename Writer>
void WriteParams(Writer& writer, const Payload& payload) {
  writer.Key("params");
  if (IsStructured(payload)) return WritePayload(writer, payload);
  bool none = payload.kind == Payload::Kind::kNone;
  writer.Array(none ? 0 : 1);
  if (!none) WritePayload(writer, payload);
  writer.Close();
}

// A response: {"jsonrpc","result" or "error","id"}; `value` writes what the second one holds. What
// is not all there is has "cut":true as well.
template <typename Writer, typename Value>
std::string Response(const hub::Correlation& correlation, std::string_view key, size_t size_hint,
                     Value value, bool cut = false) {
  std::string frame;
  frame.reserve(size_hint + correlation.id.size() + 48);
  Writer writer(frame);
  bool version = Writer::kAlwaysVersion || (correlation.flags & kSaysVersion) != 0;
  writer.Map((version ? 3 : 2) + (cut ? 1 : 0));
  if (version) {
    writer.Key("jsonrpc");
    writer.String("2.0");
  }
  writer.Key(key);
  value(writer);
  if (cut) {
    writer.Key("cut");
    writer.Json("true");
  }
  writer.Key("id");
  writer.Raw(correlation.id);
  writer.Close();
  return writer.ok() ? frame : std::string();
}

template <typename Writer>
std::string ErrorResponse(const hub::Correlation& correlation, const RpcError& error) {
  size_t size_hint = error.message.size() + error.data_json.size() + 48;
  return Response<Writer>(correlation, "error", size_hint, [&](Writer& writer) {
    writer.Map(error.data_json.empty() ? 2 : 3);
    writer.Key("code");
    writer.Whole(error.code);
    writer.Key("message");
    writer.String(error.message);
    if (!error.data_json.empty()) {
      writer.Key("data");
      writer.Json(error.data_json);
    }
    writer.Close();
  });
}

std::string_view StatusText(hub::ChannelStatus status) {
  switch (status) {
    case hub::ChannelStatus::kOk:
      return "ok";
    case hub::ChannelStatus::kUnknown:
      return "provided event invalid";
    case hub::ChannelStatus::kAlready:
      return "socket has already been subscribed to event";
    case hub::ChannelStatus::kNotMember:
      return "not subscribed";
    case hub::ChannelStatus::kLimit:
      return "too many subscriptions";
  }
  return {};
}

// Each name once, where it came first, with what became of it last: as an object of JavaScript.
std::vector<hub::ChannelResult> WithoutDuplicates(absl::Span<const hub::ChannelResult> results) {
  std::vector<hub::ChannelResult> unique;
  absl::flat_hash_map<std::string, size_t> places;
  for (const hub::ChannelResult& result : results) {
    auto [place, is_new] = places.try_emplace(result.channel, unique.size());
    if (is_new) {
      unique.push_back(result);
    } else {
      unique[place->second].status = result.status;
    }
  }
  return unique;
}

// {"notification","params"}: rpc-websockets' own kind.
template <typename Writer>
void WriteEvent(Writer& writer, std::string_view event, const Payload& body) {
  writer.Map(2);
  writer.Key("notification");
  writer.String(event);
  WriteParams(writer, body);
  writer.Close();
}

// {"jsonrpc","method","params"}; an event without a body has no params.
template <typename Writer>
void WriteNotification(Writer& writer, std::string_view event, const Payload& body) {
  bool params = body.kind != Payload::Kind::kNone;
  writer.Map(params ? 3 : 2);
  writer.Key("jsonrpc");
  writer.String("2.0");
  writer.Key("method");
  writer.String(event);
  if (params) WriteParams(writer, body);
  writer.Close();
}

// {"jsonrpc","method","params","id"}.
template <typename Writer>
void WriteRequest(Writer& writer, uint64_t call, std::string_view method, const Payload& params,
                  bool always_params) {
  bool has_params = always_params || params.kind != Payload::Kind::kNone;
  writer.Map((Writer::kAlwaysVersion ? 3 : 2) + (has_params ? 1 : 0));
  if (Writer::kAlwaysVersion) {
    writer.Key("jsonrpc");
    writer.String("2.0");
  }
  writer.Key("method");
  writer.String(method);
  if (has_params) WriteParams(writer, params);
  writer.Key("id");
  writer.String(std::string(kRequestIdPrefix) + std::to_string(call));
  writer.Close();
}

// {"notification":"rpc.call","params":[{"id","method","params"}]}.
template <typename Writer>
void WriteCallEvent(Writer& writer, uint64_t call, std::string_view method, const Payload& params) {
  writer.Map(2);
  writer.Key("notification");
  writer.String(kCallEvent);
  writer.Key("params");
  writer.Array(1);
  writer.Map(3);
  writer.Key("id");
  writer.Whole(static_cast<int64_t>(call));
  writer.Key("method");
  writer.String(method);
  WriteParams(writer, params);
  writer.Close();
  writer.Close();
  writer.Close();
}

}  // namespace

template <typename Writer>
bool RpcDialect<Writer>::Toggle(hub::DialectState& state, std::string_view channel, bool on) const {
  if (rules_.strict || channel != kCallEvent) return false;
  state.flags = on ? state.flags | kCallsAsEvents : state.flags & ~kCallsAsEvents;
  return true;
}

template <typename Writer>
std::string RpcDialect<Writer>::EncodeResult(const hub::Correlation& correlation,
                                             const Payload& result) const {
  std::string frame = Response<Writer>(correlation, "result", result.bytes.size(),
                                       [&](Writer& writer) { WritePayload(writer, result); });
  if (!frame.empty()) return frame;
  return ErrorResponse<Writer>(
      correlation, {kInternalErrorCode, "Internal error", "\"The worker's result is no JSON\""});
}

template <typename Writer>
std::string RpcDialect<Writer>::EncodeError(const hub::Correlation& correlation,
                                            const hub::CallError& error) const {
  RpcError rpc_error = ToError(error);
  std::string frame = ErrorResponse<Writer>(correlation, rpc_error);
  if (!frame.empty()) return frame;
  rpc_error.data_json.clear();
  return ErrorResponse<Writer>(correlation, rpc_error);
}

template <typename Writer>
std::string RpcDialect<Writer>::EncodeChannels(const hub::Correlation& correlation,
                                               absl::Span<const hub::ChannelResult> results) const {
  std::vector<hub::ChannelResult> unique = WithoutDuplicates(results);
  return Response<Writer>(correlation, "result", unique.size() * 32, [&](Writer& writer) {
    writer.Map(unique.size());
    for (const hub::ChannelResult& result : unique) {
      writer.Key(result.channel);
      writer.String(StatusText(result.status));
    }
    writer.Close();
  });
}

template <typename Writer>
std::string RpcDialect<Writer>::EncodeMethodList(absl::Span<const std::string_view> methods,
                                                 bool login) const {
  std::string list;
  Writer writer(list);
  writer.Array(methods.size() + (login ? 2 : 1));
  writer.String(rules_.list_method);
  if (login) writer.String(kLoginMethod);
  for (std::string_view method : methods) writer.String(method);
  writer.Close();
  return list;
}

template <typename Writer>
std::string RpcDialect<Writer>::EncodeMethods(const hub::Correlation& correlation,
                                              std::string_view list, bool cut) const {
  return Response<Writer>(
      correlation, "result", list.size(), [&](Writer& writer) { writer.Raw(list); }, cut);
}

template <typename Writer>
std::string RpcDialect<Writer>::EncodeBatch(absl::Span<const std::string> answered) const {
  std::string frame;
  Writer writer(frame);
  writer.Array(answered.size());
  for (const std::string& answer : answered) writer.Raw(answer);
  writer.Close();
  return frame;
}

template <typename Writer>
std::optional<std::string> RpcDialect<Writer>::EncodeEvent(std::string_view event,
                                                           const Payload& body) const {
  std::string frame;
  frame.reserve(event.size() + body.bytes.size() + 48);
  Writer writer(frame);
  if (rules_.strict) {
    WriteNotification(writer, event, body);
  } else {
    WriteEvent(writer, event, body);
  }
  if (!writer.ok()) return std::nullopt;
  return frame;
}

// The client's own verb for it, as an event.
template <typename Writer>
std::optional<std::string> RpcDialect<Writer>::EncodeKickOut(std::string_view channel,
                                                             std::string_view message) const {
  std::string params;
  JsonWriter writer(params);
  writer.Array(message.empty() ? 1 : 2);
  writer.String(channel);
  if (!message.empty()) writer.String(message);
  writer.Close();
  return EncodeEvent(kOffEvent, Payload::Json(std::move(params)));
}

template <typename Writer>
std::optional<std::string> RpcDialect<Writer>::EncodeRequest(const hub::DialectState& state,
                                                             uint64_t call, std::string_view method,
                                                             const Payload& params) const {
  std::string frame;
  Writer writer(frame);
  if ((state.flags & kCallsAsEvents) != 0) {
    WriteCallEvent(writer, call, method, params);
  } else {
    WriteRequest(writer, call, method, params, !rules_.strict);
  }
  if (!writer.ok()) return std::nullopt;
  return frame;
}

template <typename Writer>
hub::CloseFrame RpcDialect<Writer>::Close(hub::CloseCause cause) const {
  const hub::CloseRule& rule = hub::RuleOf(cause);
  return {rule.code, std::string(rule.reason)};
}

template class RpcDialect<JsonWriter>;
template class RpcDialect<MsgpackWriter>;

}  // namespace sluice::protocol
