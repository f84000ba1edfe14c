// SPDX-License-Identifier: Apache-2.0
#include "control/ctl/config_file.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "control/ctl/files.h"
#include "control/ctl/json.h"

namespace sluice::ctl {
namespace {

constexpr size_t kFileBytesMax = 1 << 20;

// `what`: the path of the file, and the key in it.
absl::Status Wrong(const std::string& what, const std::string& why) {
  return absl::InvalidArgumentError(absl::StrCat(what, ": ", why));
}

absl::StatusOr<Context> ReadContext(const YAML::Node& node, const std::string& where) {
  if (!node.IsMap()) return Wrong(where, "use a map of settings");
  Context context;
  for (const auto& item : node) {
    const std::string key = item.first.Scalar();
    if (!item.second.IsScalar()) return Wrong(absl::StrCat(where, ": ", key), "use one value");
    context[key] = item.second.Scalar();
  }
  return context;
}

absl::StatusOr<ConfigFile> ReadNodes(const YAML::Node& root, const std::string& path) {
  ConfigFile file;
  if (root.IsNull()) return file;
  if (!root.IsMap()) return Wrong(path, "use a map with current-context and contexts");
  for (const auto& item : root) {
    const std::string key = item.first.Scalar();
    if (key == "current-context") {
      if (!item.second.IsScalar()) return Wrong(path + ": current-context", "use one name");
      file.current = item.second.Scalar();
    } else if (key == "contexts") {
      if (!item.second.IsMap()) return Wrong(path + ": contexts", "use a map of contexts");
      for (const auto& named : item.second) {
        const std::string name = named.first.Scalar();
        auto context = ReadContext(named.second, absl::StrCat(path, ": context ", name));
        if (!context.ok()) return context.status();
        file.contexts[name] = *std::move(context);
      }
    } else {
      return Wrong(path, absl::StrCat(key, ": unknown key; use current-context and contexts"));
    }
  }
  return file;
}

}  // namespace

absl::StatusOr<ConfigFile> ParseConfig(const std::string& text, const std::string& path) {
  try {
    return ReadNodes(YAML::Load(text), path);
  } catch (const YAML::Exception& error) {
    return Wrong(path, error.what());
  }
}

absl::StatusOr<ConfigFile> ReadConfigFile(const std::string& path) {
  auto text = ReadFile(path, kFileBytesMax);
  if (absl::IsNotFound(text.status())) return ConfigFile{};
  if (!text.ok()) return text.status();
  return ParseConfig(*text, path);
}

std::string WithCurrentContext(const std::string& text, const std::string& name) {
  // JSON's way of quoting is YAML's as well.
  const std::string line = absl::StrCat("current-context: ", JsonLine(Json(name)), "\n");
  std::string changed;
  bool found = false;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    const std::string old = text.substr(begin, end - begin);
    const bool is_it = absl::StartsWith(old, "current-context:");
    changed += is_it && !found ? line : old;
    found = found || is_it;
    begin = end;
  }
  return found ? changed : line + changed;
}

absl::Status ReplaceFile(const std::string& path, const std::string& text) {
  // What a link points to is replaced, not the link.
  std::string real = path;
  if (char* resolved = realpath(path.c_str(), nullptr)) {
    real = resolved;
    free(resolved);
  }
  auto failed = [&](const std::string& what) {
    return absl::InvalidArgumentError(absl::StrCat(what, ": ", strerror(errno)));
  };
  std::string draft = real + ".XXXXXX";
  const int descriptor = mkstemp(draft.data());
  if (descriptor < 0) return failed(draft);
  struct stat before;
  if (stat(real.c_str(), &before) == 0) fchmod(descriptor, before.st_mode & 07777);
  size_t written = 0;
  while (written < text.size()) {
    const ssize_t some = write(descriptor, text.data() + written, text.size() - written);
    if (some < 0 && errno == EINTR) continue;
    if (some < 0) break;
    written += static_cast<size_t>(some);
  }
  const bool whole = written == text.size() && fsync(descriptor) == 0;
  absl::Status status = whole ? absl::OkStatus() : failed(draft);
  close(descriptor);
  if (status.ok() && rename(draft.c_str(), real.c_str()) != 0) status = failed(real);
  if (!status.ok()) unlink(draft.c_str());
  return status;
}

}  // namespace sluice::ctl
