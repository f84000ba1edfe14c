// SPDX-License-Identifier: Apache-2.0
//
// Keys in a folder of their own, which goes when this does.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace sluice::tokens {

class KeyFiles {
 public:
  KeyFiles() {
    std::string name = (std::filesystem::temp_directory_path() / "sluice-keys-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~KeyFiles() { std::filesystem::remove_all(folder_); }
  KeyFiles(const KeyFiles&) = delete;
  KeyFiles& operator=(const KeyFiles&) = delete;

  // Returns where it is.
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return (folder_ / name).string();
  }
  std::string Path(const std::string& name) const { return (folder_ / name).string(); }

  // Makes a pair: <name>.key and <name>.pub.
  void WriteRsa(const std::string& name, unsigned bits = 2048) const {
    Save(name, EVP_RSA_gen(bits));
  }
  void WriteEc(const std::string& name, const char* curve) const { Save(name, EVP_EC_gen(curve)); }

 private:
  void Save(const std::string& name, EVP_PKEY* key) const {
    FILE* file = fopen(Path(name + ".key").c_str(), "w");
    PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
    fclose(file);
    file = fopen(Path(name + ".pub").c_str(), "w");
    PEM_write_PUBKEY(file, key);
    fclose(file);
    EVP_PKEY_free(key);
  }

  std::filesystem::path folder_;
};

}  // namespace sluice::tokens
