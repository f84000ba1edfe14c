// SPDX-License-Identifier: Apache-2.0
#include "gateway/tokens/jwt_key.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gateway/tokens/pem.h"

namespace sluice::tokens {
namespace {

constexpr std::array<std::string_view, 9> kAlgorithms = {
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512"};
constexpr size_t kFileBytesMax = 1 << 20;

absl::Status Wrong(const std::string& what) { return absl::InvalidArgumentError(what); }

absl::StatusOr<std::string> ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes(kFileBytesMax + 1, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (in.bad() || (in.fail() && !in.eof())) return Wrong(path.string() + " cannot be read");
  bytes.resize(static_cast<size_t>(in.gcount()));
  if (bytes.size() > kFileBytesMax) return Wrong(path.string() + " is too large");
  return bytes;
}

// One entry of the list: its fields, and the folder of its files.
using Fields = std::map<std::string, std::string>;

absl::StatusOr<Fields> ReadFields(const YAML::Node& entry) {
  static const std::set<std::string> kNames = {
      "kid", "algorithm", "secret", "secret_file", "private_key_file", "public_key_file"};
  if (!entry.IsMap()) return Wrong("is no mapping");
  Fields fields;
  for (const auto& pair : entry) {
    std::string name = pair.first.as<std::string>();
    if (!kNames.contains(name)) return Wrong(absl::StrCat(name, ": there is no such field"));
    if (!pair.second.IsScalar()) return Wrong(absl::StrCat(name, ": is no text"));
    if (!fields.emplace(name, pair.second.as<std::string>()).second) {
      return Wrong(absl::StrCat(name, ": is given twice"));
    }
  }
  return fields;
}

absl::StatusOr<std::string> ReadFor(JwtKey& key, const std::filesystem::path& file) {
  key.files.push_back(file.string());
  return ReadFile(file);
}

absl::Status ReadSecret(Fields& fields, const std::filesystem::path& folder, JwtKey& key) {
  if (fields.contains("private_key_file") || fields.contains("public_key_file")) {
    return Wrong(key.algorithm + ": takes a secret, no key file");
  }
  if (fields.contains("secret") == fields.contains("secret_file")) {
    return Wrong("one of secret and secret_file must be given");
  }
  key.sign_with = fields["secret"];
  if (fields.contains("secret_file")) {
    auto bytes = ReadFor(key, folder / fields["secret_file"]);
    if (!bytes.ok()) return bytes.status();
    key.sign_with = *std::move(bytes);
    if (key.sign_with.ends_with('\n')) key.sign_with.pop_back();
  }
  if (key.sign_with.empty()) return Wrong("the secret is empty");
  if (key.sign_with.starts_with("-----BEGIN ")) return Wrong("the secret is a key in PEM");
  key.verify_with = key.sign_with;
  return absl::OkStatus();
}

absl::Status ReadKeyPair(Fields& fields, const std::filesystem::path& folder, JwtKey& key) {
  if (fields.contains("secret") || fields.contains("secret_file")) {
    return Wrong(key.algorithm + ": takes key files, no secret");
  }
  std::string given_public;
  if (fields.contains("public_key_file")) {
    auto pem = ReadFor(key, folder / fields["public_key_file"]);
    if (!pem.ok()) return pem.status();
    absl::Status status = CheckPublicKey(*pem, key.algorithm);
    if (!status.ok()) return Wrong(absl::StrCat("public_key_file: ", status.message()));
    key.verify_with = given_public = *std::move(pem);
  }
  if (fields.contains("private_key_file")) {
    auto pem = ReadFor(key, folder / fields["private_key_file"]);
    if (!pem.ok()) return pem.status();
    auto derived = PublicKeyOf(*pem, key.algorithm);
    if (!derived.ok()) {
      return Wrong(absl::StrCat("private_key_file: ", derived.status().message()));
    }
    if (!given_public.empty() && !IsSamePublicKey(given_public, *derived)) {
      return Wrong("private_key_file and public_key_file do not belong together");
    }
    key.sign_with = *std::move(pem);
    key.verify_with = *std::move(derived);
  }
  return key.verify_with.empty() ? Wrong("private_key_file or public_key_file must be given")
                                 : absl::OkStatus();
}

absl::StatusOr<JwtKey> ReadKey(const YAML::Node& entry, const std::filesystem::path& folder) {
  auto fields = ReadFields(entry);
  if (!fields.ok()) return fields.status();
  JwtKey key;
  key.kid = (*fields)["kid"];
  key.algorithm = (*fields)["algorithm"];
  if (!IsJwtAlgorithm(key.algorithm)) {
    return Wrong("algorithm: use HS256, HS384, HS512, RS256, RS384, RS512, ES256, ES384 or ES512");
  }
  absl::Status status = IsSymmetric(key.algorithm) ? ReadSecret(*fields, folder, key)
                                                   : ReadKeyPair(*fields, folder, key);
  if (!status.ok()) return status;
  return key;
}

absl::StatusOr<std::vector<JwtKey>> ReadKeys(const YAML::Node& list,
                                             const std::filesystem::path& folder) {
  if (!list.IsSequence() || list.size() == 0) return Wrong("is no list of keys");
  if (list.size() > kJwtKeysMax) return Wrong(absl::StrCat("more than ", kJwtKeysMax, " keys"));
  std::vector<JwtKey> keys;
  std::set<std::pair<std::string, std::string>> names;
  for (const YAML::Node& entry : list) {
    std::string place = absl::StrCat("key ", keys.size() + 1, ": ");
    auto key = ReadKey(entry, folder);
    if (!key.ok()) return Wrong(absl::StrCat(place, key.status().message()));
    if (!key->kid.empty() && !names.emplace(key->kid, key->algorithm).second) {
      return Wrong(place + "kid: another key of this algorithm has it");
    }
    keys.push_back(*std::move(key));
  }
  return keys;
}

}  // namespace

bool IsJwtAlgorithm(std::string_view name) {
  return std::find(kAlgorithms.begin(), kAlgorithms.end(), name) != kAlgorithms.end();
}

bool IsSymmetric(std::string_view algorithm) { return algorithm.starts_with("HS"); }

bool Verifies(const JwtKey& key, std::string_view algorithm) {
  if (key.algorithm == algorithm) return true;
  return IsJwtAlgorithm(algorithm) && IsSymmetric(algorithm) && IsSymmetric(key.algorithm);
}

absl::StatusOr<std::vector<JwtKey>> LoadJwtKeys(const std::string& file) {
  auto text = ReadFile(file);
  if (!text.ok()) return text.status();
  try {
    auto keys = ReadKeys(YAML::Load(*text), std::filesystem::path(file).parent_path());
    if (!keys.ok()) return Wrong(absl::StrCat(file, ": ", keys.status().message()));
    return keys;
  } catch (const YAML::Exception& error) {
    return Wrong(absl::StrCat(file, ": ", error.what()));
  }
}

}  // namespace sluice::tokens
