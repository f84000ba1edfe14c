// SPDX-License-Identifier: Apache-2.0
//
// What line's clients are told.
#include "absl/strings/str_cat.h"
#include "gateway/protocol/json/js_error.h"
#include "gateway/protocol/json/text.h"
#include "gateway/protocol/json/writer.h"
#include "gateway/protocol/line/line.h"
#include "gateway/protocol/write_payload.h"

namespace sluice::protocol {
namespace {

using hub::CallError;
using hub::CloseCause;
using hub::Correlation;
using hub::Fault;
using hub::Payload;

constexpr std::string_view kResponse = "_r";
constexpr std::string_view kOwnError = "LineError";  // line's own name for its errors

constexpr uint16_t kPingFailedCode = 4201;
constexpr uint16_t kHandshakeFailedCode = 4202;
constexpr uint16_t kHandshakeRejectedCode = 4203;

// Opens a message and writes its name.
void Begin(JsonWriter& writer, std::string_view name) {
  writer.Map(0);
  writer.Key("n");
  writer.String(name);
}

// {"n":"_r","p":...,"i":...,"e":null}; `payload` writes the member "p" if there is one.
template <typename WritePayloadMember>
std::string Resolution(const Correlation& correlation, size_t size_hint,
                       WritePayloadMember payload) {
  std::string message;
  message.reserve(size_hint + correlation.id.size() + 32);
  JsonWriter writer(message);
  Begin(writer, kResponse);
  payload(writer);
  if (!correlation.id.empty()) {
    writer.Key("i");
    writer.Raw(correlation.id);
  }
  writer.Key("e");
  writer.Raw("null");
  writer.Close();
  return message;
}

std::string Resolution(const Correlation& correlation, const Payload& payload) {
  return Resolution(correlation, payload.bytes.size(),
                    [&](JsonWriter& writer) { WriteMember(writer, "p", payload); });
}

// The gateway's own errors have a word for a code, as line's own have.
void WriteOwnError(JsonWriter& writer, const CallError& error) {
  bool conflict = error.fault == Fault::kIdTaken;
  writer.String(kOwnError);
  writer.Key("message");
  writer.String(conflict ? "Conflict! There is already connection with this id" : error.message);
  writer.Key("code");
  writer.String(conflict ? "scIdConflict" : hub::FaultLabel(error.fault));
  if (hub::MayRetry(error.fault)) {
    writer.Key("retry");
    writer.Raw("true");
  }
  WriteJsErrorFields(writer, error.data_json, {"name", "message", "code", "retry"});
}

void WriteApplicationError(JsonWriter& writer, const CallError& error) {
  writer.String(error.name.empty() ? "Error" : error.name);
  writer.Key("message");
  writer.String(error.message);
  if (error.code == 0) return WriteJsErrorFields(writer, error.data_json, {"name", "message"});
  writer.Key("code");
  writer.Whole(error.code);
  WriteJsErrorFields(writer, error.data_json, {"name", "message", "code"});
}

// A value that is no error at all must not be false: the client would take it for success.
void WriteError(JsonWriter& writer, const CallError& error) {
  if (IsBareValue(error) && IsTruthy(error.data_json)) return writer.Raw(error.data_json);
  writer.Map(0);
  writer.Key("name");
  if (error.fault == Fault::kApplication) {
    WriteApplicationError(writer, error);
  } else {
    WriteOwnError(writer, error);
  }
  writer.Close();
}

std::string Rejection(const Correlation& correlation, const CallError& error) {
  std::string message;
  message.reserve(correlation.id.size() + error.message.size() + error.data_json.size() + 64);
  JsonWriter writer(message);
  Begin(writer, kResponse);
  if (!correlation.id.empty()) {
    writer.Key("i");
    writer.Raw(correlation.id);
  }
  writer.Key("e");
  WriteError(writer, error);
  writer.Close();
  return message;
}

}  // namespace

std::string Line::EncodeResult(const Correlation& correlation, const Payload& result) const {
  return Resolution(correlation, result);
}

std::string Line::EncodeError(const Correlation& correlation, const CallError& error) const {
  return Rejection(correlation, error);
}

std::optional<std::string> Line::EncodeWelcome(const Correlation& correlation,
                                               const hub::Welcome& welcome) const {
  if (!correlation.answer) return std::nullopt;
  return Resolution(correlation, welcome.payload.bytes.size() + 64, [&](JsonWriter& writer) {
    writer.Key("p");
    writer.Map(2);
    WriteMember(writer, "payload", welcome.payload);
    writer.Key("id");
    writer.String(welcome.id);
    writer.Close();
  });
}

std::optional<std::string> Line::EncodeEvent(std::string_view event, const Payload& body) const {
  std::string message;
  message.reserve(event.size() + body.bytes.size() + 32);
  JsonWriter writer(message);
  Begin(writer, event);
  WriteMember(writer, "p", body);
  writer.Close();
  return message;
}

std::optional<std::string> Line::EncodeRequest(const hub::DialectState&, uint64_t call,
                                               std::string_view method,
                                               const Payload& params) const {
  std::string message;
  JsonWriter writer(message);
  Begin(writer, method);
  WriteMember(writer, "p", params);
  writer.Key("i");
  writer.String(std::to_string(call));
  writer.Close();
  return message;
}

hub::CloseFrame Line::Close(CloseCause cause) const {
  switch (cause) {
    case CloseCause::kPongTimeout:
      return {kPingFailedCode, "Ping failed"};
    case CloseCause::kHandshakeTimeout:
      return {kHandshakeFailedCode,
              absl::StrCat("Handshake not completed after ",
                           absl::ToInt64Milliseconds(traits().handshake_timeout), " ms")};
    case CloseCause::kRejected:
    case CloseCause::kIdTaken:
      return {kHandshakeRejectedCode, "Handshake rejected"};
    default:
      return Dialect::Close(cause);
  }
}

}  // namespace sluice::protocol
