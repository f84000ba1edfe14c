// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "control/ctl/close_codes.h"
#include "control/ctl/commands.h"
#include "control/ctl/session.h"

namespace sluice::ctl {
namespace {

class ExplainClose : public Command {
 public:
  ExplainClose()
      : Command("explain-close",
                "Why a connection was closed: what a close code means, and what comes next.") {}

  bool online() const override { return false; }

  void Declare(Flags& flags) override {
    flags.OptionalArgument("CODE", "the close code; all of them without one", &code_);
  }

  Exit Run(Session& session) override {
    std::vector<CloseCode> found = CloseCodes();
    if (code_) {
      uint64_t code = 0;
      absl::Status status = TakeWhole(*code_, 1000, 4999, &code);
      if (!status.ok()) return session.Usage("CODE: " + std::string(status.message()));
      found = Explain(static_cast<uint32_t>(code));
    }
    if (code_ && session.out.is_table()) {
      for (const CloseCode& row : found) session.out.Write(TextOf(row));
      return Exit::kOk;
    }
    ShowAll(session, found);
    return Exit::kOk;
  }

 private:
  // Sentences for a person, which a table on a terminal would cut.
  static std::string TextOf(const CloseCode& row) {
    std::string text = absl::StrCat(row.code, ", ", std::string(row.dialect),
                                    " dialect: ", std::string(row.meaning),
                                    "\n  the client should: ", std::string(row.next_step), "\n");
    if (!row.look_at.empty()) {
      absl::StrAppend(&text, "  look at: ", std::string(row.look_at), "\n");
    }
    return text;
  }

  static void ShowAll(Session& session, const std::vector<CloseCode>& codes) {
    Json all = Json::array();
    std::vector<Row> rows;
    for (const CloseCode& row : codes) {
      all.push_back({{"code", row.code},
                     {"dialect", std::string(row.dialect)},
                     {"meaning", std::string(row.meaning)},
                     {"next_step", std::string(row.next_step)},
                     {"look_at", std::string(row.look_at)}});
      rows.push_back({absl::StrCat(row.code), std::string(row.dialect), std::string(row.meaning),
                      std::string(row.next_step), std::string(row.look_at)});
    }
    session.out.Show(Json{{"codes", std::move(all)}},
                     {"CODE", "DIALECT", "MEANING", "THE CLIENT SHOULD", "LOOK AT"}, rows);
  }

  std::optional<std::string> code_;
};

}  // namespace

std::unique_ptr<Command> MakeExplainClose() { return std::make_unique<ExplainClose>(); }

}  // namespace sluice::ctl
